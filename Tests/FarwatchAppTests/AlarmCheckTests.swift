import FarwatchTesting
import Testing

@testable import FarwatchApp

@Suite struct AlarmCheckTests {
  private let alarms = """
    Unknown: {MetricName: HealthCheckStatus, Dimensions: {HealthCheckId: nosuch}, Threshold: 0, EvaluationPeriods: 1, Period: 60, AlarmActions: [pager]}
    Known: {MetricName: HealthCheckStatus, Dimensions: {HealthCheckId: web}, Threshold: 0, EvaluationPeriods: 1, Period: 60}
    NoLink: {MetricName: AuroraGlobalDBReplicationLag, Threshold: 1, EvaluationPeriods: 1, Period: 60}
    Typo: {PromQL: no_such_metric, ComparisonOperator: GreaterThanThreshold, Threshold: 1, EvaluationPeriods: 1, Period: 60}
    Recorded: {PromQL: "a:b", ComparisonOperator: GreaterThanThreshold, Threshold: 1, EvaluationPeriods: 1, Period: 60}

    """

  private func files(_ alarms: String, _ more: String = "") throws -> (TemporaryDirectory, String) {
    let directory = try TemporaryDirectory("farwatch-alarms")
    try directory.write("alarms.yml", alarms)
    try directory.write("rules.yml", "groups: [{name: g, rules: [{record: 'a:b', expr: probe_success}]}]\n")
    let file = try directory.write(
      "farwatch.yml",
      """
      regions: {r: {}}
      health: {checks: [{name: web, region: r, http: {url: "http://127.0.0.1:1/"}}]}
      rule_files: [rules.yml]
      alarms: [alarms.yml]
      topics: {pager: {subscriptions: [{protocol: http, endpoint: "http://127.0.0.1:1/"}]}}
      \(more)
      """)
    return (directory, file)
  }

  @Test func alarmsThatNeverHaveDataAreNamed() throws {
    let (directory, file) = try files(alarms)
    let report = ConfigurationCheck.run(file)
    #expect(report.problems == [])
    let deaf = report.warnings.filter { $0.contains("will never have data") }
    #expect(deaf.count == 3, "\(report.warnings)")
    for (line, name) in [(1, "Unknown"), (3, "NoLink"), (4, "Typo")] {
      #expect(
        deaf.contains {
          $0.hasPrefix("\(directory.file("alarms.yml")):\(line):") && $0.contains("alarm \"\(name)\" will")
        }, "\(deaf)")
    }
  }

  @Test func alarmFilesAreCheckedAgainstAConfiguration() throws {
    let (directory, file) = try files(alarms)
    let other = try directory.write(
      "other.yml",
      "A: {MetricName: BackupAge, Threshold: 1, EvaluationPeriods: 1, Period: 60, AlarmActions: [!Ref pagr]}\n"
    )
    #expect(AlarmFileCheck.run([other]).problems == [])
    let report = AlarmFileCheck.run([other], configuration: file)
    #expect(report.problems.count == 1 && report.problems[0].contains("did you mean \"pager\"?"))
    let same = AlarmFileCheck.run([directory.file("alarms.yml")], configuration: file)
    #expect(same.problems == [] && same.warnings.count == 3 && same.summary.hasSuffix("good: 5 alarms"))
  }
}
