internal import Model
internal import PromQL

extension RuleEngine {
  /// How long a remembered alert waits for evidence before silence counts as its end, as it does for every other.
  static let evidencePatience: Duration = .seconds(900)

  /// Whether the firing alert with these labels comes from the last process and nothing has been seen of it yet.
  ///
  /// After a restart the store is empty. What cannot be measured at that moment, a standby that is still down, leaves
  /// no series behind, and an expression that compares it holds no longer: "resolved" would be told because nobody
  /// looked. So a remembered alert goes on until each selector of its rule has found a series that agrees with the
  /// alert's labels; from then on its rule's word counts.
  func awaitsEvidence(_ labels: Labels, _ rule: RuleState, at now: Timestamp) -> Bool {
    guard rule.unproven.contains(labels) else { return false }
    let deadline = rule.unprovenUntil ?? now + Self.evidencePatience
    rule.unprovenUntil = deadline
    let own = Set(rule.rule.labels.map(\.name))
    let isSeen = (rule.plan?.selectors ?? []).allSatisfy { selector in
      reader.select(selector).contains { series in
        let time = now - rule.group.queryOffset
        guard reader.newestSample(of: series, at: time, after: time - .seconds(300)) != nil else {
          return false
        }
        return reader.labels(of: series).entries.allSatisfy { label in
          guard label.name != Labels.metricNameLabel, !own.contains(label.name) else { return true }
          return labels[label.name].map { $0 == label.value } ?? true
        }
      }
    }
    guard isSeen || now >= deadline else { return true }
    rule.unproven.remove(labels)
    return false
  }
}
