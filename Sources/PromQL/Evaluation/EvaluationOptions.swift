package import Model
internal import Synchronization

/// How an expression is evaluated, and how much that may cost.
package struct EvaluationOptions: Sendable {
  /// A sample counts up to this long (Prometheus' lookback delta); the interval is open on the left.
  package var lookback: Duration
  /// Samples read and elements made for one moment, all steps together, and the points of a range query's result;
  /// beyond this the evaluation fails.
  package var maximumSamples: Int
  /// Step of a subquery that does not say its own.
  package var subqueryStep: Duration
  /// Whether the metric's name is dropped only from the final result (Prometheus' feature
  /// `promql-delayed-name-removal`).
  package var delaysNameRemoval = false
  /// Moments of a range query at most; nil: no limit but `maximumSamples`.
  package var maximumPoints: Int?
  /// When to give up, by `clock`.
  package var deadline: MonotonicInstant?
  package var clock: any TimeSource = SystemTime()
  /// Lets another thread end the evaluation.
  package var cancellation: QueryCancellation?

  package init(
    lookback: Duration = .seconds(300), maximumSamples: Int = 50_000_000,
    subqueryStep: Duration = .seconds(60)
  ) {
    self.lookback = lookback
    self.maximumSamples = maximumSamples
    self.subqueryStep = subqueryStep
  }
}

/// A flag that ends an evaluation from another thread.
package final class QueryCancellation: Sendable {
  private let flag = Atomic(false)

  package init() {}

  package func cancel() { flag.store(true, ordering: .relaxed) }
  package var isCancelled: Bool { flag.load(ordering: .relaxed) }
}
