import Model

/// Whether two answers say the same; nil when they do, otherwise the first difference in words.
struct Comparison {
  var hasTies = false
  var cancels = false
  var spreads = false

  func difference(ours: Answer, theirs: Answer) -> String? {
    switch (ours, theirs) {
    case (.failure, .failure): nil
    case (.failure(let message), _): "ours fails: \(message)"
    case (_, .failure(let message)): "theirs fails: \(message)"
    case (.scalar(let a), .scalar(let b)): isClose(a, b) ? nil : "ours \(a), theirs \(b)"
    case (.series(let a), .series(let b)): hasTies ? difference(valuesOf: a, b) : difference(a, b)
    default: "ours and theirs are of different types"
    }
  }

  private typealias Rows = [(labels: Labels, points: [(time: Int64, value: Double)])]

  private func difference(_ ours: Rows, _ theirs: Rows) -> String? {
    let known = Dictionary(theirs.map { ($0.labels, $0.points) }, uniquingKeysWith: { first, _ in first })
    for row in ours {
      guard let other = known[row.labels] else { return "only ours has \(row.labels)" }
      guard row.points.map(\.time) == other.map(\.time) else {
        return "\(row.labels): ours has points at \(row.points.map(\.time)), theirs at \(other.map(\.time))"
      }
      for (a, b) in zip(row.points, other) where !isClose(a.value, b.value) {
        return "\(row.labels) at \(a.time): ours \(a.value), theirs \(b.value)"
      }
    }
    guard ours.count == theirs.count else {
      let names = Set(ours.map(\.labels))
      return
        "only theirs has \(theirs.first { !names.contains($0.labels) }?.labels.description ?? "a duplicate")"
    }
    return nil
  }

  /// By moment and value alone.
  private func difference(valuesOf ours: Rows, _ theirs: Rows) -> String? {
    func all(_ rows: Rows) -> [(time: Int64, value: Double)] {
      rows.flatMap(\.points).sorted { a, b in
        if a.time != b.time { return a.time < b.time }
        if a.value.isNaN || b.value.isNaN { return !a.value.isNaN && b.value.isNaN }
        return a.value < b.value
      }
    }
    let (a, b) = (all(ours), all(theirs))
    guard a.count == b.count else { return "ours has \(a.count) points, theirs \(b.count)" }
    for (x, y) in zip(a, b) where x.time != y.time || !isClose(x.value, y.value) {
      return "ours \(x), theirs \(y)"
    }
    return nil
  }

  private func isClose(_ a: Double, _ b: Double) -> Bool {
    if a == b || a.isNaN && b.isNaN || spreads && a.isNaN && b == 0 { return true }
    guard a.isFinite, b.isFinite else { return false }
    let scale = max(abs(a), abs(b))
    let distance = abs(a - b)
    return distance <= 1e-9 * scale || cancels && (distance <= 1e-6 || distance <= 1e-7 * scale)
  }
}
