import Alerting
import Foundation
import Model
import StrictYAML
import Testing

/// Prometheus' own tool, when it is installed.
enum Promtool {
  static let path = ["/usr/bin/promtool", "/usr/local/bin/promtool", "/bin/promtool"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  /// Exit code and everything it said.
  static func run(_ arguments: [String], in directory: URL) throws -> (code: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path ?? "/nonexistent")
    process.arguments = arguments
    process.currentDirectoryURL = directory
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}

/// The shipped rules.
let rulesFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().appendingPathComponent("rules")

private func group(_ rest: String) -> String { "groups:\n- name: g\n" + rest }
private func rule(_ text: String) -> String { "groups:\n- name: g\n  rules:\n  - \(text)\n" }

@Suite(.enabled(if: Promtool.path != nil, "promtool is not installed"))
struct PromtoolTests {
  static let files = [
    "", "# only this\n", "groups:\n", "groups: []\n", "groups: 5\n", "group: []\n", "- a\n", "groups:\n- 5\n",
    "groups:\n- name: a\n- name: a\n", "groups:\n- name: a\n- name: b\n", "groups:\n- rules: []\n",
    "groups:\n- name: ''\n", "groups: [{name: a}, {name: a}]\n", "groups: [}\n", "groups: [\n",
    group("  interval: 30s\n"), group("  interval: 30\n"), group("  interval: 1h30m\n"),
    group("  interval: 30m1h\n"),
    group("  interval: -1m\n"), group("  interval: ''\n"), group("  interval: 0s\n"), group("  limit: 10\n"),
    group("  limit: ten\n"), group("  foo: bar\n"), group("  rules: 5\n"),
    group("  name: h\n"), group("  rules: [[]]\n"),
    rule("{alert: a, expr: up}"), rule("{alert: a, expr: 5}"), rule("{alert: a, expr: '5'}"),
    rule("{alert: 'a b', expr: up}"), rule("{record: a, expr: up}"), rule("{record: 'a:b', expr: up}"),
    rule("{record: 'a{b=\"c\"}', expr: up}"), rule("{record: a, alert: b, expr: up}"), rule("{expr: up}"),
    rule("{alert: a}"), rule("{record: a}"), rule("{alert: a, expr: ''}"), rule("{alert: a, expr: up ==}"),
    rule("{alert: a, expr: 'up{'}"), rule("{alert: a, expr: 'rate(up)'}"),
    rule("{alert: a, expr: 'sum(up) by (a) > 0 and on (b) c'}"), rule("{alert: a, expr: 'nope(up)'}"),
    rule("{alert: a, expr: 'up == 0', for: 5m}"),
    rule("{alert: a, expr: up, for: 5}"), rule("{alert: a, expr: up, for: [5m]}"),
    rule("{alert: a, expr: up, keep_firing_for: 5m}"), rule("{record: a, expr: up, for: 5m}"),
    rule("{record: a, expr: up, for: 0s}"), rule("{record: a, expr: up, keep_firing_for: 5m}"),
    rule("{record: a, expr: up, annotations: {a: b}}"), rule("{record: a, expr: up, annotations: {}}"),
    rule("{record: a, expr: up, labels: {a: b}}"), rule("{record: a, expr: up, labels: {a: '{{ nope'}}"),
    rule("{alert: a, expr: up, labels: {a: b}}"), rule("{alert: a, expr: up, labels: {a: 5, b: true}}"),
    rule("{alert: a, expr: up, labels: {a: }}"), rule("{alert: a, expr: up, labels: [a]}"),
    rule("{alert: a, expr: up, labels: {a: [b]}}"), rule("{alert: a, expr: up, labels: {__name__: a}}"),
    rule("{alert: a, expr: up, labels: {'': a}}"), rule("{alert: a, expr: up, annotations: {'': a}}"),
    rule("{alert: a, expr: up, annotations: {a: '{{ $labels.x }} {{ $value }}'}}"),
    rule("{alert: a, expr: up, annotations: {a: '{{ $labels'}}"),
    rule("{alert: a, expr: up, annotations: {a: '{{ $nope }}'}}"),
    rule("{alert: a, expr: up, annotations: {a: '{{ nope 5 }}'}}"),
    rule("{alert: a, expr: up, annotations: {a: '{{ if $value }}'}}"),
    rule("{alert: a, expr: up, labels: {a: '{{ end }}'}}"),
    rule("{alert: a, expr: up, unknown: 1}"), rule("{alert: a, expr: up, alert: b}"),
    rule("{alert: a, expr: up}\n  - {alert: a, expr: up}"),
    "groups: &g\n- name: a\n  rules: [&r {alert: a, expr: up}]\n- name: b\n  rules: [*r]\n",
    "groups:\n- name: a\n  rules: [{<<: {alert: a}, expr: up}]\n", "groups: *nobody\n",
    "groups:\n\t- name: a\n",
  ]

  @Test func theSameVerdictAsPromtool() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "farwatch-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for text in Self.files {
      try Data(text.utf8).write(to: folder.appendingPathComponent("r.yml"))
      let theirs = try Promtool.run(["check", "rules", "r.yml"], in: folder)
      let problems = Problems(file: "r.yml")
      let loaded = RuleFile.read(text, file: "r.yml", problems)
      #expect(
        problems.isEmpty == (theirs.code == 0), "\(text)\nours: \(problems.list)\npromtool: \(theirs.output)")
      if theirs.code == 0 {
        #expect(loaded.warnings.isEmpty == !theirs.output.contains("duplicate"), "\(text)\n\(theirs.output)")
      }
    }
  }

  /// What promtool takes without a word we take with a warning, or leave to fail where Prometheus lets it fail.
  @Test func whatPromtoolCutsIsCut() throws {
    for (text, warnings) in [
      (group("  limit: 1.5\n"), 0), (rule("{alert: a, expr: 'up[5m]'}"), 0),
      ("groups: []\n---\nnot: read\n", 1),
    ] {
      let problems = Problems(file: "r.yml")
      let loaded = RuleFile.read(text, file: "r.yml", problems)
      #expect(problems.isEmpty && loaded.warnings.count == warnings, "\(text)")
    }
  }

  /// Every shipped file has unit tests, and Prometheus agrees with them.
  @Test func shippedRulesPassTheirOwnTests() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: rulesFolder.path).sorted()
    let rules = names.filter { $0.hasSuffix(".yml") && !$0.hasSuffix("_test.yml") }
    let tests = names.filter { $0.hasSuffix("_test.yml") }
    #expect(!rules.isEmpty && tests == rules.map { $0.dropLast(4) + "_test.yml" })
    let checked = try Promtool.run(["check", "rules"] + rules, in: rulesFolder)
    #expect(checked.code == 0 && !checked.output.contains("duplicate"), "\(checked.output)")
    let tested = try Promtool.run(["test", "rules"] + tests, in: rulesFolder)
    #expect(tested.code == 0, "\(tested.output)")
  }
}

@Test func shippedRulesLoad() throws {
  let names = try FileManager.default.contentsOfDirectory(atPath: rulesFolder.path).sorted()
  let files = names.filter { $0.hasSuffix(".yml") && !$0.hasSuffix("_test.yml") }
  let loaded = try RuleFile.load(files.map { rulesFolder.appendingPathComponent($0).path })
  #expect(loaded.warnings == [] && !loaded.groups.isEmpty)
  for rule in loaded.groups.flatMap(\.rules) where rule.kind != .recording {
    let labels = rule.labelTexts
    #expect(["page", "warn"].contains(labels["severity"]), "\(rule.name)")
    for name in ["summary", "description", "runbook_url"] {
      #expect(rule.annotationTexts[name] != nil, "\(rule.name) has no \(name)")
    }
  }
}
