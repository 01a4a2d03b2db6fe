internal import Collecting
internal import CollectorConfiguration
internal import Configuration
internal import HTTPServer
internal import Model
internal import RemoteWrite
internal import Synchronization

/// What others bring here and ask of us: samples by remote write, and probes of targets that they name on a listener of
/// its own. Both are off unless the configuration has them.
final class Feeds: Sendable {
  private struct State {
    var writing: RemoteWriteEndpoint?
    var writeSettings: RemoteWriteSettings?
  }

  private let state = Mutex(State())
  private let loop: CoreLoop
  private let probing: ProbeListener

  init(loop: CoreLoop, clients: CollectorClients) {
    self.loop = loop
    probing = ProbeListener(clients: clients)
  }

  /// Puts `settings` in force; what did not change goes on.
  ///
  /// - Throws: when the address for probes cannot be listened on; then nothing has changed.
  func apply(_ settings: Settings) throws(StartFailure) {
    try probing.apply(settings.probeEndpoint)
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

  /// nil: remote write is off.
  func write(_ request: HTTPServerRequest) -> HTTPServerResponse? {
    state.withLock { $0.writing }?.answer(request)
  }

  var readings: [Reading] {
    (state.withLock { $0.writing }?.statistics.readings ?? []) + probing.readings
  }

  func stop() { probing.stop() }
}
