import PromQL
import Testing

/// Prometheus' own parser is the judge: for every expression, good or bad, the verdicts must agree.
@Suite struct PromtoolAgreementTests {
  static let expressions: [String] =
    [
      // Literals
      "1", "+1", "-1", ".5", "5.", "5.5.5", "0x1f", "0xg", "1e3", "1e", "1e+", "0755", "08", "Inf", "+inf",
      "nan", "nana",
      "\"a\"", "'a'", "`a`", #""\q""#, #""\x41""#, #""\u00e4""#, #""\400""#, #"'\"'"#, #"'\''"#, "\"a", "`a",
      // Selectors
      "foo", "foo:bar", ":foo", "foo{}", "foo{a=\"b\"}", "foo{a='b',}", "foo{,}", "foo{a}", "foo{a=}",
      "foo{a=b}", "{}",
      "{a=\"\"}", "{a=\"b\"}", "{a!=\"b\"}", "{a=~\".+\"}", "{a=~\".*\"}", "{a!~\"\"}", "foo{a=~\"(\"}",
      "foo{a=~\"a{2000}\"}", "foo{__name__=\"x\"}", "{__name__=\"x\"}", "{__name__=~\"x\"}", "foo{a:b=\"c\"}",
      "foo{1=\"a\"}",
      "foo{on=\"a\"}", "foo{a==\"b\"}", "foo{a=\"b\" b=\"c\"}", "foo{{a=\"b\"}}", "foo bar", "föö",
      "foo{a=\"ö\"}",
      // Keywords as names
      "sum", "by", "without", "offset", "and", "or", "unless", "on", "ignoring", "bool", "group_left",
      "atan2", "count_values",
      "start", "end", "sum{a=\"b\"}", "and and and", "bool{}", "SUM(foo)", "sum by(on)(foo)",
      "sum by(inf)(foo)",
      "sum by(a:b)(foo)", "sum by(1)(foo)",
      // Ranges, offsets, anchors
      "foo[5m]", "foo[5]m", "foo[]", "foo[5mm]", "foo[1m1h]", "foo[0s]", "foo[-5m]", "foo[5m", "foo 5m]",
      "foo[5m:]", "foo[5m:1s]",
      "foo[5m:0s]", "foo[:1m]", "1[5m:]", "(foo)[5m]", "(foo)[5m:]", "foo[5m][5m]", "rate(foo[5m])[5m:]",
      "foo offset 5m",
      "foo offset -5m", "foo offset", "foo offset 5m[5m]", "foo[5m] offset 5m", "foo offset 1m offset 1m",
      "1 offset 5m",
      "(foo) offset 5m", "foo @ 10", "foo @ -10.5", "foo @ start()", "foo @ end()", "foo @ end", "foo @ inf",
      "foo @ nan",
      "foo @ 1 @ 2", "foo @ 1 offset 5m", "foo offset 5m @ 1", "foo @ 1[5m]", "foo[5m:] @ 1", "1 @ 1",
      "foo @ 1e400",
      // Operators
      "1+1", "1 + + 1", "1 +", "* 1", "1 - -1", "2^-2", "-foo", "-\"a\"", "-foo[5m]", "1 == 1", "1 == bool 1",
      "1 and 1",
      "foo and 1", "1 or foo", "foo and foo", "foo + bool foo", "foo > bool 1", "foo == bool bar", "1 =~ 1",
      "1 !~ 1",
      "foo = bar", "foo + on(a) bar", "foo + on() bar", "foo + on a bar", "foo + ignoring(a) group_left bar",
      "foo + on(a) group_left(b) bar", "foo + on(a) group_left(a) bar", "foo + ignoring(a) group_left(a) bar",
      "foo + group_left(a) bar", "foo and on(a) bar", "foo and on(a) group_left bar", "foo + on(a) 1",
      "foo + on() 1",
      "1 + on(a) 1", "foo == on(a) bool bar", "foo == bool on(a) bar", "foo atan2 bar", "1 atan2 2",
      "foo + \"a\"",
      "foo[5m] + 1", "foo % bar ^ baz", "foo + ignoring(a) on(b) bar",
      // Aggregations
      "sum(foo)", "sum(foo) by (a)", "sum by (a) (foo)", "sum by (a,) (foo)", "sum by (,) (foo)",
      "sum by a (foo)",
      "sum without () (foo)", "sum by (a) (foo) by (b)", "sum()", "sum(foo, bar)", "sum(1)", "sum(foo[5m])",
      "topk(foo)",
      "topk(1, foo)", "topk(foo, foo)", "topk(\"a\", foo)", "count_values(\"a\", foo)",
      "count_values(1, foo)",
      "quantile(0.5, foo)", "group(foo)", "stdvar(foo)", "sum foo", "sum(foo) without (a)",
      // Calls
      "nope(foo)", "rate(foo)", "rate(foo[5m])", "rate(foo[5m], 1)", "abs(1)", "abs(foo)", "abs()",
      "abs(foo,)", "time()",
      "time(1)", "vector(1)", "vector(foo)", "scalar(foo)", "hour()", "hour(foo)", "hour(foo, foo)",
      "round(foo)",
      "round(foo, 5)", "round(foo, foo)", "round()", "clamp(foo, 1, 2)", "clamp(foo, 1)",
      "label_replace(foo, 'a', 'b', 'c', 'd')",
      "label_replace(foo, 'a', 'b', 'c')", "label_join(foo, 'a', ',')", "label_join(foo, 'a', ',', 'b', 'c')",
      "label_join(foo, 'a')", "label_join(foo, 'a', ',', b)", "histogram_quantile(0.9, foo)",
      "quantile_over_time(1, foo[5m])",
      "absent(foo)", "absent_over_time(foo[5m])", "pi()", "sort_desc(foo)", "timestamp(foo)",
      "predict_linear(foo[1h], 3600)",
      "foo:bar(foo)", "sum(abs(foo)) by (a) / on(a) count(foo) by (a)", "(", ")", "()", "(foo", "foo)",
      "((foo))", "# x", "foo # x",
      "foo, bar", "foo;", "$foo", "{a=\"b\"}[5m]", "foo\n+\nbar", "max_over_time(rate(foo[1m])[5m:1m])",
    ]

  @Test func verdictsAgree() throws {
    let refused = try Promtool.refusals(of: Self.expressions)
    #expect(refused.count > 80)
    for (index, text) in Self.expressions.enumerated() {
      var ours: String?
      do { _ = try parseExpression(text) } catch { ours = error.description }
      #expect(
        (ours == nil) == (refused[index] == nil),
        "\(text): ours \(ours ?? "accepted"), promtool \(refused[index] ?? "accepted")")
    }
  }
}
