import FarwatchTesting
import Testing

@testable import FarwatchApp

@Suite struct LoadedConfigurationTests {
  private func files(_ rules: String) throws -> (TemporaryDirectory, String) {
    let directory = try TemporaryDirectory("farwatch-loaded")
    try directory.write("rules.yml", rules)
    let file = try directory.write(
      "farwatch.yml",
      """
      regions: {r: {}}
      rule_files: [rules.yml]
      topics: {pager: {subscriptions: [{protocol: http, endpoint: "http://127.0.0.1:1/"}]}}
      routes:
        - {match: {severity: page}, topic: pager}
        - {match_re: {region: "t.*"}, match: {alertname: Lag}, topic: pager}

      """)
    return (directory, file)
  }

  @Test func aBrokenRuleFileIsReportedWithItsOwnPath() throws {
    let (directory, file) = try files("groups:\n  - name: g\n    rules: [{alert: A, expr: 'sum('}]\n")
    let report = ConfigurationCheck.run(file)
    #expect(report.problems.count == 1)
    #expect(
      report.problems.allSatisfy { $0.hasPrefix("\(directory.file("rules.yml")):3:") }, "\(report.problems)")
  }

  @Test func aBrokenFileIsReportedBeforeItsRules() throws {
    let (directory, _) = try files("groups: 1\n")
    let file = try directory.write("broken.yml", "regions: {r: {}}\nlisten: x\nrule_files: [rules.yml]\n")
    #expect(ConfigurationCheck.run(file).problems.map { $0.hasPrefix("\(file):2:9: ") } == [true])
  }

  @Test func alertsThatNoRouteTakesAreNamed() throws {
    let (directory, file) = try files(
      """
      groups:
        - name: g
          rules:
            - {alert: Paged, expr: farwatch_region_state == 0, labels: {severity: page}}
            - {alert: Ticket, expr: farwatch_region_state == 0, labels: {severity: ticket}}
            - {alert: Templated, expr: farwatch_region_state == 0, labels: {severity: "{{ $labels.severity }}"}}
            - {alert: Lag, expr: farwatch_region_state == 0, labels: {severity: ticket, region: taiwan}}
            - {alert: FromSeries, expr: farwatch_region_state == 0}
            - {record: a:b, expr: farwatch_region_state}

      """)
    let report = ConfigurationCheck.run(file)
    #expect(report.problems == [])
    #expect(
      report.warnings == [
        "\(directory.file("rules.yml")):5:1: alert Ticket matches no route: nobody is told"
      ])
  }

  @Test func whatTheDaemonReadsAtItsStartIsReadByTheCheck() throws {
    let directory = try TemporaryDirectory("farwatch-loaded")
    let file = try directory.write(
      "farwatch.yml", "regions: {r: {}}\naccess: {web_config_file: nope.yml}\n")
    let missing = ConfigurationCheck.run(file).problems
    #expect(missing.count == 1 && missing[0].contains("nope.yml"), "\(missing)")
    #expect(ConfigurationCheck.runOnForm(file).problems == [])
    try directory.write("nope.yml", "basic_auth_users: {}\n")
    #expect(ConfigurationCheck.run(file).problems == [])
  }

  @Test func aVariableThatIsNotSetIsAWarning() throws {
    let directory = try TemporaryDirectory("farwatch-loaded")
    let file = try directory.write(
      "farwatch.yml",
      """
      regions: {r: {}, s: {}}
      access: {tokens: [{name: t, token_env: FARWATCH_TEST_UNSET, roles: [read]}]}

      """)
    let report = ConfigurationCheck.run(file)
    #expect(report.problems == [])
    let told =
      "\(file):2:40: the environment variable FARWATCH_TEST_UNSET is not set here; the daemon will need it"
    #expect(report.warnings.contains(told), "\(report.warnings)")
    #expect(ConfigurationCheck.runOnForm(file).warnings.contains(told) == false)
  }
}
