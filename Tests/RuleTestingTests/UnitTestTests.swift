import Foundation
import RegularExpressions
import RuleTesting
import StrictYAML
import Testing

/// Unit test files in a folder of their own.
private final class Folder {
  let url = FileManager.default.temporaryDirectory.appendingPathComponent("farwatch-\(UUID().uuidString)")

  init(_ files: [String: String]) throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    for (name, text) in files { try Data(text.utf8).write(to: url.appendingPathComponent(name)) }
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func run(_ name: String, _ options: UnitTests.Options = .init()) -> UnitTestFileResult {
    UnitTests.run(url.appendingPathComponent(name).path, options)
  }
}

private let rules = """
  groups:
  - name: g
    rules:
    - {alert: Down, expr: up == 0, for: 2m, annotations: {summary: "{{ $labels.a }} is down", more: same}}

  """

private let tests = """
  rule_files: [rules.yml]
  evaluation_interval: 1m
  tests:
  - name: two are down
    interval: 1m
    input_series:
    - {series: 'up{a="1"}', values: '0x9'}
    - {series: 'up{a="2"}', values: '1 0x9'}
    alert_rule_test:
    - eval_time: 2m
      alertname: Down
      exp_alerts:
      - {exp_labels: {a: "1"}, exp_annotations: {summary: nonsense, more: same}}
      - {exp_labels: {a: "3"}}
  - name: an expression
    interval: 1m
    promql_expr_test:
    - {expr: vector(2), eval_time: 1m, exp_samples: [{labels: '{}', value: 1}]}
  - interval: 1m

  """

@Suite struct UnitTestTests {
  private func folder() throws -> Folder { try Folder(["rules.yml": rules, "tests.yml": tests]) }

  @Test func aFailureSaysWhatWasExpectedAndWhatCame() throws {
    let result = try folder().run("tests.yml")
    #expect(result.problems == [] && !result.hasPassed)
    #expect(result.tests.map(\.name) == ["two are down", "an expression", "unnamed#2"])
    let alert = try #require(result.tests[0].failures.first)
    #expect(alert.position == .init(line: 10, column: 5) && alert.what == "alert Down at 2m")
    #expect(
      alert.details == [
        "expected 2 firing:", "  {a=\"1\"}", "    more: \"same\"", "    summary: \"nonsense\"", "  {a=\"3\"}",
        "got 1 firing:", "  {a=\"1\"}", "    more: \"same\"", "    summary: \"1 is down\"",
        "1 pending, since 1m",
      ])
    let expression = try #require(result.tests[1].failures.first)
    #expect(expression.position.line == 18 && expression.what == "expression \"vector(2)\" at 1m")
    #expect(expression.details == ["expected 1:", "  {} 1", "got 1:", "  {} 2"])
    #expect(result.tests[2].failures == [])
  }

  /// A rule that records histograms, and one that reads what it recorded.
  @Test func recordedHistogramsAreReadBack() throws {
    let folder = try Folder([
      "rules.yml": """
      groups:
      - name: g
        rules:
        - {record: "job:latency:sum", expr: sum(latency)}
        - {record: "job:latency:count", expr: "histogram_count(job:latency:sum)"}

      """,
      "tests.yml": """
      rule_files: [rules.yml]
      evaluation_interval: 1m
      tests:
      - interval: 1m
        input_series:
        - {series: 'latency{a="1"}', values: '{{schema:0 sum:3 count:4 buckets:[1 2 1]}}x3'}
        - {series: 'latency{a="2"}', values: '{{schema:0 sum:1 count:2 buckets:[2]}}x3 1'}
        promql_expr_test:
        - expr: job:latency:sum
          eval_time: 2m
          exp_samples:
          - labels: job:latency:sum
            histogram: '{{schema:0 sum:4 count:6 counter_reset_hint:not_reset buckets:[3 2 1]}}'
        - {expr: "job:latency:count", eval_time: 2m, exp_samples: [{labels: 'job:latency:count', value: 6}]}

      """,
    ])
    let result = folder.run("tests.yml")
    #expect(
      result.problems == [] && result.hasPassed, "\(result.tests.flatMap(\.failures).flatMap(\.details))")
  }

  @Test func differencesLeaveOutWhatIsEqual() throws {
    var options = UnitTests.Options()
    options.showsDifferences = true
    let result = try folder().run("tests.yml", options)
    #expect(
      result.tests[0].failures[0].details == [
        "  {a=\"1\"}", "-   summary: \"nonsense\"", "+   summary: \"1 is down\"", "- {a=\"3\"}",
        "1 pending, since 1m",
      ])
    #expect(result.tests[1].failures[0].details == ["- {} 1", "+ {} 2"])
  }

  @Test func onlyTheTestsThatAreAskedForAreRun() throws {
    let folder = try folder()
    func names(_ patterns: String...) throws -> [String] {
      var options = UnitTests.Options()
      options.run = try patterns.map { try RegularExpression($0, anchoring: .unanchored) }
      return folder.run("tests.yml", options).tests.map(\.name)
    }
    #expect(try names("expr") == ["an expression"])
    #expect(try names("^two", "sion$") == ["two are down", "an expression"])
    #expect(try names("nothing") == [])
  }

  @Test func junitIsWellFormed() throws {
    let folder = try Folder([
      "rules.yml": rules,
      "a<b>&\".yml": tests.replacingOccurrences(of: "two are down", with: "a <b> & \\u0001"),
      "broken.yml": "tests: 5\n",
    ])
    let xml = JUnitReport.xml(
      [folder.run("a<b>&\".yml"), folder.run("broken.yml")], time: "2026-01-02T03:04:05")
    try Data(xml.utf8).write(to: folder.url.appendingPathComponent("report.xml"))
    let lint = Process()
    lint.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
    lint.arguments = [
      "-c",
      """
      import sys, xml.etree.ElementTree as t
      r = t.parse(sys.argv[1]).getroot()
      print([(s.get("tests"), s.get("failures"), s.get("errors"), len(s.findall("testcase"))) for s in r])
      print(r[0].get("name").endswith('a<b>&".yml'), len(r[0][0].findall("failure")))
      """, folder.url.appendingPathComponent("report.xml").path,
    ]
    let pipe = Pipe()
    lint.standardOutput = pipe
    try lint.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    #expect(output == "[('3', '2', '0', 3), ('0', '0', '1', 0)]\nTrue 1\n", "\(xml)")
  }

  @Test func everyProblemOfAFileHasItsPlace() throws {
    let folder = try Folder([
      "tests.yml": """
      rule_file: [rules.yml]
      evaluation_interval: 1 minute
      tests:
      - name: a
        promql_expr_test:
        - {expr: up, eval_time: soon, exp_samples: [{value: "1"}]}

      """
    ])
    let result = folder.run("tests.yml")
    let places = result.problems.map { $0.replacingOccurrences(of: folder.url.path + "/", with: "") }
    #expect(
      places.map { $0.prefix { $0 != " " } } == [
        "tests.yml:1:1:", "tests.yml:2:22:", "tests.yml:6:27:", "tests.yml:6:55:",
      ])
    #expect(places[0].contains("did you mean `rule_files`?"))
    #expect(!result.hasPassed)
  }

  @Test func aTestThatWouldNeverEndIsRefused() throws {
    let folder = try Folder([
      "tests.yml": """
      evaluation_interval: 1ms
      tests:
      - {name: long, interval: 1m, promql_expr_test: [{expr: "1", eval_time: 290y}]}

      """
    ])
    let result = folder.run("tests.yml")
    #expect(result.tests[0].failures.map(\.what) == ["needs more than 1000000 evaluations of its rules"])
  }

  @Test func fieldsThatPrometheusDoesNotKnowCanBePassedOver() throws {
    let folder = try Folder([
      "rules.yml": rules.replacingOccurrences(of: "alert: Down,", with: "alert: Down, owner: me,"),
      "tests.yml": "rule_files: [rules.yml]\ntests: [{name: a}]\n",
    ])
    #expect(folder.run("tests.yml").problems.count == 1)
    var options = UnitTests.Options()
    options.ignoresUnknownFields = true
    #expect(folder.run("tests.yml", options).hasPassed)
  }
}
