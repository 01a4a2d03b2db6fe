internal import Model

/// What is to happen in simulated time, in order of time and then of asking.
struct Agenda<Content> {
  private var heap: [(at: MonotonicInstant, order: UInt64, content: Content)] = []
  private var asked: UInt64 = 0

  var next: MonotonicInstant? { heap.first?.at }

  mutating func add(at moment: MonotonicInstant, _ content: Content) {
    asked += 1
    heap.append((moment, asked, content))
    var child = heap.count - 1
    while child > 0, isBefore(child, (child - 1) / 2) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// Everything that is due, taken out.
  mutating func take(upTo moment: MonotonicInstant) -> [Content] {
    var due: [Content] = []
    while let first = heap.first, first.at <= moment {
      due.append(first.content)
      let last = heap.removeLast()
      guard !heap.isEmpty else { break }
      heap[0] = last
      sink()
    }
    return due
  }

  private mutating func sink() {
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && isBefore(child, least) {
        least = child
      }
      guard least != parent else { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }

  private func isBefore(_ a: Int, _ b: Int) -> Bool {
    (heap[a].at, heap[a].order) < (heap[b].at, heap[b].order)
  }
}
