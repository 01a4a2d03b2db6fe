internal import Model
internal import PromQL

/// What one evaluation of a rule finds of the data behind its alerts. Each selector is asked at most once.
struct Evidence {
  let rule: RuleState
  let reader: any SeriesReader
  let time: Timestamp
  let limits: EvaluationOptions
  /// Labels of the series with a fresh sample, for each selector that was asked.
  private var fresh: [Int: [Labels]] = [:]
  /// Series of each selector that was asked for an ending; nil: too many to look at.
  var asked: [Int: [Known]?] = [:]
  var endingsAsked = 0
  /// Labels of what is clear, for each policy that was asked; nil: its condition could not be evaluated.
  private var cleared: [ObjectIdentifier: [Labels]?] = [:]

  init(_ rule: RuleState, _ reader: any SeriesReader, at time: Timestamp, limits: EvaluationOptions) {
    self.rule = rule
    self.reader = reader
    self.time = time
    self.limits = limits
  }

  /// Places of the rule's selectors that have a fresh sample agreeing with an alert of these labels.
  mutating func witnesses(of labels: Labels) -> [Int] {
    (rule.plan?.selectors ?? []).indices.filter { isSeen(labels, by: $0) }
  }

  /// Whether each of `witnesses`, or of all selectors when that is nil, has a fresh sample agreeing with the alert.
  mutating func isThere(_ labels: Labels, witnesses: [Int]?) -> Bool {
    places(witnesses).allSatisfy { isSeen(labels, by: $0) }
  }

  /// The selectors that ``isThere(_:witnesses:)`` misses, as text.
  mutating func missing(_ labels: Labels, witnesses: [Int]?) -> [String] {
    places(witnesses).filter { !isSeen(labels, by: $0) }.map { place in
      "{" + (rule.plan?.selectors ?? [])[place].map(\.description).joined(separator: ", ") + "}"
    }
  }

  private func places(_ witnesses: [Int]?) -> [Int] {
    let selectors = (rule.plan?.selectors ?? []).indices
    // Numbers from a row may be of another version's making.
    return witnesses.map { $0.filter(selectors.contains) } ?? Array(selectors)
  }

  private mutating func isSeen(_ labels: Labels, by selector: Int) -> Bool {
    if fresh[selector] == nil {
      let matchers = (rule.plan?.selectors ?? [])[selector]
      fresh[selector] = reader.select(matchers).compactMap { series in
        let sample = reader.newestSample(of: series, at: time, after: time - limits.lookback)
        return sample == nil ? nil : reader.labels(of: series)
      }
    }
    return fresh[selector]?.contains { agrees($0, with: labels) } ?? false
  }

  /// Whether the condition of `policy` says that the alert is over; true when it has none.
  mutating func isClear(_ labels: Labels, _ policy: PolicyState) -> Bool {
    guard let plan = policy.clear else { return true }
    let key = ObjectIdentifier(policy)
    if cleared[key] == nil {
      // A condition that fails has cleared nothing.
      let elements = try? plan.elements(at: time, in: reader, limits: limits)
      cleared[key] = .some(elements?.map(\.labels))
    }
    return cleared[key]??.contains { agrees($0, with: labels) } ?? false
  }

  /// Equal wherever both have a label. What the rule itself sets says nothing of the series.
  func agrees(_ found: Labels, with alert: Labels) -> Bool {
    found.entries.allSatisfy { label in
      guard label.name != Labels.metricNameLabel, label.name != "alertname",
        !rule.ownLabels.contains(label.name)
      else { return true }
      return alert[label.name].map { $0 == label.value } ?? true
    }
  }
}

extension RuleEngine {
  /// How long a remembered alert waits for evidence before silence counts as its end, as it does for every other.
  static let evidencePatience: Duration = .seconds(900)

  /// Why an alert whose expression does not hold goes on all the same; nil: it does not.
  ///
  /// Two things keep it: its policy, and a restart. After a restart what cannot be measured at that moment, a standby
  /// that is still down, leaves no series behind, and an expression that compares it holds no longer: "resolved" would
  /// be told because nobody looked. So a remembered alert goes on until its data is there; without a policy that says
  /// so, for ``evidencePatience`` at most.
  func hold(
    on instance: AlertInstance, _ rule: RuleState, at now: Timestamp, _ evidence: inout Evidence
  ) -> AlertInstance.Hold? {
    let labels = instance.labels
    let policy = rule.policy(for: labels)
    let missing = policy?.policy.missingData ?? .resolve
    let isFiring = instance.state == .firing
    if missing == .fire || (isFiring && (missing == .keep || rule.unproven.contains(labels))) {
      let isThere = evidence.isThere(labels, witnesses: instance.witnesses)
      if !isThere {
        // Known witnesses are waited for without end. When nobody noted them, patience has an end: what the expression
        // could do without when the alert began may never come.
        if missing != .resolve, instance.witnesses != nil { return .missingData }
        let deadline = rule.unprovenUntil ?? now + Self.evidencePatience
        rule.unprovenUntil = deadline
        if now < deadline { return .missingData }
      }
      rule.unproven.remove(labels)
    }
    if isFiring, let policy, !evidence.isClear(labels, policy) { return .notClear }
    return nil
  }
}
