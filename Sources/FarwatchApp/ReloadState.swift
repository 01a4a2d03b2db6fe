internal import Configuration
internal import Model
internal import Synchronization

/// The one place that knows which configuration is in force; any thread asks.
final class ReloadLog: Sendable {
  private let state: Mutex<ReloadState>

  init(at time: Timestamp, settings: Settings, text: String = "") {
    state = Mutex(ReloadState(at: time, settings: settings, text: text))
  }

  var current: ReloadState { state.withLock { $0 } }

  func failed(_ lines: [String]) { state.withLock { $0.failed(lines) } }
  func succeeded(_ settings: Settings, at time: Timestamp, text: String = "") {
    state.withLock { $0.succeeded(settings, at: time, text: text) }
  }
}

/// How the configuration in force came to be there.
struct ReloadState: Sendable {
  var settings: Settings
  /// What the file said, without what may be a secret.
  var text: String
  var lastSuccess: Timestamp
  var lastAttemptSucceeded = true
  var failures: UInt64 = 0
  var successes: UInt64 = 0
  /// Why the newest file was refused; nil when it is in force.
  var problem: String?

  init(at time: Timestamp, settings: Settings, text: String = "") {
    lastSuccess = time
    self.text = text
    self.settings = settings
  }

  mutating func failed(_ lines: [String]) {
    failures += 1
    lastAttemptSucceeded = false
    problem = lines.first.map { lines.count > 1 ? "\($0) (and \(lines.count - 1) more)" : $0 }
  }

  mutating func succeeded(_ settings: Settings, at time: Timestamp, text: String = "") {
    self.text = text
    successes += 1
    lastAttemptSucceeded = true
    lastSuccess = time
    problem = nil
    self.settings = settings
  }
}

extension Settings {
  /// What cannot change while the process lives, because it is held open.
  func checkUnchangeable(against new: Settings) throws(StartFailure) {
    var lines: [String] = []
    if new.connectionsPerAddress != connectionsPerAddress {
      lines.append("`connections_per_address` changes only with a restart")
    }
    if new.listen != listen {
      lines.append("`listen` changes only with a restart (\(listen) → \(new.listen))")
    }
    if new.stateDirectory != stateDirectory {
      lines.append("`state` changes only with a restart (\(stateDirectory) → \(new.stateDirectory))")
    }
    if new.store != store { lines.append("`store` changes only with a restart") }
    if !lines.isEmpty { throw StartFailure(lines) }
  }
}
