internal import Model

/// The firing alerts of one rule that have the same values of its `equal` labels. Identities, sorted.
struct InhibitionCell: Sendable {
  /// The sides of the rule that take an alert.
  enum Side { case source, target, both }

  /// Alerts of which sides have become inhibited or free.
  enum Turned { case none, targets, both, targetsAndBoth }

  private var sources: [String] = []
  private var targets: [String] = []
  private var both: [String] = []

  var isEmpty: Bool { sources.isEmpty && targets.isEmpty && both.isEmpty }

  mutating func add(_ identity: String, to side: Side) -> Turned {
    let turned = turned(by: side)
    switch side {
    case .source: Self.insert(identity, &sources)
    case .target: Self.insert(identity, &targets)
    case .both: Self.insert(identity, &both)
    }
    return turned
  }

  mutating func remove(_ identity: String, from side: Side) -> Turned {
    switch side {
    case .source: Self.remove(identity, &sources)
    case .target: Self.remove(identity, &targets)
    case .both: Self.remove(identity, &both)
    }
    return turned(by: side)
  }

  /// What the first alert of a side turns, and the last one that leaves: called without it.
  private func turned(by side: Side) -> Turned {
    switch side {
    case .source: sources.isEmpty ? (both.isEmpty ? .targetsAndBoth : .both) : .none
    case .both: both.isEmpty && sources.isEmpty ? .targets : .none
    case .target: .none
    }
  }

  func alerts(_ turned: Turned, without identity: String) -> [String] {
    let found: [String] =
      switch turned {
      case .none: []
      case .targets: targets
      case .both: both
      case .targetsAndBoth: (targets + both).sorted(by: byteOrder)
      }
    return found.filter { $0 != identity }
  }

  /// At most `limit` alerts that inhibit one on this side.
  func sources(for side: Side, without identity: String, limit: Int) -> [String] {
    let inhibiting = side == .both ? [sources] : [sources, both]
    return Array(inhibiting.joined().lazy.filter { $0 != identity }.prefix(max(0, limit)))
  }

  private static func insert(_ identity: String, _ list: inout [String]) {
    list.insert(identity, at: list.partitioningIndex { !byteOrder($0, identity) })
  }

  private static func remove(_ identity: String, _ list: inout [String]) {
    let place = list.partitioningIndex { !byteOrder($0, identity) }
    if place < list.count, list[place] == identity { list.remove(at: place) }
  }
}
