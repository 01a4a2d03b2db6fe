package import Model
package import PromQL
package import StrictYAML

/// What a rule file cannot say about alerts with certain labels: what missing data means to them, and when they clear.
///
/// It stands outside the rule file, so that the file means the same to Prometheus. Of several policies the first whose
/// matchers all match the alert's labels (`alertname` among them) holds; an alert without one is treated as Prometheus
/// treats it.
package struct AlertPolicy: Sendable {
  /// What it means that an alert's expression gives nothing and the data that it was about is missing.
  ///
  /// Data is there when each selector of the expression that had a fresh sample agreeing with the alert, when the alert
  /// began, has one now: a sample within the look-back that is no stale marker, of a series whose labels equal the
  /// alert's wherever both have one (labels that the rule sets are left out). So a selector that found nothing then,
  /// as in `absent()` or behind `unless`, is not waited for; and of an aggregation it is enough that one of the series
  /// is left that the alert's labels name.
  package enum MissingData: String, Sendable, CaseIterable {
    /// The alert ends, as in Prometheus.
    case resolve
    /// A firing alert goes on until its data is there and its expression does not hold.
    case keep
    /// As ``keep``, and a pending alert goes on to fire.
    case fire
  }

  /// All of them must match; none: every alert.
  package var match: [LabelMatcher] = []
  package var missingData = MissingData.resolve
  /// A firing alert ends only after its expression has been seen not to hold for this long; the longer of this and the
  /// rule's `keep_firing_for` counts.
  package var holdDown: Duration = .zero
  /// A firing alert ends only when this has an element that agrees with the alert; nil: when its own expression does
  /// not hold.
  package var clear: Expression?

  package init() {}

  /// Reads a condition for ``clear``; nil, and a problem with its place in the text, when it is none.
  package static func readClear(_ text: String, _ node: YAMLNode, _ problems: Problems) -> Expression? {
    do {
      let expression = try parseRuleExpression(text)
      if expression.type == .instantVector { return expression }
      problems.add(
        "`clear` must give an instant vector, so that its elements can be held to alerts", at: node)
    } catch {
      problems.add(error.message, at: node.position(ofOffset: error.offset))
    }
    return nil
  }

  /// Whether an alert of `rule` might have labels that match.
  func mayApply(to rule: Rule) -> Bool {
    var known: [String: String] = [:]
    // A label that is a template, or comes from the series, may have any value.
    for label in rule.labels where !label.text.contains("{{") { known[label.name] = label.text }
    known["alertname"] = rule.name
    let templates = Set(rule.labels.filter { $0.text.contains("{{") }.map(\.name))
    return match.allSatisfy { matcher in
      guard !templates.contains(matcher.name), let value = known[matcher.name] else { return true }
      return matcher.matches(value)
    }
  }
}

/// A policy with its condition ready to be evaluated. Confined to the engine's thread.
final class PolicyState {
  let policy: AlertPolicy
  /// nil: the policy has no condition.
  let clear: Plan?

  init(_ policy: AlertPolicy) {
    self.policy = policy
    // It was compiled once when it was read.
    clear = policy.clear.flatMap { try? Plan($0) }
  }
}
