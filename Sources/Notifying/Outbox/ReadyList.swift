/// Threads whose turn it is, first come first served, each at most once.
struct ReadyList {
  private var items: [String] = []
  private var start = 0
  private var members: Set<String> = []

  var isEmpty: Bool { members.isEmpty }

  mutating func append(_ alert: String) {
    if members.insert(alert).inserted { items.append(alert) }
  }

  mutating func removeFirst() -> String? {
    guard start < items.count else { return nil }
    let alert = items[start]
    start += 1
    members.remove(alert)
    if start == items.count {
      items.removeAll(keepingCapacity: true)
      start = 0
    } else if start > 1024, start * 2 > items.count {
      items.removeFirst(start)
      start = 0
    }
    return alert
  }
}
