internal import Model

/// Alerts that wait for a moment, the earliest first (a binary heap).
struct WaitingHeap {
  private var items: [(at: MonotonicInstant, alert: String)] = []

  var earliest: MonotonicInstant? { items.first?.at }
  var count: Int { items.count }

  mutating func insert(_ alert: String, at: MonotonicInstant) {
    items.append((at, alert))
    var place = items.count - 1
    while place > 0, items[place].at < items[(place - 1) / 2].at {
      items.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  mutating func removeEarliest() -> String? {
    guard let first = items.first else { return nil }
    let last = items.removeLast()
    if items.isEmpty { return first.alert }
    items[0] = last
    var place = 0
    while true {
      var smallest = place
      for child in [2 * place + 1, 2 * place + 2]
      where child < items.count && items[child].at < items[smallest].at {
        smallest = child
      }
      if smallest == place { return first.alert }
      items.swapAt(place, smallest)
      place = smallest
    }
  }

  mutating func removeAll() { items.removeAll() }
}
