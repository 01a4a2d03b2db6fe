internal import Model
internal import PromQL

/// `query` and `query_range`.
extension PrometheusAPI {
  func instant(_ form: Form, _ lease: QueryLease) throws(APIFault) -> Answer {
    let began = lease.clock.monotonic
    let limit = try form.limit()
    let time = try form.time("time", or: face.now)
    try checkTimeout(form)
    let options = try options(form, lease)
    let plan = try plan(form)
    var result = try evaluated { () throws(EvaluationError) in
      try plan.evaluate(at: time, in: face.reader, options: options)
    }
    if case .vector(let elements) = result.value, !plan.expression.ordersItself {
      // Prometheus promises no order and mostly has this one.
      result.value = .vector(elements.sorted { $0.labels.precedes($1.labels) })
    }
    return try answer(result, plan, form, limit, at: time, lease, began)
  }

  func range(_ form: Form, _ lease: QueryLease) throws(APIFault) -> Answer {
    let began = lease.clock.monotonic
    let limit = try form.limit()
    let start = try form.time("start")
    let end = try form.time("end")
    guard start <= end else { throw .invalid("end", "end timestamp must not be before start time") }
    let step = try form.duration("step")
    guard step > 0 else {
      throw .invalid(
        "step", "zero or negative query resolution step widths are not accepted. Try a positive integer")
    }
    let (length, overflow) = end.milliseconds.subtractingReportingOverflow(start.milliseconds)
    let (nanoseconds, overflow2) = length.multipliedReportingOverflow(by: 1_000_000)
    if overflow || overflow2 || nanoseconds / step > 11_000 {
      throw APIFault(
        .badData,
        "exceeded maximum resolution of 11,000 points per timeseries. "
          + "Try decreasing the query resolution (?step=XX)")
    }
    try checkTimeout(form)
    let options = try options(form, lease)
    let plan = try plan(form)
    switch plan.expression.type {
    case .scalar, .instantVector: break
    case .string, .rangeVector:
      throw .invalid(
        "query",
        "invalid expression type \(quoted(plan.expression.type.rawValue)) for range query, "
          + "must be Scalar or instant Vector")
    }
    // Finer than samples are kept is as good as their own resolution.
    let interval = Duration.milliseconds(max(1, step / 1_000_000))
    let result = try evaluated { () throws(EvaluationError) in
      try plan.evaluate(from: start, to: end, step: interval, in: face.reader, options: options)
    }
    return try answer(result, plan, form, limit, at: start, lease, began)
  }

  private func checkTimeout(_ form: Form) throws(APIFault) {
    if !form["timeout"].isEmpty { _ = try form.duration("timeout") }
  }

  private func options(_ form: Form, _ lease: QueryLease) throws(APIFault) -> EvaluationOptions {
    var options = EvaluationOptions(maximumSamples: lease.maximumSamples)
    let lookback = form["lookback_delta"]
    if !lookback.isEmpty {
      switch TimeText.nanoseconds(lookback) {
      case .success(let nanoseconds) where nanoseconds > 0: options.lookback = .nanoseconds(nanoseconds)
      // Prometheus takes 0 for its own.
      case .success: break
      case .failure(let fault):
        throw APIFault(.badData, "error parsing lookback delta duration: \(fault.message)")
      }
    }
    options.deadline = lease.deadline
    options.clock = lease.clock
    options.cancellation = lease.cancellation
    return options
  }

  private func plan(_ form: Form) throws(APIFault) -> Plan {
    let expression: Expression
    do throws(ParseError) { expression = try parseExpression(form["query"]) } catch {
      throw .invalid("query", error)
    }
    do throws(CompileError) { return try Plan(expression) } catch { throw .invalid("query", error) }
  }

  private func evaluated(
    _ body: () throws(EvaluationError) -> QueryResult
  ) throws(APIFault) -> QueryResult {
    do throws(EvaluationError) { return try body() } catch { throw APIFault(error) }
  }

  private func answer(
    _ result: QueryResult, _ plan: Plan, _ form: Form, _ limit: Int, at time: Timestamp, _ lease: QueryLease,
    _ began: MonotonicInstant
  ) throws(APIFault) -> Answer {
    try lease.check()
    let (value, isCut) = result.value.limited(to: limit)
    var answer = Answer { out in
      out.raw("{")
      out.value(value, at: time)
      if !form["stats"].isEmpty {
        out.statistics(plan, waited: began - lease.beganAt, ran: lease.clock.monotonic - began)
      }
      out.raw("}")
    }
    let query = form["query"]
    for annotation in result.annotations {
      switch annotation.severity {
      case .warning: answer.warnings.append(annotation.text(in: query))
      case .info: answer.infos.append(annotation.text(in: query))
      }
    }
    if isCut { answer.warnings.append(Answer.truncated) }
    return answer
  }
}

extension Expression {
  /// Whether the order of its elements means something.
  fileprivate var ordersItself: Bool {
    switch withoutParentheses.kind {
    case .call(let function, _): function.name.hasPrefix("sort")
    case .aggregation(let aggregation): [.topk, .bottomk].contains(aggregation.op)
    default: false
    }
  }
}

extension Value {
  /// At most `limit` series; 0: all.
  fileprivate func limited(to limit: Int) -> (Value, isCut: Bool) {
    switch self {
    case .vector(let elements) where limit > 0 && elements.count > limit:
      (.vector(Array(elements.prefix(limit))), true)
    case .matrix(let series) where limit > 0 && series.count > limit:
      (.matrix(Array(series.prefix(limit))), true)
    default: (self, false)
    }
  }
}

extension JSONWriter {
  /// What Prometheus measures of its own steps, where ours are the same.
  fileprivate mutating func statistics(_ plan: Plan, waited: Duration, ran: Duration) {
    let spent = plan.samplesSpent
    raw(",\"stats\":{\"timings\":{\"evalTotalTime\":")
    number(ran.inSeconds)
    raw(",\"resultSortTime\":0,\"queryPreparationTime\":0,\"innerEvalTime\":")
    number(ran.inSeconds)
    raw(",\"execQueueTime\":")
    number(waited.inSeconds)
    raw(",\"execTotalTime\":")
    number((waited + ran).inSeconds)
    raw("},\"samples\":{\"totalQueryableSamples\":")
    integer(Int64(spent.total))
    raw(",\"peakSamples\":")
    integer(Int64(spent.peak))
    raw("}}")
  }
}
