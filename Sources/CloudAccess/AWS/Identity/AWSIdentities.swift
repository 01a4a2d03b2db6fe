package import HTTPClient
package import Model
internal import Synchronization

/// The identities of all collectors: one for equal settings, however many ask.
///
/// Shared by `clients.shared(AWSIdentities.self) { AWSIdentities(http: clients.http, time: clients.time) }`.
package final class AWSIdentities: Sendable {
  private let http: HTTPClient
  private let time: any TimeSource
  private let environment: AWSEnvironment
  private let known = Mutex<[AWSIdentitySettings: AWSIdentity]>([:])

  package init(
    http: HTTPClient, time: any TimeSource = SystemTime(), environment: AWSEnvironment = AWSEnvironment()
  ) {
    self.http = http
    self.time = time
    self.environment = environment
  }

  package func identity(_ settings: AWSIdentitySettings) -> AWSIdentity {
    var base = settings
    base.role = nil
    guard let role = settings.role else { return known.withLock { $0[base, or: makeBase(base)] } }
    return known.withLock { known in
      let below = known[base, or: makeBase(base)]
      return known[settings, or: make(role, settings, below)]
    }
  }

  /// Signs as `settings` say.
  package func requester(_ settings: AWSIdentitySettings) -> AWSRequester {
    AWSRequester(http: http, identity: identity(settings), time: time)
  }

  private func makeBase(_ settings: AWSIdentitySettings) -> AWSIdentity {
    let sources = AWSCredentialsSources(http: http, time: time, environment: environment)
    return AWSIdentity(time: time) { completion in sources.fetch(settings, completion) }
  }

  private func make(
    _ role: AWSAssumedRole, _ settings: AWSIdentitySettings, _ base: AWSIdentity
  ) -> AWSIdentity {
    let tokens = AWSTokenService(settings)
    let requester = AWSRequester(http: http, identity: base, time: time)
    return AWSIdentity(time: time) { completion in tokens.assume(role, by: requester, completion) }
  }
}

extension Dictionary {
  fileprivate subscript(key: Key, or make: @autoclosure () -> Value) -> Value {
    mutating get {
      if let value = self[key] { return value }
      let made = make()
      self[key] = made
      return made
    }
  }
}
