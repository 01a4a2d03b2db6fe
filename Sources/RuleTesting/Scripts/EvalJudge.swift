internal import Model
internal import PromQL

/// Judges one `eval`: runs its query in every way that must give the same and compares.
struct EvalJudge {
  let command: EvalCommand
  let queries: ScriptQueries

  /// One way to run the query.
  private struct Variant {
    var expression: Expression
    var time: Timestamp
    /// Behind the command in a failure; empty for the query as it is written.
    var note: String
  }

  /// The first thing that is wrong; nil when all is as expected.
  func failure() -> ScriptFailure? {
    guard let expression = command.expression else {
      let fault = command.fault
      // What Prometheus notices when the query runs (a label name that is no UTF-8) may be noticed here before.
      if command.expectations.fail != nil {
        return judge(note: "", .failure(QueryFailure(message: fault?.message ?? "")))
      }
      return failed("parse error at \(fault?.position.description ?? "1:1"): \(fault?.message ?? "")")
    }
    switch command.moment {
    case .range(let start, let end, let step):
      return judge(
        note: "",
        Result { () throws(QueryFailure) in
          try queries.range(expression, from: start, to: end, step: step)
        })
    case .instant(let time):
      for variant in variants(expression, time) {
        if let failure = judge(variant) { return failure }
      }
      return nil
    }
  }

  /// The query as written, and with its selectors fixed in time at other times of evaluation.
  private func variants(_ expression: Expression, _ time: Timestamp) -> [Variant] {
    var variants = [Variant(expression: expression, time: time, note: "")]
    guard let fixed = expression.fixed(at: time) else { return variants }
    let at = time.milliseconds
    let times = at == 0 ? [-1000, 0, 1000] : [-10 * at, 0, at / 5, at, 10 * at]
    for time in times {
      variants.append(
        Variant(
          expression: fixed, time: Timestamp(milliseconds: time),
          note: " (evaluated as \(fixed) at \(ResultText.time(time)))"))
    }
    return variants
  }

  private func judge(_ variant: Variant) -> ScriptFailure? {
    let outcome = Result { () throws(QueryFailure) in
      try queries.instant(variant.expression, at: variant.time)
    }
    if let failure = judge(note: variant.note, outcome) { return failure }
    guard case .success(let result) = outcome else { return nil }
    return judgeInRange(variant, result)
  }

  /// Whether a range query around the time gives the same there.
  private func judgeInRange(_ variant: Variant, _ result: QueryResult) -> ScriptFailure? {
    switch result.value {
    case .string, .matrix: return nil
    case .scalar, .vector: break
    }
    if command.expectations.isOrdered { return nil }
    let text = variant.note.isEmpty ? command.expressionText : variant.expression.description
    for function in ["start()", "end()", "range()", "step()"] where text.contains(function) { return nil }
    let note = variant.note + " (as a range query around that time)"
    let range: QueryResult
    do throws(QueryFailure) {
      range = try queries.range(
        variant.expression, from: variant.time - .seconds(60), to: variant.time + .seconds(60),
        step: .seconds(60))
    } catch { return failed("error: \(error.message)\(note)") }
    guard case .matrix(let series) = range.value else {
      return failed("the range query gave no series\(note)")
    }
    let elements = series.compactMap { series -> VectorElement? in
      series.samples.times.firstIndex(of: variant.time.milliseconds).map { place in
        switch series.point(place) {
        case .histogram(let histogram, _):
          VectorElement(labels: series.labels, value: .nan, histogram: histogram)
        case .float, .omitted: VectorElement(labels: series.labels, value: series.samples.values[place])
        }
      }
    }
    var value = Value.vector(elements)
    if case .scalar = result.value {
      guard let first = elements.first, first.histogram == nil else {
        return failed("the range query gave no number\(note)")
      }
      value = .scalar(first.value)
    }
    return compared(value, note: note)
  }

  private func judge(note: String, _ outcome: Result<QueryResult, QueryFailure>) -> ScriptFailure? {
    switch outcome {
    case .failure(let error):
      guard let expected = command.expectations.fail else { return failed("error: \(error.message)\(note)") }
      if expected.matches(error.message) { return nil }
      return failed("failed with another error\(note)", got: [error.message], want: [expected.description])
    case .success(let result):
      if command.expectations.fail != nil {
        return failed("no error came\(note)", got: ResultText.lines(result.value), want: ["an error"])
      }
      return annotationFailure(result, note: note) ?? compared(result.value, note: note)
    }
  }

  private func compared(_ value: Value, note: String) -> ScriptFailure? {
    guard let difference = Comparison.difference(value, from: command) else { return nil }
    return failed(difference + note, got: ResultText.lines(value), want: ResultText.lines(command.result))
  }

  private func annotationFailure(_ result: QueryResult, note: String) -> ScriptFailure? {
    let expected = command.expectations
    func messages(_ severity: Annotation.Severity) -> [Annotation] {
      result.annotations.filter { $0.severity == severity }
    }
    return annotationFailure(
      "warning", messages(.warning), expected.warnings, forbidden: expected.forbidsWarnings,
      some: expected.someWarning, note: note)
      ?? annotationFailure(
        "info", messages(.info), expected.infos, forbidden: expected.forbidsInfos, some: expected.someInfo,
        note: note)
  }

  /// Each expectation needs a message and, where there are expectations, each message one of them.
  private func annotationFailure(
    _ kind: String, _ annotations: [Annotation], _ expected: [Expectations.Text], forbidden: Bool, some: Bool,
    note: String
  ) -> ScriptFailure? {
    // Scripts name the place in the query or leave it out, as Prometheus' own do.
    func matches(_ text: Expectations.Text, _ annotation: Annotation) -> Bool {
      text.matches(annotation.text(in: command.expressionText)) || text.matches(annotation.text)
    }
    let messages = annotations.map { $0.text(in: command.expressionText) }
    if forbidden, !messages.isEmpty {
      return failed("unexpected \(kind) annotation\(note)", got: messages, want: ["no \(kind) annotation"])
    }
    if messages.isEmpty, some || !expected.isEmpty {
      return failed(
        "no \(kind) annotation came\(note)", got: ["no \(kind) annotation"],
        want: some ? ["any message"] : expected.map(\.description))
    }
    guard !expected.isEmpty else { return nil }
    let missing = expected.contains { text in !annotations.contains { matches(text, $0) } }
    let surplus = annotations.contains { annotation in !expected.contains { matches($0, annotation) } }
    guard missing || surplus else { return nil }
    return failed("other \(kind) annotations came\(note)", got: messages, want: expected.map(\.description))
  }

  private func failed(_ reason: String, got: [String] = [], want: [String] = []) -> ScriptFailure {
    ScriptFailure(line: command.line, command: command.text, reason: reason, got: got, want: want)
  }
}
