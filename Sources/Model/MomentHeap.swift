/// Elements that wait for a moment, the earliest first, those of one moment in the order in which they came (a binary
/// heap).
package struct MomentHeap<Element> {
  private var items: [(at: MonotonicInstant, order: UInt64, element: Element)] = []
  private var inserted: UInt64 = 0

  package init() {}

  package var earliest: MonotonicInstant? { items.first?.at }
  package var count: Int { items.count }

  package mutating func insert(_ element: Element, at moment: MonotonicInstant) {
    inserted &+= 1
    items.append((moment, inserted, element))
    var child = items.count - 1
    while child > 0, isBefore(child, (child - 1) / 2) {
      items.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  package mutating func removeEarliest() -> Element? {
    guard let first = items.first, let last = items.popLast() else { return nil }
    if items.isEmpty { return first.element }
    items[0] = last
    sink()
    return first.element
  }

  package mutating func removeAll() { items.removeAll() }

  private mutating func sink() {
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < items.count && isBefore(child, least) {
        least = child
      }
      guard least != parent else { return }
      items.swapAt(parent, least)
      parent = least
    }
  }

  private func isBefore(_ a: Int, _ b: Int) -> Bool {
    (items[a].at, items[a].order) < (items[b].at, items[b].order)
  }
}

extension MomentHeap: Sendable where Element: Sendable {}
