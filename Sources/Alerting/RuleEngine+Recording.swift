internal import Model

extension RuleEngine {
  /// Writes the result of a recording rule and wakes the rules that read it. When it throws, nothing is written.
  func record(
    _ elements: [ResultElement], of rule: RuleState, at time: Timestamp, isInterval: Bool,
    _ decisions: inout Decisions
  ) throws(EvaluationFailure) {
    let own = rule.rule.labels
    var results: [(labels: Labels, value: Double)] = []
    var seen: Set<Labels> = []
    for element in elements {
      guard !element.isHistogram else {
        throw EvaluationFailure(message: "native histograms are not recorded by this version")
      }
      let kept = element.labels.withoutMetricName.entries.filter { label in
        !own.contains { $0.name == label.name }
      }
      let labels = Labels(kept + own.map { Label($0.name, $0.text) })
      guard seen.insert(labels).inserted else {
        throw EvaluationFailure(
          message: "vector contains metrics with the same labelset after applying rule labels")
      }
      results.append((labels, element.value))
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
    for (labels, value) in results {
      let old = rule.outputs[labels]
      let changed = old?.value.bitPattern != value.bitPattern
      guard changed || isInterval else { continue }
      let series = old?.series ?? find(family, labels, &decisions)
      rule.outputs[labels] = RuleState.Output(series: series, value: value)
      write(value, at: time, to: series, &decisions)
      if changed, let series { wroteChange(series, &decisions) }
    }
  }
}
