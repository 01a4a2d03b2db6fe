/// Pages in the order in which they were accepted. Places of pages that are gone are passed over by who asks, and
/// forgotten when they are at the front or have become too many.
struct ArrivalLine {
  struct Place: Equatable {
    var thread: String
    var sequence: UInt64
  }

  let isOfAlarms: Bool
  private var items: [Place] = []
  private var start = 0

  init(isOfAlarms: Bool) { self.isOfAlarms = isOfAlarms }

  var count: Int { items.count - start }

  func first(where matches: (Place) -> Bool) -> Place? { items[start...].first(where: matches) }

  mutating func removeFirst() {
    guard start < items.count else { return }
    start += 1
    if start == items.count {
      items = []
      start = 0
    } else if start > 1024, start * 2 > items.count {
      items.removeFirst(start)
      start = 0
    }
  }

  /// Nearly always at the end.
  mutating func insert(_ place: Place) {
    var index = items.count
    while index > start, items[index - 1].sequence > place.sequence { index -= 1 }
    items.insert(place, at: index)
  }

  func keeping(_ isKept: (Place) -> Bool) -> ArrivalLine {
    var kept = ArrivalLine(isOfAlarms: isOfAlarms)
    kept.items = items[start...].filter(isKept)
    return kept
  }
}
