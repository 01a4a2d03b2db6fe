internal import Model

/// Wall-clock time that never goes back and never stands still: what samples and alerts are dated with.
///
/// Forward steps of the system's clock are taken at once. After a step back this clock goes on at nine tenths of the
/// real pace until the system's clock has caught up, so that samples keep their order and holds keep running.
struct SteadyClock {
  private var last: (reading: Timestamp, at: MonotonicInstant)?

  /// Later than every reading before, by at least a millisecond.
  mutating func read(wall: Timestamp, monotonic: MonotonicInstant) -> Timestamp {
    guard let last else {
      self.last = (wall, monotonic)
      return wall
    }
    let slowed = Duration.nanoseconds((monotonic - last.at).nanoseconds / 10 * 9)
    let reading = max(wall, max(last.reading + .milliseconds(1), last.reading + slowed))
    self.last = (reading, monotonic)
    return reading
  }
}
