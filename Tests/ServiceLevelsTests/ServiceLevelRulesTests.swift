import Alerting
import FarwatchTesting
import RuleTesting
import StrictYAML
import Testing

@testable import ServiceLevels

struct ServiceLevelRulesTests {
  private let level = ServiceLevel(workload: "shop", check: "api", objective: 0.9995)

  @Test func budgetsAreMultiplesOfWhatMayFail() {
    let text = ServiceLevelRules.text([level])
    #expect(text.contains("workload:unavailable:ratio_1h{workload=\"shop\"} > 0.0072\n"))
    #expect(text.contains("workload:unavailable:ratio_6h{workload=\"shop\"} > 0.003\n"))
    #expect(text.contains("workload:unavailable:ratio_3d{workload=\"shop\"} > 0.0005\n"))
    #expect(text.contains("/ 0.0005\n"))
    #expect(text.contains("its objective is 99.95 %."))
    #expect(ServiceLevelRules.text([]).isEmpty)
  }

  @Test func theyAreARuleFileWithoutAProblem() {
    let problems = Problems(file: "workloads")
    let other = ServiceLevel(workload: "bank", check: "login", objective: 0.99)
    let rules = RuleFile.read(ServiceLevelRules.text([level, other]), file: "workloads", problems)
    #expect(problems.list.isEmpty, "\(problems.list)")
    #expect(rules.warnings.isEmpty)
    #expect(rules.groups.map(\.name) == [ServiceLevelRules.group])
    // Availability, five windows, the budget and three alerts of each.
    #expect(rules.groups.first?.rules.count == 20)
  }

  /// An outage of six minutes in the region in charge pages; the same of the other region, or of five probes at the very
  /// start, does not.
  @Test func aFastBurnPagesAndEndsAndTooFewProbesSayNothing() throws {
    let folder = try TemporaryDirectory()
    try folder.write("rules.yml", ServiceLevelRules.text([level]))
    let tests = try folder.write(
      "rules_test.yml",
      """
      rule_files: [rules.yml]
      evaluation_interval: 15s
      tests:
        - name: an outage of the region in charge
          interval: 15s
          input_series:
            - {series: 'probe_success{check="api", region="taiwan"}', values: "1x400 0x24 1x300"}
            - {series: 'probe_success{check="api", region="japan"}', values: "1x725"}
            - {series: 'farwatch_workload_in_charge{workload="shop", region="taiwan"}', values: "1x725"}
            - {series: 'farwatch_workload_in_charge{workload="shop", region="japan"}', values: "0x725"}
          alert_rule_test:
            - {eval_time: 99m, alertname: ErrorBudgetBurnsFast, exp_alerts: []}
            - eval_time: 104m
              alertname: ErrorBudgetBurnsFast
              exp_alerts: [{exp_labels: {workload: shop, severity: page}}]
            - {eval_time: 115m, alertname: ErrorBudgetBurnsFast, exp_alerts: []}
          promql_expr_test:
            - expr: workload:available
              eval_time: 50m
              exp_samples: [{labels: 'workload:available{workload="shop"}', value: 1}]
        - name: an outage of the other region
          interval: 15s
          input_series:
            - {series: 'probe_success{check="api", region="taiwan"}', values: "1x500"}
            - {series: 'probe_success{check="api", region="japan"}', values: "0x500"}
            - {series: 'farwatch_workload_in_charge{workload="shop", region="taiwan"}', values: "1x500"}
            - {series: 'farwatch_workload_in_charge{workload="shop", region="japan"}', values: "0x500"}
          alert_rule_test:
            - {eval_time: 120m, alertname: ErrorBudgetBurnsFast, exp_alerts: []}
        - name: too little to judge by
          interval: 15s
          input_series:
            - {series: 'probe_success{check="api", region="taiwan"}', values: "0x50"}
            - {series: 'farwatch_workload_in_charge{workload="shop", region="taiwan"}', values: "1x50"}
          alert_rule_test:
            - {eval_time: 10m, alertname: ErrorBudgetBurnsFast, exp_alerts: []}
      """)
    let result = UnitTests.run(tests)
    #expect(result.problems.isEmpty && result.tests.count == 3)
    for one in result.tests { #expect(one.failures.isEmpty, "\(one.name): \(one.failures)") }
  }
}
