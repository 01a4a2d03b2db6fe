internal import Alerting

extension Lint {
  static let missingAnnotations = Lint(
    name: "missing-annotations", finds: "an alert without `summary` or `runbook_url`", isDefault: false
  ) { rule, _, _ in
    guard case .alerting = rule.kind else { return [] }
    return ["summary", "runbook_url"].filter { name in !rule.annotations.contains { $0.name == name } }
      .map { "has no annotation `\($0)`" }
  }
}
