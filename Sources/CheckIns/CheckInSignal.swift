internal import Model

/// What a job says of itself by visiting its address.
package enum CheckInSignal: Hashable, Sendable {
  case success
  case start
  case failure
  /// Noted, and says nothing of success.
  case log
  /// Exit status of the job's program: 0 is a success.
  case exit(UInt8)

  /// The last part of a path behind the id, as healthchecks has it; nil: no such signal. "" is a success.
  package init?(path: String) {
    switch path {
    case "": self = .success
    case "start": self = .start
    case "fail": self = .failure
    case "log": self = .log
    default:
      guard let status = UInt8(path), String(status) == path else { return nil }
      self = status == 0 ? .success : .exit(status)
    }
  }
}
