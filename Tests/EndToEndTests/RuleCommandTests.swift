import FarwatchTesting
import Foundation
import Testing

/// `farwatch check rules` and `farwatch test rules` as a person sees them.
@Suite struct RuleCommandTests {
  private func farwatch(_ arguments: [String], in directory: TemporaryDirectory) async throws
    -> (exit: ChildProcess.Exit, lines: [String])
  {
    let child = try ChildProcess([FarwatchProcess.binary] + arguments, directory: directory.path)
    let exit = try await child.wait(timeout: .seconds(20))
    return (exit, child.output.split(separator: "\n").map(String.init))
  }

  private func directory() throws -> TemporaryDirectory {
    let directory = try TemporaryDirectory("farwatch-rules")
    try directory.write(
      "rules.yml",
      "groups:\n- name: g\n  rules:\n  - {alert: Down, expr: 'farwatch_region_state{state=\"down\"} == 1'}\n"
        + "  - {alert: Odd, expr: x > 5 < 3}\n")
    try directory.write(
      "good.yml",
      """
      rule_files: [rules.yml]
      tests:
      - name: nothing is down
        alert_rule_test: [{eval_time: 1m, alertname: Down}]

      """)
    try directory.write(
      "bad.yml",
      """
      rule_files: [rules.yml]
      tests:
      - name: something is down
        alert_rule_test:
        - {eval_time: 1m, alertname: Down, exp_alerts: [{exp_labels: {region: japan}}]}

      """)
    return directory
  }

  @Test func testsAreCountedAndFailuresHaveTheirPlace() async throws {
    let directory = try directory()
    let good = try await farwatch(["test", "rules", "good.yml"], in: directory)
    #expect(good.exit == .code(0) && good.lines == ["good.yml: good: 1 test", "1 passed, 0 failed"])
    let both = try await farwatch(
      ["test", "rules", "--junit", "out.xml", "good.yml", "bad.yml", "none.yml"], in: directory)
    #expect(both.exit == .code(1))
    #expect(
      both.lines == [
        "good.yml: good: 1 test", "bad.yml:5:5: test \"something is down\": alert Down at 1m",
        "    expected 1 firing:", "      {region=\"japan\"}", "    got no firing alert",
        "bad.yml: 1 of 1 test failed",
        "none.yml: cannot open: No such file or directory", "1 passed, 1 failed, 1 file in error",
      ])
    let report = try String(contentsOfFile: directory.file("out.xml"), encoding: .utf8)
    #expect(report.contains("<testcase name=\"something is down\"") && report.contains("<failure"))
    let none = try await farwatch(
      ["test", "rules", "--run", "nothing is", "good.yml", "bad.yml"], in: directory)
    #expect(none.exit == .code(0) && none.lines.last == "1 passed, 0 failed")
    #expect(try await farwatch(["test", "rules", "--run", "(", "good.yml"], in: directory).exit == .code(2))
    #expect(try await farwatch(["test", "rules"], in: directory).exit == .code(2))
  }

  @Test func lintsAreHintsUnlessTheyAreNamed() async throws {
    let directory = try directory()
    let hint = try await farwatch(["check", "rules", "--lint-fatal", "rules.yml"], in: directory)
    #expect(
      hint.exit == .code(0) && hint.lines.contains { $0.hasPrefix("warning: rules.yml:5:1: rule Odd: never") }
    )
    let fatal = try await farwatch(
      ["check", "rules", "--lint", "never-true", "--lint-fatal", "rules.yml"], in: directory)
    #expect(fatal.exit == .code(3))
    let none = try await farwatch(["check", "rules", "--lint", "none", "rules.yml"], in: directory)
    #expect(none.exit == .code(0) && none.lines == ["rules.yml: good: 1 group, 2 rules"])
    try directory.write("farwatch.yml", "regions: {r: {}}\n")
    let series = try await farwatch(
      ["check", "rules", "--config", "farwatch.yml", "--lint=no-series", "rules.yml"], in: directory)
    #expect(series.exit == .code(0))
    #expect(
      series.lines.filter { $0.contains("no series") }.count == 1
        && series.lines.contains { $0.contains("`x`") })
  }

  @Test func standardInputIsReadWhenThereIsNoFile() async throws {
    let directory = try directory()
    for arguments in ["", "-", "- rules.yml"] {
      let shell = "\(FarwatchProcess.binary) check rules --lint=none \(arguments) < rules.yml"
      let child = try ChildProcess(["sh", "-c", shell], directory: directory.path)
      #expect(try await child.wait() == .code(0))
      #expect(child.output.hasPrefix("standard input: good: 1 group, 2 rules\n"), "\(child.output)")
    }
    let bad = try ChildProcess(["sh", "-c", "echo 'groups: 5' | \(FarwatchProcess.binary) check rules"])
    #expect(try await bad.wait() == .code(1))
    #expect(bad.output == "standard input:1:9: expected a list, found the number 5\n")
  }

  @Test(arguments: [
    ("check rules --lint=none <(cat rules.yml)", 0), ("check rules /dev/null", 0),
    ("test rules <(cat good.yml)", 0), ("test promql <(printf 'eval instant at 0 1\\n  1')", 0),
    ("check rules .", 1), ("check rules <(echo 5)", 1), ("check rules --lint=none rules.yml rules.yml", 0),
    ("check rules --lint=typo rules.yml", 0), ("check rules --lint=typo --lint-fatal rules.yml", 1),
  ])
  func aPipeIsAFile(_ arguments: String, code: Int32) async throws {
    let directory = try directory()
    let child = try ChildProcess(
      ["bash", "-c", "\(FarwatchProcess.binary) \(arguments)"], directory: directory.path)
    #expect(try await child.wait() == .code(code), "\(child.output)")
    #expect(!child.output.contains(":1:1: is"))
    #expect(child.output.contains("named twice") == arguments.hasSuffix("rules.yml rules.yml"))
  }

  @Test func configurationNamesFilesAsTheyAreWritten() async throws {
    let directory = try directory()
    try directory.write("wrong.yml", "groups: 5\n")
    try directory.write("farwatch.yml", "regions: {r: {}}\nrule_files: [wrong.yml]\n")
    let report = try await farwatch(["check", "config", "farwatch.yml"], in: directory)
    #expect(report.lines == ["wrong.yml:1:9: expected a list, found the number 5"])
  }
}
