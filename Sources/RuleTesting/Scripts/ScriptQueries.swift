internal import Model
internal import PromQL

/// Why a query gave nothing.
struct QueryFailure: Error, Hashable, Sendable {
  var message: String
}

/// Asks the query engine, with the options that Prometheus' own scripts are written for.
struct ScriptQueries {
  let series: SeriesFixture

  /// How long one query may take.
  static let timeout = Duration.seconds(100)

  private var options: EvaluationOptions {
    var options = EvaluationOptions(lookback: .seconds(300), subqueryStep: .seconds(60))
    options.delaysNameRemoval = true
    options.deadline = options.clock.monotonic + Self.timeout
    return options
  }

  func instant(_ expression: Expression, at time: Timestamp) throws(QueryFailure) -> QueryResult {
    let plan = try plan(expression, DurationExpression.Query())
    do throws(EvaluationError) {
      return try plan.evaluate(at: time, in: series, options: options)
    } catch { throw QueryFailure(message: error.message) }
  }

  func range(
    _ expression: Expression, from start: Timestamp, to end: Timestamp, step: Duration
  ) throws(QueryFailure) -> QueryResult {
    let plan = try plan(expression, DurationExpression.Query(step: step, range: end - start))
    do throws(EvaluationError) {
      return try plan.evaluate(from: start, to: end, step: step, in: series, options: options)
    } catch { throw QueryFailure(message: error.message) }
  }

  private func plan(
    _ expression: Expression, _ query: DurationExpression.Query
  ) throws(QueryFailure) -> Plan {
    let resolved: Expression
    do throws(DurationExpression.Fault) {
      resolved = try expression.resolvingDurations(in: query)
    } catch { throw QueryFailure(message: error.message) }
    do throws(CompileError) {
      return try Plan(resolved)
    } catch { throw QueryFailure(message: error.message) }
  }
}

extension VectorElement {
  var point: SequenceValue {
    histogram.map { .histogram($0, hintIsSet: true) } ?? .float(value)
  }
}

extension MatrixSeries {
  func point(_ place: Int) -> SequenceValue {
    if samples.hasHistograms, let histogram = samples.histograms[place] {
      return .histogram(histogram, hintIsSet: true)
    }
    return .float(samples.values[place])
  }
}
