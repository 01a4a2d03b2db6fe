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

/// One job's address, as a visitor wrote it: `/ping/<id>` and what may follow.
package struct CheckInVisit: Hashable, Sendable {
  package static let path = "/ping/"
  /// Bytes of a visitor's body that are read.
  package static let bodyLimit = 100_000

  package var id: String
  package var signal: CheckInSignal

  /// - Parameter path: without the query.
  package init?(path: String) {
    guard path.hasPrefix(Self.path) else { return nil }
    let rest = path.dropFirst(Self.path.count)
    let parts = rest.split(separator: "/", omittingEmptySubsequences: false)
    guard let id = parts.first, !id.isEmpty, id.utf8.count <= 200, parts.count <= 2,
      let signal = CheckInSignal(path: parts.count == 2 ? String(parts[1]) : "")
    else { return nil }
    self.id = String(id)
    self.signal = signal
  }
}
