internal import Model

/// At most one collection is under way: what hangs is not joined by a second one.
struct Occupancy {
  private var since: MonotonicInstant?

  /// Takes the place; if it is taken, for how long already, as people write it.
  mutating func enter(_ pass: OneAnswer) -> String? {
    if let since { return DurationText.format(.milliseconds((pass.started - since).milliseconds)) }
    since = pass.started
    return nil
  }

  /// To be called before the answer: who hears it may collect again at once.
  mutating func leave() { since = nil }
}
