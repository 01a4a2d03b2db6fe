import Alerting
import Model
import StrictYAML
import Testing

private func problems(_ text: String) -> [String] {
  let problems = Problems(file: "r.yml")
  _ = RuleFile.read(text, file: "r.yml", problems)
  return problems.list.map(\.description)
}

@Test func readsEverything() {
  let problems = Problems(file: "r.yml")
  let loaded = RuleFile.read(
    """
    groups:
      - name: g
        interval: 30s
        query_offset: 1m
        limit: 10
        labels: {team: a, tier: 1}
        rules:
          - alert: A
            expr: |
              up
                ==0
            for: 5m
            keep_firing_for: 1m
            labels: {tier: 2, empty: }
            annotations: {summary: "{{ $labels.x }}"}
          - record: job:up
            expr: up
            labels: {a: "{{ not a template"}
      - name: h
    """, file: "r.yml", problems)
  #expect(problems.list == [] && loaded.warnings == [])
  let group = loaded.groups[0]
  #expect(group.interval == .seconds(30) && group.queryOffset == .seconds(60) && group.limit == 10)
  let alert = group.rules[0]
  #expect(alert.kind == .alerting(.init(hold: .seconds(300), keepFiring: .seconds(60))))
  #expect(alert.name == "A" && alert.expressionText == "up == 0" && alert.line == 8)
  #expect(
    alert.labels.map(\.name) == ["empty", "team", "tier"] && alert.labels.map(\.text) == ["", "a", "2"])
  #expect(alert.annotationTexts == ["summary": "{{ $labels.x }}"])
  #expect(group.rules[1].kind == .recording && group.rules[1].labelTexts["a"] == "{{ not a template")
  #expect(loaded.groups[1].rules.isEmpty && loaded.groups[1].interval == nil)
}

@Test func tellsEverythingThatIsWrongAtOnce() {
  let found = problems(
    """
    groups:
      - name: g
        intervall: 5s
        rules:
          - alert: A
            expr: up ==
            fro: 5m
          - record: "a{b}"
            expr: up
            for: 1m
            keep_firing_for: 1m
            annotations: {a: b}
          - record: x
            alert: y
            expr: up
          - expr: up
          - alert: B
          - alert: C
            expr: ""
            labels: {__name__: a, b: "{{ $labels"}
            annotations: {c: "{{"}
      - name: g
      - rules: 5
    groups: []
    """)
  let expected = [
    "r.yml:3:5: unknown key `intervall`; did you mean `interval`?",
    "r.yml:6:", "r.yml:7:9: unknown key `fro`; did you mean `for`?", "r.yml:8:17: a recorded metric's name",
    "r.yml:10:14: a recording rule cannot have `for`",
    "r.yml:11:26: a recording rule cannot have `keep_firing_for`",
    "r.yml:12:22: a recording rule cannot have annotations", "r.yml:14:16: only one of `record` and `alert`",
    "r.yml:16:9: one of `record` or `alert` must be set", "r.yml:17:9: missing `expr`",
    "r.yml:19:15: `expr` must not be empty", "r.yml:20:18: invalid label name \"__name__\"",
    "r.yml:20:", "r.yml:21:",
    "r.yml:22:11: group name \"g\" is repeated in this file; the first is on line 2",
    "r.yml:23:5: missing key `name`",
    "r.yml:23:12: expected a list, found the number 5", "r.yml:24:1: duplicate key `groups`",
  ]
  #expect(found.count == expected.count)
  for (one, prefix) in zip(found, expected) { #expect(one.hasPrefix(prefix), "\(one) | \(prefix)") }
}

@Test(arguments: [
  ("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up ==", "r.yml:5:16:"),
  ("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: 'up =='", "r.yml:5:17:"),
  ("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: |\n      up ==", "r.yml:6:12:"),
  ("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: >\n      up ==", "r.yml:5:11:"),
])
func pointsIntoTheExpression(text: String, place: String) {
  let found = problems(text)
  #expect(found.count == 1 && found.first?.hasPrefix(place) == true, "\(found)")
}

@Test func warnsOfDuplicates() {
  let problems = Problems(file: "r.yml")
  let loaded = RuleFile.read(
    """
    groups:
      - name: g
        rules:
          - {alert: A, expr: up}
          - {alert: A, expr: down}
          - {alert: A, expr: up, labels: {a: b}}
    """, file: "r.yml", problems)
  #expect(problems.isEmpty)
  #expect(
    loaded.warnings.map(\.description) == [
      "r.yml:5:9: rule `A` has the name and labels of the rule on line 4"
    ])
}

@Test func filesAreToldTogether() {
  let error = #expect(throws: YAMLProblems.self) {
    try RuleFile.load(["/nonexistent/a.yml", "/nonexistent/b.yml"])
  }
  #expect(error?.list.map(\.file) == ["/nonexistent/a.yml", "/nonexistent/b.yml"])
}

@Test func mutatedRuleFilesNeverCrash() {
  let seed = UInt64.random(in: .min ... .max)
  var random = Noise(state: seed)
  let base = Array(
    """
    groups:
      - name: g
        limit: 1
        rules:
          - alert: A
            expr: sum by (a) (rate(up{b=~"c.*"}[5m])) > 0 and on (x) y
            labels: {tier: "{{ $labels.a | printf \\"%q\\" }}"}
            annotations: {c: "{{ if gt $value 1.0 }}{{ range query \\"up\\" }}.{{ end }}{{ end }}"}
          - record: "a:b"
            expr: |
              up + 1

    """.utf8)
  let spice = Array("[]{}:,-?&*!|>'\"%@`#\n\t \\<~$()=".utf8)
  for _ in 0..<1500 {
    var bytes = base
    for _ in 0..<Int.random(in: 1...6, using: &random) {
      let place = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<3, using: &random) {
      case 0: bytes[place] = spice.randomElement(using: &random) ?? 0
      case 1: bytes.insert(spice.randomElement(using: &random) ?? 0, at: place)
      default: if bytes.count > 1 { bytes.remove(at: place) }
      }
    }
    let found = Problems(file: "f.yml")
    _ = RuleFile.read(String(decoding: bytes, as: UTF8.self), file: "f.yml", found)
    for problem in found.list { #expect(problem.line >= 1 && problem.column >= 1, "seed \(seed)") }
  }
}

/// SplitMix64.
struct Noise: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
