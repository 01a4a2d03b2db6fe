internal import Model

/// Keys that wait for a moment, the earliest first; each key waits for one moment at a time.
///
/// A binary heap with forgotten entries left in it until they come up or are more than half of it.
struct DeadlineHeap {
  private var items: [(at: MonotonicInstant, key: String)] = []
  private var current: [String: MonotonicInstant] = [:]

  /// The earliest moment; may be one that is no longer waited for, never one too late.
  var earliest: MonotonicInstant? { items.first?.at }
  var count: Int { current.count }

  /// `key` waits for `moment` and nothing else; nil: for nothing.
  mutating func set(_ key: String, at moment: MonotonicInstant?) {
    guard current[key] != moment else { return }
    current[key] = moment
    if let moment { push((moment, key)) }
    if items.count > 64 + 2 * current.count { rebuild() }
  }

  /// `key` waits for `moment` at the latest.
  mutating func bringForward(_ key: String, to moment: MonotonicInstant) {
    if let known = current[key], known <= moment { return }
    set(key, at: moment)
  }

  func deadline(of key: String) -> MonotonicInstant? { current[key] }

  /// The next key whose moment has come; it waits no longer.
  mutating func removeDue(_ now: MonotonicInstant) -> String? {
    while let first = items.first, first.at <= now {
      pop()
      guard current[first.key] == first.at else { continue }
      current[first.key] = nil
      return first.key
    }
    return nil
  }

  mutating func removeAll() { self = DeadlineHeap() }

  private mutating func rebuild() {
    items = current.map { ($0.value, $0.key) }.sorted { $0.at < $1.at }
  }

  private mutating func push(_ item: (at: MonotonicInstant, key: String)) {
    items.append(item)
    var place = items.count - 1
    while place > 0, items[place].at < items[(place - 1) / 2].at {
      items.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  private mutating func pop() {
    let last = items.removeLast()
    guard !items.isEmpty else { return }
    items[0] = last
    var place = 0
    while true {
      var smallest = place
      for child in [2 * place + 1, 2 * place + 2]
      where child < items.count && items[child].at < items[smallest].at {
        smallest = child
      }
      if smallest == place { return }
      items.swapAt(place, smallest)
      place = smallest
    }
  }
}
