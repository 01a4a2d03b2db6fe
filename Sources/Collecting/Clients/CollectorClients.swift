package import HTTPClient
package import Model
internal import Synchronization

/// The carriers that collectors share: one of each kind for all collectors, made when the first one needs it.
///
/// A room that owns a further client adds an extension with a property of it, made by ``shared(_:make:stop:)``.
package final class CollectorClients: Sendable {
  private struct Entry: Sendable {
    let client: any Sendable
    let stop: @Sendable () -> Void
  }

  package let time: any TimeSource
  /// How this program names itself to targets: `Farwatch/1.0`.
  package let userAgent: String
  package let http: HTTPClient
  package let resolver: HostResolver
  private let others = Mutex<[ObjectIdentifier: Entry]>([:])
  /// Connections that stay open between requests: one for each of very many targets.
  private static let keptConnections = 10_000

  package init(userAgent: String, time: any TimeSource = SystemTime()) {
    self.time = time
    self.userAgent = userAgent
    var settings = HTTPClientSettings()
    settings.userAgent = userAgent
    settings.maximumKeptConnections = Self.keptConnections
    http = HTTPClient(name: "farwatch-probe", settings: settings)
    resolver = HostResolver()
  }

  /// The one client of this type; made by `make` at the first call, ended by `stop` in ``shutdown()``.
  package func shared<Client: Sendable>(
    _ type: Client.Type, make: () throws -> Client, stop: @escaping @Sendable (Client) -> Void = { _ in }
  ) throws -> Client {
    try others.withLock { others in
      if let known = others[ObjectIdentifier(type)]?.client as? Client { return known }
      let made = try make()
      others[ObjectIdentifier(type)] = Entry(client: made) { stop(made) }
      return made
    }
  }

  /// Ends what is under way; collections that wait fail. Nothing may be collected afterwards.
  package func shutdown() {
    http.shutdown()
    let all = others.withLock { others in
      defer { others = [:] }
      return others
    }
    for entry in all.values { entry.stop() }
  }
}
