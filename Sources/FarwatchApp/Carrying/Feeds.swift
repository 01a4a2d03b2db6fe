internal import Collecting
internal import CollectorConfiguration
internal import Configuration
internal import HTTPServer
internal import Model
internal import RemoteWrite
internal import Synchronization
internal import TargetProbing

/// What others bring here and ask of us: samples by remote write, and probes of targets that they name on a listener of
/// its own. Both are off unless the configuration has them.
final class Feeds: Sendable {
  private struct Probing {
    var listen: String
    var server: HTTPServer
    var box: ProbeBox
    var concurrency: Int
  }

  private struct State {
    var writing: RemoteWriteEndpoint?
    var writeSettings: RemoteWriteSettings?
    var probing: Probing?
  }

  private let state = Mutex(State())
  private let loop: CoreLoop
  private let clients: CollectorClients

  init(loop: CoreLoop, clients: CollectorClients) {
    self.loop = loop
    self.clients = clients
  }

  /// Puts `settings` in force; what did not change goes on.
  ///
  /// - Throws: when the address for probes cannot be listened on; then nothing has changed.
  func apply(_ settings: Settings) throws(StartFailure) {
    try applyProbing(settings.probeEndpoint)
    state.withLock { state in
      guard state.writeSettings != settings.remoteWrite else { return }
      state.writeSettings = settings.remoteWrite
      let writing = SampleWriting(ownFamilies: CollectorFamilies.all)
      state.writing = settings.remoteWrite.map { wanted in
        RemoteWriteEndpoint(wanted) { [loop] slice in
          loop.ask(within: .seconds(5)) { conductor, time in
            writing.write(slice, into: conductor.store, now: time.now)
          }
        }
      }
    }
  }

  private func applyProbing(_ wanted: ProbeEndpointSettings?) throws(StartFailure) {
    let old = state.withLock { $0.probing }
    guard let wanted else {
      state.withLock { $0.probing = nil }
      old?.server.stop()
      return
    }
    if let old, old.listen == wanted.listen, old.concurrency == wanted.concurrency {
      old.box.put(ProbeEndpoint(wanted, clients: clients))
      return
    }
    let box = ProbeBox()
    box.put(ProbeEndpoint(wanted, clients: clients))
    var listening = HTTPServerSettings(address: wanted.listen)
    // One is left to say that all others are busy.
    listening.threads = wanted.concurrency + 1
    // The address may be the old one's.
    if old?.listen == wanted.listen { old?.server.stop() }
    do {
      let server = try HTTPServer(listening) { box.answer($0) }
      state.withLock {
        $0.probing = Probing(listen: wanted.listen, server: server, box: box, concurrency: wanted.concurrency)
      }
    } catch { throw StartFailure("probe_endpoint: \(error)") }
    if old?.listen != wanted.listen { old?.server.stop() }
  }

  /// nil: remote write is off.
  func write(_ request: HTTPServerRequest) -> HTTPServerResponse? {
    state.withLock { $0.writing }?.answer(request)
  }

  var readings: [Reading] {
    let (writing, probing) = state.withLock { ($0.writing, $0.probing) }
    return (writing?.statistics.readings ?? []) + (probing?.box.readings ?? [])
  }

  func stop() {
    let probing = state.withLock { state in
      defer { state.probing = nil }
      return state.probing
    }
    probing?.server.stop()
  }
}

/// The endpoint for probes as the newest configuration has it.
private final class ProbeBox: Sendable {
  private let endpoint = Mutex<ProbeEndpoint?>(nil)

  func put(_ new: ProbeEndpoint) { endpoint.withLock { $0 = new } }

  func answer(_ request: HTTPServerRequest) -> HTTPServerResponse {
    guard let endpoint = endpoint.withLock({ $0 }) else { return .text(503, "Farwatch is starting.\n") }
    return endpoint.answer(request)
  }

  var readings: [Reading] { endpoint.withLock { $0 }?.readings ?? [] }
}
