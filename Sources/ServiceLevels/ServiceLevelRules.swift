internal import Model

/// What a workload promises its people, and the rules that follow from it.
package struct ServiceLevel: Hashable, Sendable {
  package var workload: String
  /// The health check that shows whether the workload serves, one in each region.
  package var check: String
  /// Between 0 and 1: the part of the time in which it is to serve.
  package var objective: Double
  /// The budget is for this long.
  package var window: Duration = .seconds(30 * 86_400)
  /// Evaluations that a burn rate must rest on before it pages: fewer say nothing.
  package var minimumVolume = 60

  package init(workload: String, check: String, objective: Double) {
    self.workload = workload
    self.check = check
    self.objective = objective
  }
}

/// Writes recording and alert rules as a rule file that a person can read, and Prometheus, too.
///
/// A workload is available while its check succeeds in one of the regions that are in charge of it. Burn rates are those of
/// the multiwindow, multi-burn-rate alerts of Google's "The Site Reliability Workbook", chapter 5: 14.4 times the budget
/// over an hour and five minutes, 6 times over six hours and half an hour, and once over three days and six hours.
package enum ServiceLevelRules {
  private struct Burn {
    var alert: String
    var factor: Double
    var long: String
    var short: String
    var severity: String
    /// Of a budget of 30 days.
    var spent: String
  }

  private static let burns = [
    Burn(
      alert: "ErrorBudgetBurnsFast", factor: 14.4, long: "1h", short: "5m", severity: "page", spent: "2 %"),
    Burn(alert: "ErrorBudgetBurns", factor: 6, long: "6h", short: "30m", severity: "page", spent: "5 %"),
    Burn(
      alert: "ErrorBudgetBurnsSlowly", factor: 1, long: "3d", short: "6h", severity: "warn", spent: "10 %"),
  ]
  private static let windows = ["5m", "30m", "1h", "6h", "3d"]
  /// How often availability is written down.
  package static let interval = "15s"

  /// The name of the group, and so that of its rules in the API.
  package static let group = "farwatch-service-levels"

  /// One group for all of them; "" where there are none.
  package static func text(_ levels: [ServiceLevel]) -> String {
    guard !levels.isEmpty else { return "" }
    var lines = [
      "# Made from `workloads:` of the configuration. Available: the workload's check succeeds in a region in charge.",
      "groups:", "  - name: \(group)", "    interval: \(interval)", "    rules:",
    ]
    for level in levels { lines += recording(level) }
    for level in levels { lines += alerts(level) }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func recording(_ level: ServiceLevel) -> [String] {
    let name = quoted(level.workload)
    let budget = NumberText.plain(rounded(1 - level.objective))
    var lines = [
      "      - record: workload:available",
      "        expr: |",
      "          max(",
      "            max by (region) (probe_success{check=\(quoted(level.check))})",
      "              * on (region) (farwatch_workload_in_charge{workload=\(name)} == 1)",
      "          )",
      "        labels: {workload: \(name)}",
    ]
    for window in windows {
      lines += [
        "      - record: workload:unavailable:ratio_\(window)",
        "        expr: 1 - avg_over_time(workload:available{workload=\(name)}[\(window)])",
      ]
    }
    let whole = DurationText.format(level.window)
    lines += [
      "      - record: workload:error_budget_remaining:ratio",
      "        expr: 1 - (1 - avg_over_time(workload:available{workload=\(name)}[\(whole)])) / \(budget)",
      "        labels: {window: \(quoted(whole))}",
    ]
    return lines
  }

  private static func alerts(_ level: ServiceLevel) -> [String] {
    let name = quoted(level.workload)
    let budget = rounded(1 - level.objective)
    return burns.flatMap { burn -> [String] in
      let limit = NumberText.plain(rounded(budget * burn.factor))
      return [
        "      - alert: \(burn.alert)",
        "        expr: |",
        "          workload:unavailable:ratio_\(burn.long){workload=\(name)} > \(limit)",
        "            and workload:unavailable:ratio_\(burn.short){workload=\(name)} > \(limit)",
        "            and count_over_time(workload:available{workload=\(name)}[\(burn.long)]) >= \(level.minimumVolume)",
        "        labels: {severity: \(burn.severity)}",
        "        annotations:",
        "          summary: \"{{ $labels.workload }} spends its error budget \(NumberText.plain(burn.factor)) times too fast\"",
        "          description: >-",
        "            {{ $labels.workload }} was not available in {{ $value | humanizePercentage }} of the last \(burn.long), and still is not:"
          + " its objective is \(percent(level.objective)).",
        "            Going on like this, \(burn.spent) of the month's budget are gone in \(burn.long).",
        "          runbook_url: \"{{ $externalURL }}/runbooks/error-budget-burns\"",
      ]
    }
  }

  private static func quoted(_ text: String) -> String { "\"\(text)\"" }

  /// Without the noise of binary fractions.
  private static func rounded(_ value: Double) -> Double { (value * 1e9).rounded() / 1e9 }

  private static func percent(_ share: Double) -> String { NumberText.plain(rounded(share * 100)) + " %" }
}
