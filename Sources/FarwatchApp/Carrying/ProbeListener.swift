internal import Collecting
internal import HTTPServer
internal import Model
internal import Synchronization
internal import TargetProbing

/// The listener for probes of named targets, through reloads: somebody listens at every moment, and what was counted
/// and what is under way is remembered as long as there is a listener at all.
final class ProbeListener: Sendable {
  private struct Running {
    var listen: String
    var server: HTTPServer
    var box: ProbeBox
  }

  private let running = Mutex<Running?>(nil)
  private let clients: CollectorClients

  init(clients: CollectorClients) { self.clients = clients }

  /// Puts `settings` in force; nil ends it. For one thread at a time.
  ///
  /// - Throws: when the address cannot be listened on; then nothing has changed.
  func apply(_ settings: ProbeEndpointSettings?) throws(StartFailure) {
    guard let settings else { return stop() }
    let old = running.withLock { $0 }
    let box = old?.box ?? ProbeBox()
    let endpoint = ProbeEndpoint(settings, clients: clients, tally: box.tally)
    if let old, old.listen == settings.listen {
      return box.put(endpoint)
    }
    var listening = HTTPServerSettings(address: settings.listen)
    // Prometheus is one client, with a connection for every probe that it waits for.
    listening.connectionLimit = ProbeEndpointSettings.connections
    listening.perIPConnectionLimit = nil
    // A new box: until its listener stands, the old one answers by the old settings, and while it drains, too.
    let next = ProbeBox(tally: box.tally)
    next.put(endpoint)
    let server: HTTPServer
    do throws(HTTPServerError) {
      server = try HTTPServer(listening) { next.answer($0) }
    } catch { throw StartFailure("probe_endpoint: \(error)") }
    running.withLock {
      $0 = Running(listen: settings.listen, server: server, box: next)
    }
    old?.server.stop()
  }

  var readings: [Reading] { running.withLock { $0 }?.box.tally.readings ?? [] }

  /// Where it listens; nil when it does not.
  var address: String? { running.withLock { $0 }?.server.boundAddress }

  func stop() {
    let old = running.withLock { running in
      defer { running = nil }
      return running
    }
    old?.server.stop()
  }
}

/// The endpoint for probes as the newest configuration has it.
private final class ProbeBox: Sendable {
  let tally: ProbeEndpoint.Tally
  private let endpoint = Mutex<ProbeEndpoint?>(nil)

  init(tally: ProbeEndpoint.Tally = ProbeEndpoint.Tally()) { self.tally = tally }

  func put(_ new: ProbeEndpoint) { endpoint.withLock { $0 = new } }

  func answer(_ request: HTTPServerRequest) -> HTTPServerResponse {
    guard let endpoint = endpoint.withLock({ $0 }) else { return .text(503, "Farwatch is starting.\n") }
    return endpoint.answer(request)
  }
}
