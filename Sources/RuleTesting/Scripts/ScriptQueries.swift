internal import Model
internal import PromQL

/// Asks the query engine, with the options that Prometheus' own scripts are written for.
struct ScriptQueries {
  let series: SeriesFixture

  func instant(_ expression: Expression, at time: Timestamp) throws(QueryFailure) -> QueryResult {
    let plan = try plan(expression)
    let value: Value
    do throws(EvaluationError) {
      value = try plan.evaluate(at: time, in: series)
    } catch { throw QueryFailure(message: error.message) }
    switch value {
    case .scalar(let number): return QueryResult(value: .scalar(number))
    case .string(let text): return QueryResult(value: .string(text))
    case .vector(let elements):
      return QueryResult(
        value: .vector(
          elements.map { QueryResult.Element(labels: $0.labels, point: .float($0.value)) }))
    }
  }

  func range(
    _ expression: Expression, from start: Timestamp, to end: Timestamp, step: Duration
  ) throws(QueryFailure) -> QueryResult {
    throw QueryFailure(message: "range queries are not evaluated by this version")
  }

  private func plan(_ expression: Expression) throws(QueryFailure) -> Plan {
    do throws(CompileError) {
      return try Plan(expression)
    } catch { throw QueryFailure(message: error.message) }
  }
}
