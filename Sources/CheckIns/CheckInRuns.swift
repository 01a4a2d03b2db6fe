internal import Model

/// The runs of one job that said when they began and have not ended. Codable: they outlive the process.
///
/// Runs may overlap; a run id (`rid`) pairs a start with its end. Visits without one are of a run of their own.
package struct CheckInRuns: Hashable, Sendable, Codable {
  /// Beyond it the run that began first is forgotten.
  static let limit = 64

  private struct Run: Hashable, Sendable, Codable {
    /// "" without one.
    var id: String
    var start: Timestamp
  }

  /// In the order in which they began.
  private var open: [Run] = []
  /// Start of the newest run that ended well: what began before it is not waited for any more. A run that was killed
  /// would otherwise be missed for ever.
  private var judgedSince: Timestamp?

  /// - Parameter start: of a run without id, from a row of a version that knew no others.
  init(start: Timestamp? = nil) { open = start.map { [Run(id: "", start: $0)] } ?? [] }

  mutating func begin(_ id: String?, at now: Timestamp) {
    open.removeAll { $0.id == id ?? "" }
    open.append(Run(id: id ?? "", start: now))
    if open.count > Self.limit { open.removeFirst(open.count - Self.limit) }
  }

  /// - Returns: how long the run took; nil: it had not said that it began.
  mutating func end(_ id: String?, wasGood: Bool, at now: Timestamp) -> Duration? {
    let place = open.firstIndex { $0.id == id ?? "" }
    let start = place.map { open[$0].start }
    if let id, !id.isEmpty {
      if let place { open.remove(at: place) }
      if wasGood, let start { judgedSince = max(judgedSince ?? start, start) }
    } else {
      // An end that names no run ends what is under way.
      open = []
    }
    return start.map { max(.zero, now - $0) }
  }

  /// When the first of the runs began that are waited for; nil: none is under way.
  var since: Timestamp? {
    guard let judgedSince else { return open.map(\.start).min() }
    return open.map(\.start).filter { $0 >= judgedSince }.min()
  }
}
