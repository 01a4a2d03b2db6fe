internal import Model

/// The part of time that a range vector covers: `start < timestamp <= end`, in milliseconds.
struct WindowRange {
  var start: Int64
  var end: Int64

  var milliseconds: Int64 { end.subtractingClamped(start) }
  var seconds: Double { Double(milliseconds) / 1000 }
}

/// An operation whose result is a range vector: a range selector or a subquery. It leaves in its own buffers the
/// series that have at least one sample, each with its window.
class WindowStep: Operation {
  final var sets: [Int] = []
  /// Of the same length as `sets`; none is empty.
  final var windows: [SampleColumns] = []
  /// After `@` and `offset`.
  final var range = WindowRange(start: 0, end: 0)
}
