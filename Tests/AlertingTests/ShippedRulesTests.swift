import Alerting
import Foundation
import Model
import StrictYAML
import Testing

/// The shipped rules' unit tests, which promtool has passed, once more with our own engine: the same alerts with the
/// same labels and texts at the same moments.
@Test func ourEngineAgreesWithPromtoolAboutTheShippedRules() throws {
  let names = try FileManager.default.contentsOfDirectory(atPath: rulesFolder.path).sorted()
  var compared = 0
  for name in names where name.hasSuffix("_test.yml") {
    let path = rulesFolder.appendingPathComponent(name).path
    let problems = Problems(file: name)
    let text = try #require(YAML.text(ofFile: path, problems))
    let file = YAML.read(text, as: .mapping(UnitTestFile.init), problems)
    try problems.throwIfAny()
    let groups = try RuleFile.load(file.ruleFiles.map { rulesFolder.appendingPathComponent($0).path }).groups
    for test in file.tests { compared += test.run(groups) }
  }
  #expect(compared > 20)
}

private struct UnitTestFile {
  var ruleFiles: [String]
  var interval: Duration
  var tests: [UnitTest]

  init(_ m: MappingReader) {
    ruleFiles = m.required("rule_files", .list(.string))
    interval = m.required("evaluation_interval", .duration)
    tests = m.required("tests", .list(.mapping(UnitTest.init)))
  }
}

private struct UnitTest {
  var name: String
  var interval: Duration
  var externalURL: String
  var series: [(labels: Labels, values: [Double?])]
  var checks: [Check]

  struct Check {
    var time: Duration
    var alert: String
    var expected: [(labels: Labels, annotations: Labels)]

    init(_ m: MappingReader) {
      time = m.required("eval_time", .duration)
      alert = m.required("alertname", .string)
      expected = m.required(
        "exp_alerts",
        .list(
          .mapping { m in
            (
              Labels(m.optional("exp_labels", .map(.string)) ?? [:]),
              Labels(m.optional("exp_annotations", .map(.string)) ?? [:])
            )
          }))
    }
  }

  init(_ m: MappingReader) {
    name = m.required("name", .string)
    interval = m.required("interval", .duration)
    externalURL = m.required("external_url", .string)
    series = m.required(
      "input_series",
      .list(
        .mapping { m in
          (seriesLabels(m.required("series", .string)), seriesValues(m.required("values", .string)))
        }))
    // What recording rules give is judged by `farwatch test rules` and promtool.
    m.allow("promql_expr_test")
    checks = m.optional("alert_rule_test", .list(.mapping(Check.init))) ?? []
  }

  /// Returns how many checks were made.
  func run(_ groups: [RuleGroup]) -> Int {
    let store = MemoryStore()
    var settings = RuleSettings()
    settings.externalURL = externalURL
    let engine = RuleEngine(
      groups: groups, settings: settings, reader: store, appender: store, clock: StoppedClock(), restoring: []
    )
    let last = checks.map(\.time).max() ?? .zero
    var step = 0
    while interval * step <= last {
      let time = Timestamp(milliseconds: (interval * step).milliseconds)
      for (labels, values) in series where step < values.count {
        guard let value = values[step],
          let id = store.series(.gauge(labels.metricName ?? "", ""), labels.withoutMetricName)
        else { continue }
        store.append(value, at: time, to: id)
        engine.seriesChanged(id)
      }
      _ = engine.run(now: time, monotonic: MonotonicInstant(nanoseconds: (interval * step).nanoseconds))
      for check in checks where check.time == interval * step {
        let firing = engine.snapshot().alerts.filter {
          $0.state == .firing && $0.labels["alertname"] == check.alert
        }
        let ours = Set(firing.map { "\($0.labels.dropping(["alertname"])) \($0.annotations)" })
        let theirs = Set(check.expected.map { "\($0.labels) \($0.annotations)" })
        #expect(ours == theirs, "\(name), \(check.alert) at \(check.time)")
      }
      let failed = engine.snapshot().groups.flatMap(\.rules).filter { $0.health == .err }
      #expect(failed.isEmpty, "\(name): \(failed.map { "\($0.name): \($0.lastError ?? "")" })")
      step += 1
    }
    return checks.count
  }
}

/// `name{a="b", c="d"}`; values without quotes or commas.
private func seriesLabels(_ text: String) -> Labels {
  let parts = text.split(separator: "{", maxSplits: 1)
  var labels = [Label(Labels.metricNameLabel, trim(parts[0]))]
  if parts.count > 1 {
    for pair in parts[1].dropLast().split(separator: ",") {
      let sides = pair.split(separator: "=", maxSplits: 1)
      labels.append(Label(trim(sides[0]), String(trim(sides[1]).dropFirst().dropLast())))
    }
  }
  return Labels(labels)
}

private func trim(_ text: Substring) -> String { text.trimmingCharacters(in: .whitespaces) }

/// promtool's notation as far as the shipped tests use it: `5`, `_`, `axn`, `a+bxn`.
private func seriesValues(_ text: String) -> [Double?] {
  text.split(separator: " ").flatMap { item -> [Double?] in
    if item == "_" { return [nil] }
    guard let cross = item.firstIndex(of: "x") else { return [Double(item)] }
    let count = Int(item[item.index(after: cross)...]) ?? 0
    let numbers = item[..<cross].split(separator: "+").map { Double($0) ?? .nan }
    return (0...count).map { numbers[0] + Double($0) * (numbers.count > 1 ? numbers[1] : 0) }
  }
}
