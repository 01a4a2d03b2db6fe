internal import Model

/// What is to happen in simulated time, in order of time and then of asking.
struct Agenda<Content> {
  private var heap = MomentHeap<Content>()

  var next: MonotonicInstant? { heap.earliest }

  mutating func add(at moment: MonotonicInstant, _ content: Content) { heap.insert(content, at: moment) }

  /// Everything that is due, taken out.
  mutating func take(upTo moment: MonotonicInstant) -> [Content] {
    var due: [Content] = []
    while let next = heap.earliest, next <= moment, let content = heap.removeEarliest() {
      due.append(content)
    }
    return due
  }
}
