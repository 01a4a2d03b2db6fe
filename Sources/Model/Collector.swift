/// What a collector is and how often it runs: the part that the timetable and the exposition need.
package struct CollectorDescription: Hashable, Sendable {
  /// The engine, a bounded set: `http`, `postgres`, `directory`, …
  package var kind: String
  /// Unique among collectors of one kind.
  package var name: String
  /// Added to every reading of this collector.
  package var labels: Labels
  package var interval: Duration
  /// After this long a collection has failed.
  package var timeout: Duration

  package init(kind: String, name: String, labels: Labels, interval: Duration, timeout: Duration) {
    self.kind = kind
    self.name = name
    self.labels = labels
    self.interval = interval
    self.timeout = timeout
  }
}

/// Measures one target. It carries; it never decides.
package protocol Collector: Sendable {
  var description: CollectorDescription { get }

  /// Starts one collection and returns at once. `completion` is called exactly once, on any thread, within about
  /// the description's time-out. A second call before that is a programmer's error: the timetable never makes it.
  func collect(_ completion: @escaping @Sendable (Outcome) -> Void)
}
