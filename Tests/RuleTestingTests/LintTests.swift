import Alerting
import Model
import RuleTesting
import StrictYAML
import Testing

private func findings(
  _ rules: String, group: String = "", _ lints: [String]? = nil, _ context: LintContext = LintContext()
) -> [LintFinding] {
  let problems = Problems(file: "r.yml")
  let text =
    "groups:\n- name: g\n\(group)  rules:\n" + rules.split(separator: "\n").map { "  - \($0)\n" }.joined()
  let loaded = RuleFile.read(text, file: "r.yml", problems)
  #expect(problems.isEmpty, "\(problems.list)")
  let chosen = Lint.all.filter { lints?.contains($0.name) ?? $0.isDefault }
  return Lint.findings(in: loaded.groups, by: chosen, context)
}

private func neverTrue(_ expression: String) -> [LintFinding] {
  findings("{record: r, expr: '\(expression)'}", ["never-true"])
}

@Suite struct NeverTrueTests {
  @Test(arguments: [
    "x > 5 < 3", "3 > x > 5", "x == 1 == 2", "vector(1) == 2", "vector(1) != 1", "vector(2) < vector(1)",
    "absent(x) and x", "x and absent(x)", "absent(x) * on () x", "absent(x) and x{a=\"1\"}",
    "absent_over_time(x[5m]) and on () rate(x[5m])", "x{a=\"1\",a=\"2\"}", "x{a=\"1\",a!=\"1\"}",
    "x{a=\"1\",a=~\"2.*\"}", "rate(x{a=\"1\",a=\"2\"}[5m]) > 0", "count(x) < 0", "count(x) == 0",
    "count(x) < 1",
    "rate(x[5m]) < 0", "sum(rate(x[5m])) < 0", "rate(x[5m]) * 8 < 0", "x unless x", "x > 5 unless x",
    "x > 5 unless x > 3", "x unless on (a) x", "sum by (a) (x) > 1 and y{b=\"1\"}", "sum(x) and y{b=\"1\"}",
    "x{a=\"1\"} and y{a=\"2\"}", "x{a=\"1\"} * y{a=\"2\"}", "x{a=\"1\"} > on (a) y{a=\"2\"}",
    "x > 5 and x < 3",
    "(x > 5) and (x < 3)", "hour() > 23", "day_of_week() == 7", "minute() < 0", "abs(x) < 0", "abs(x) == -1",
    "clamp_max(x, 5) > 6", "clamp(x, 1, 2) == 3", "sgn(x) > 1", "changes(x[5m]) < 0", "stddev(x) < 0",
    "max(x > 5) < 4", "sum(count by (a) (x)) == 0", "min_over_time((x > 5)[5m:1m]) < 5",
    "(x > 5 < 3) or (y < 1 > 2)",
    "quantile(0.5, x > 5) < 4", "-abs(x) > 0", "scalar(vector(1)) < vector(0)", "group(x) == 0", "x > Inf",
    "x or (y > 5 < 3)",
  ])
  func isFound(_ expression: String) { #expect(neverTrue(expression).count == 1, "\(expression)") }

  /// Each of them can hold, however odd it looks: a claim would be a lie.
  @Test(arguments: [
    "x > 5", "x > 3 < 5", "x >= 5 <= 5", "x == 5 == 5", "vector(1) == 1", "vector(NaN) != NaN",
    "NaN != vector(NaN)", "scalar(x) != vector(1)",
    "absent(x) and y",
    "absent(x) or x", "absent(x{a=\"1\"}) and x", "absent(x offset 5m) and x", "absent(x) and x offset 5m",
    "absent(x) and last_over_time(x[1h])", "absent(sum(x) > 5) and x", "x unless y", "x unless x > 5",
    "x > 3 unless x > 5", "x unless x{a=\"1\"}", "x unless x offset 5m", "count(x) >= 1", "count(x) > 0",
    "rate(x[5m]) == 0",
    "delta(x[5m]) < 0", "deriv(x[5m]) < 0", "rate(x[5m]) - rate(y[5m]) < 0", "sum(x) < 0",
    "x{a=\"1\"} and on () y{a=\"2\"}",
    "x{a=\"1\"} and ignoring (a) y{a=\"2\"}", "x{a=\"1\"} or y{a=\"2\"}", "x{a=\"1\"} unless y{a=\"2\"}",
    "label_replace(x{a=\"1\"}, \"a\", \"2\", \"\", \"\") and y{a=\"2\"}", "sum by (b) (x) and y{b=\"1\"}",
    "sum(x) and on () y{b=\"1\"}", "sum without (b) (x) and y{c=\"1\"}", "x{a=\"1\",a=~\"1|2\"}",
    "x{a=\"\",a!~\"1\"}",
    "x{a=~\"1\",a=~\"2|1\"}", "hour() >= 9 < 17", "{__name__=~\"a|b\"} > 5 and {__name__=~\"a|b\"} < 3",
    "x > 5 and on (a) x < 3", "x > 5 and ignoring (a) x < 3", "x > 5 and x offset 5m < 3", "abs(x) <= 0",
    "clamp_min(x, 5) < 6",
    "clamp_min(x, scalar(y)) < 5", "ceil(x > 1.5) < 3", "avg(x > 5) < 5.1", "x < bool 5 == 0",
    "x != 5 == 5 + 0",
    "x % 2 < 0", "x ^ 2 < 0", "quantile(2, x) < 0", "x == x", "x * y{a=\"1\"}",
    "x * on (a) group_left (b) y{b=\"1\"}",
    "vector(time()) < 0", "scalar(x) > vector(1)", "max_over_time((x > 5)[5m:]) > 6", "topk(1, x) < 3",
    "count_values(\"v\", x) > 3",
    "count_values(\"v\", x) and y{v=\"1\"}", "(x > 5 or y) < 3", "histogram_quantile(0.9, x) < 0",

    "absent(x{a=\"1\",a=\"2\"})", "y unless x{a=\"1\",a=\"2\"}", "1 + 1", "vector(1)",
    "x{a=\"1\"} + 1 and y{b=\"2\"}",
  ])
  func isNotClaimed(_ expression: String) {
    #expect(neverTrue(expression).map(\.message) == [], "\(expression)")
  }

  @Test func saysWhy() {
    #expect(
      neverTrue("x > 5 < 3").map(\.text) == [
        "r.yml:4:1: rule r: never gives anything: `x > 5` is always above 5, so `< 3` never holds (never-true)"
      ])
  }
}

@Suite struct LintTests {
  private func names(_ rules: String, group: String = "", _ lints: [String]? = nil) -> [String] {
    findings(rules, group: group, lints).map(\.lint)
  }

  @Test func anAlertOnBoolOrANumberAlwaysFires() {
    #expect(names("{alert: A, expr: x == bool 0}") == ["always-fires"])
    #expect(names("{alert: A, expr: (1 + 1)}") == ["always-fires"])
    #expect(names("{alert: A, expr: x == 0}") == [])
    #expect(names("{alert: A, expr: vector(1)}") == [], "a watchdog is meant to")
    #expect(names("{record: r, expr: x == bool 0}") == [])
  }

  @Test func aLabelMustNotPrintTheValue() {
    for text in ["{{ $value }}", "{{$value}}", "{{- $value | humanize }}", "x {{ .Value }}"] {
      #expect(names("{alert: A, expr: x, labels: {v: '\(text)'}}") == ["value-in-labels"], "\(text)")
    }
    for text in ["{{ if gt $value 5.0 }}page{{ else }}warn{{ end }}", "$value", "{{ $labels.value }}"] {
      #expect(names("{alert: A, expr: x, labels: {v: '\(text)'}}") == [], "\(text)")
    }
    #expect(names("{alert: A, expr: x, annotations: {v: '{{ $value }}'}}") == [])
  }

  @Test func aHoldShorterThanTheInterval() {
    #expect(names("{alert: A, expr: x, for: 30s}") == ["short-for"], "the default is a minute")
    #expect(names("{alert: A, expr: x, for: 30s}", group: "  interval: 30s\n") == [])
    #expect(names("{alert: A, expr: x, for: 30s}", group: "  interval: 31s\n") == ["short-for"])
    #expect(names("{alert: A, expr: x}") == [])
  }

  @Test func aRateOfLessThanTwoIntervals() {
    #expect(names("{record: r, expr: 'rate(x[1m])'}") == ["short-range"])
    #expect(names("{record: r, expr: 'rate(x[2m])'}") == [])
    #expect(names("{record: r, expr: 'rate(x[1m])'}", group: "  interval: 30s\n") == [])
    #expect(names("{record: r, expr: 'max_over_time(x[1m])'}") == [])
    #expect(names("{record: r, expr: 'deriv(x[1m:10s])'}") == [])
  }

  @Test func whatLooksBackFurtherThanSamplesAreKept() {
    for text in [
      "x offset 4d", "avg_over_time(x[4d])", "max_over_time(x[2d:1h] offset 2d)",
      "max_over_time((x offset 2d)[2d:])",
    ] {
      #expect(names("{record: r, expr: '\(text)'}") == ["beyond-retention"], "\(text)")
    }
    for text in ["x offset 3d", "x offset -4d", "avg_over_time(x[2d] offset 1d)", "x @ 0"] {
      #expect(names("{record: r, expr: '\(text)'}") == [], "\(text)")
    }
    #expect(names("{record: r, expr: x offset 2d}", group: "  query_offset: 2d\n") == ["beyond-retention"])
  }

  @Test func whatIsNoVectorFailsAlways() {
    #expect(names("{alert: A, expr: 'x[5m]'}") == ["never-evaluates"])
    #expect(names("{record: r, expr: '\"x\"'}") == ["never-evaluates"])
    #expect(names("{record: r, expr: 1}") == [])
  }

  @Test func styleMustBeAskedFor() {
    let rule = "{alert: A, expr: x, annotations: {summary: s}}"
    #expect(names(rule) == [])
    #expect(names(rule, ["missing-annotations"]) == ["missing-annotations"])
  }

  @Test func aSelectorThatMatchesNoSeries() throws {
    var series = SeriesCatalogue()
    let problems = Problems(file: "page")
    series.insertPage(
      """
      # HELP http_requests_total Requests.
      # TYPE http_requests_total counter
      http_requests_total{code="200",path="a } \\" b"} 5 1700000000000
      up 1
        other{a="1"}\t1x20

      """, problems)
    #expect(problems.list == [])
    series.insertRecorded([("job:up:sum", ["level": "job"])])
    var context = LintContext()
    context.series = series
    func found(_ expression: String) -> [String] {
      findings("{record: r, expr: '\(expression)'}", ["no-series"], context).map(\.message)
    }
    for text in [
      "up", "up{job=\"a\",instance=\"b\"}", "http_requests_total{code=~\"2..\"}", "{code=\"200\"}",
      "job:up:sum{job=\"x\"}",
      "job:up:sum{level=\"job\"}", "ALERTS{alertname=\"x\"}", "absent(nothing)", "up{a=\"\"}",
      "rate(other{a=\"1\"}[5m])",
      "vector(1)",
    ] { #expect(found(text) == [], "\(text)") }
    for text in [
      "nothing", "up{a=\"1\"}", "http_requests_total{code=\"500\"}", "sum(rate(nothing[5m]))", "up + nothing",
      "job:up:sum{level=\"x\"}", "absent(nothing) or nothing",
    ] { #expect(found(text).count == 1, "\(text)") }
    // Others bring series: only what would be our own can be known to be nobody's.
    context.series?.isOpen = true
    context.series?.ownPrefix = "farwatch_"
    context.series?.ownNames = ["farwatch_ready"]
    for text in ["nothing", "up{a=\"1\"}", "{a=\"b\"}", "farwatch_ready"] {
      #expect(found(text) == [], "\(text)")
    }
    #expect(
      found("farwatch_redy") == [
        "rule r: there are no series `farwatch_redy`; did you mean `farwatch_ready`?"
      ])
    context.series?.isOpen = false
    #expect(found("farwatch_ready").count == 1)
    #expect(found("htp_requests_total")[0].contains("did you mean `http_requests_total`?"))
    var broken = SeriesCatalogue()
    broken.insertPage("up 1\n  up{a 1\n", problems)
    #expect(problems.list.map { "\($0)" } == ["page:2:8: unexpected '1' in label set, expected \"=\""])
  }
}
