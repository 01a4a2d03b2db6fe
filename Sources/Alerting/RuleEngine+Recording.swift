internal import Model

extension RuleEngine {
  /// Writes the result of a recording rule and wakes the rules that read it. When it throws, nothing is written.
  func record(
    _ elements: [ResultElement], of rule: RuleState, at time: Timestamp, isInterval: Bool,
    _ decisions: inout Decisions
  ) throws(EvaluationFailure) {
    let own = rule.rule.labels
    var results: [ResultElement] = []
    var seen: Set<Labels> = []
    for element in elements {
      let kept = element.labels.withoutMetricName.entries.filter { label in
        !own.contains { $0.name == label.name }
      }
      let labels = Labels(kept + own.map { Label($0.name, $0.text) })
      guard seen.insert(labels).inserted else {
        throw EvaluationFailure(
          message: "vector contains metrics with the same labelset after applying rule labels")
      }
      results.append(ResultElement(labels: labels, value: element.value, histogram: element.histogram))
    }
    let limit = rule.group.limit
    if limit > 0, results.count > limit {
      throw EvaluationFailure(message: "exceeded limit of \(limit) with \(results.count) series")
    }
    let family = MetricFamily(
      rule.rule.name, .untyped, help: "Recorded by a rule of the group \(rule.group.name).")
    for labels in ordered(rule.outputs.keys.filter { !seen.contains($0) }) {
      let series = rule.outputs.removeValue(forKey: labels)?.series
      write(StaleMarker.value, at: time, to: series, &decisions)
      if let series { wroteChange(series, &decisions) }
    }
    for result in results {
      let old = rule.outputs[result.labels]
      let changed = old?.holds(result) != true
      guard changed || isInterval else { continue }
      let series = old?.series ?? find(family, result.labels, &decisions)
      rule.outputs[result.labels] = RuleState.Output(
        series: series, value: result.value, histogram: result.histogram)
      if let histogram = result.histogram {
        write(histogram, at: time, to: series, &decisions)
      } else {
        write(result.value, at: time, to: series, &decisions)
      }
      if changed, let series { wroteChange(series, &decisions) }
    }
  }
}

extension RuleState.Output {
  fileprivate func holds(_ result: ResultElement) -> Bool {
    guard let histogram, let new = result.histogram else {
      return histogram == nil && result.histogram == nil && value.bitPattern == result.value.bitPattern
    }
    // Equal to the field is enough: one NaN too many wakes a rule once too often.
    return histogram == new
  }
}
