import FarwatchTesting
import PromQL
import Testing

@Suite struct ParserTests {
  /// The text and its canonical form.
  @Test(arguments: [
    ("1", "1"), ("+0.5e-7", "5e-08"), ("0x1F", "31"), ("0755", "493"), ("08", "8"), ("1_000", "1000"),
    ("5.", "5"),
    (".5", "0.5"), ("InF", "+Inf"), ("-Inf", "-Inf"), ("nan", "NaN"), ("5m", "5m"),
    ("1h30m * 2", "1h30m * 2"),
    ("--1", "1"), ("-1^2", "-1 ^ 2"), ("-a*b", "-a * b"), ("2^3^2", "2 ^ 3 ^ 2"), ("1 - 2 - 3", "1 - 2 - 3"),
    (#""a\n\x41\u00e4\101\"""#, #""a\nAäA\"""#), (#"'it\'s'"#, #""it's""#), (#"`a\n`"#, #""a\\n""#),
    ("foo # comment\n + bar", "foo + bar"), ("foo{}", "foo"), ("foo{a='b',}", #"foo{a="b"}"#),
    (#"{"my.metric", "a.b"=~"x|y", c!="d"}"#, #"{"my.metric","a.b"=~"x|y",c!="d"}"#),
    (#"{__name__="up"}"#, #"{__name__="up"}"#), (#"{"up"}"#, "up"), (":a:b", ":a:b"),
    ("foo[5m]", "foo[5m]"), ("foo[90s] offset -1h", "foo[1m30s] offset -1h"), ("foo[300]", "foo[5m]"),
    ("foo offset 1m @ 10.5", "foo @ 10.500 offset 1m"), ("foo @ start()", "foo @ start()"),
    ("rate(foo[1m])[10m:5s] @ end()", "rate(foo[1m])[10m:5s] @ end()"), ("foo[1h:]", "foo[1h:]"),
    ("sum(a) by (b, c)", "sum by (b, c) (a)"), ("SUM without () (a)", "sum without () (a)"),
    ("sum by () (a)", "sum(a)"),
    ("topk(3, a)", "topk(3, a)"), (#"count_values("v", a)"#, #"count_values("v", a)"#),
    (#"sum by ("a.b", on) (x)"#, #"sum by ("a.b", on) (x)"#),
    ("a == bool on(x) b", "a == bool on (x) b"), ("a / on() b", "a / on () b"),
    ("a * ignoring(x) group_left(y) b", "a * ignoring (x) group_left (y) b"),
    ("a + on(x,) group_right b", "a + on (x) group_right () b"), ("a ATAN2 b", "a atan2 b"), ("sum", "sum"),
    ("by + offset", "by + offset"), ("and and and", "and and and"), ("start", "start"),
    ("sum{a='b'}", #"sum{a="b"}"#),
    ("(a)", "(a)"), ("round(a)", "round(a)"), ("hour()", "hour()"),
    ("label_join(a, 'b', '-')", #"label_join(a, "b", "-")"#),
    (#"foo{on="a", sum="b"}"#, #"foo{on="a",sum="b"}"#), ("a ^ -b ^ c", "a ^ -b ^ c"),
  ])
  func canonicalForm(text: String, expected: String) throws {
    let printed = try parseExpression(text).description
    #expect(printed == expected)
    #expect(try parseExpression(printed).description == expected)
  }

  /// Structure, made visible by brackets.
  @Test(arguments: [
    ("1 + 2 * 3 ^ 4", "(1+(2*(3^4)))"), ("2 ^ 3 ^ 2", "(2^(3^2))"), ("-1 ^ 2", "-((1^2))"),
    ("-a * b", "(-(a)*b)"),
    ("a or b and c unless d", "(a or ((b and c) unless d))"), ("1 - 2 - 3", "((1-2)-3)"),
    ("a == b + c", "(a==(b+c))"), ("a % b atan2 c", "((a%b)atan2 c)"), ("a ^ -b * c", "((a^-(b))*c)"),
    ("a < b == c", "((a<b)==c)"),
  ])
  func precedence(text: String, expected: String) throws {
    #expect(bracketed(try parseExpression(text)) == expected.replacing(" ", with: ""))
  }

  private func bracketed(_ expression: Expression) -> String {
    switch expression.kind {
    case .binary(let operation):
      "(\(bracketed(operation.left))\(operation.op.rawValue)\(bracketed(operation.right)))"
    case .unary(_, let operand): "-(\(bracketed(operand)))"
    default: expression.description
    }
  }

  /// The text, and line, column and message of the fault as Prometheus reports it.
  @Test(arguments: [
    ("", "1:1: parse error: no expression found in input"),
    ("# only a comment", "1:1: parse error: no expression found in input"),
    ("1+", "1:3: parse error: unexpected end of input"), (".", "1:1: parse error: unexpected character: '.'"),
    ("2.5.", "1:4: parse error: unexpected character: '.'"),
    ("1.2.3", #"1:4: parse error: unexpected number ".3""#),
    ("*1", "1:1: parse error: unexpected <op:*>"),
    ("(1))", "1:4: parse error: unexpected right parenthesis ')'"),
    ("((1)", "1:5: parse error: unclosed left parenthesis"),
    ("1 and 1", #"1:1: parse error: set operator "and" not allowed in binary scalar expression"#),
    ("1 == 1", "1:3: parse error: comparisons between scalars must use BOOL modifier"),
    ("1 !~ 1", "1:3: parse error: unexpected character after '!': '~'"),
    ("1 =~ 1", "1:3: parse error: unexpected character after '=': '~'"),
    (
      #"-"string""#,
      #"1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got "string""#
    ),
    ("foo == on(bar) 10", "1:1: parse error: vector matching only allowed between instant vectors"),
    ("foo + group_left(baz) bar", "1:7: parse error: unexpected <group_left>"),
    ("a - on(b) ignoring(c) d", "1:11: parse error: unexpected <ignoring>"),
    ("foo and on(bar) group_left(baz) bar", #"1:1: parse error: no grouping allowed for "and" operation"#),
    ("foo + bool bar", "1:5: parse error: bool modifier can only be used on comparison operators"),
    (
      "foo * on(a) group_left(a) bar",
      #"1:5: parse error: label "a" must not occur in ON and GROUP clause at once"#
    ),
    ("foo{", "1:5: parse error: unexpected end of input inside braces"),
    ("foo}", "1:4: parse error: unexpected character: '}'"),
    ("foo{1}", "1:5: parse error: unexpected character inside braces: '1'"),
    (
      "foo{gibberish}",
      #"1:14: parse error: unexpected "}" in label matching, expected label matching operator"#
    ),
    ("{}", "1:1: parse error: vector selector must contain at least one non-empty matcher"),
    (#"{a=~".*"}"#, "1:1: parse error: vector selector must contain at least one non-empty matcher"),
    (#"foo{__name__="bar"}"#, #"1:1: parse error: metric name must not be set twice: "foo" or "bar""#),
    (#"foo{a=~"("}"#, "1:5: parse error: error parsing regexp: missing ): ("),
    ("foo[5mm]", #"1:5: parse error: bad number or duration syntax: "5mm""#),
    ("foo[0m]", "1:5: parse error: duration must be greater than 0"),
    ("(foo + bar)[5m]", "1:12: parse error: ranges only allowed for vector selectors"),
    ("foo offset 5m[10m]", "1:14: parse error: no offset modifiers allowed before range"),
    (
      "1 offset 1d",
      "1:1: parse error: offset modifier must be preceded by an instant vector selector or range vector selector or a subquery"
    ),
    ("foo offset 1m offset 2m", "1:1: parse error: offset may not be set multiple times"),
    ("foo @ inf", "1:1: parse error: timestamp out of bounds for @ modifier: +Inf"),
    ("sum without(==)(foo)", "1:13: parse error: unexpected <op:==> in grouping opts, expected label"),
    ("sum()", "1:1: parse error: no arguments for aggregate expression provided"),
    (
      "topk(a)",
      "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1"
    ),
    ("sum(1)", "1:5: parse error: expected type instant vector in aggregation expression, got scalar"),
    ("floor()", #"1:1: parse error: expected 1 argument(s) in call to "floor", got 0"#),
    ("hour(a, b)", #"1:1: parse error: expected at most 1 argument(s) in call to "hour", got 2"#),
    (
      "label_join(a, 'b')",
      #"1:1: parse error: expected at least 3 argument(s) in call to "label_join", got 2"#
    ),
    ("nope(a)", #"1:1: parse error: unknown function with name "nope""#),
    (
      "rate(foo)",
      #"1:6: parse error: expected type range vector in call to function "rate", got instant vector"#
    ),
    ("rate(foo[5m],)", "1:13: parse error: trailing commas not allowed in function call args"),
    ("1[5m:]", "1:1: parse error: subquery is only allowed on instant vector, got scalar instead"),
    ("foo[5m] + 1", "1:1: parse error: binary expression must contain only scalar and instant vector types"),
    ("foo +\n  \"bar", "2:3: parse error: unterminated quoted string"),
    (#""\q""#, "1:1: parse error: unknown escape sequence U+0071 'q'"),
    ("foo[5m", "1:7: parse error: unclosed left bracket"),
    ("foo bar", #"1:5: parse error: unexpected identifier "bar""#),
  ])
  func fault(text: String, expected: String) {
    let error = #expect(throws: ParseError.self) { try parseExpression(text) }
    #expect(error?.description == expected)
  }

  @Test func limits() throws {
    let deep = [
      String(repeating: "(", count: 60_000), String(repeating: "-", count: 60_000) + "a",
      String(repeating: "abs(", count: 10_000) + "a", "a" + String(repeating: "+a", count: 30_000),
      "a" + String(repeating: "^a", count: 30_000), String(repeating: " ", count: 70_000),
      "a" + String(repeating: "[5m:]", count: 2000),
    ]
    for text in deep { #expect(throws: ParseError.self) { try parseExpression(text) } }
    #expect(throws: Never.self) { try parseExpression("a" + String(repeating: "+a", count: 200)) }
  }

  /// Mutations of good expressions: either a tree that prints to a fixed point or an error with a place inside.
  @Test func survivesMutations() throws {
    var random = SeededNumbers(seed: 7)
    let seeds = [
      #"sum by (a, "b.c") (rate(foo{x=~"y.*",z!="w"}[5m] offset -1h @ 12.5)) / on(a) group_left(q) bar > bool 0x1f"#,
      "max_over_time(rate(a[1m])[1h:30s] @ start()) unless ignoring(b) -c ^ 2 ^ -.5e-3",
      #"{"a.b", '\x41'="\u00e4"} # end"#,
    ]
    var parsed = 0
    for round in 0..<6000 {
      var bytes = Array(seeds[round % seeds.count].utf8)
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(contentsOf: bytes[..<(place / 3)], at: place)
        default: bytes.removeLast(min(bytes.count - 1, place / 2))
        }
        if bytes.isEmpty { bytes = [0] }
      }
      let text = String(decoding: bytes, as: UTF8.self)
      let tree: Expression
      do {
        tree = try parseExpression(text)
      } catch {
        #expect((0...text.utf8.count).contains(error.position.offset))
        continue
      }
      parsed += 1
      let printed = tree.description
      let again = try? parseExpression(printed).description
      #expect(again == printed, "round \(round): \(text)")
    }
    #expect(parsed > 100)
  }
}

@Test(arguments: [1, 1001, 1003, 2002, 4099, 86_400_001])
func durationsKeepTheirMilliseconds(milliseconds: Int64) throws {
  let range = try parseExpression("x[\(milliseconds)ms]")
  guard case .rangeSelector(_, let read) = range.kind else { throw BenchError("no range: \(range)") }
  #expect(read == milliseconds)
  let number = try parseExpression("x > \(milliseconds)ms")
  #expect(try parseExpression(number.description).description == number.description)
  #expect(number.description != (try parseExpression("x > \(milliseconds - 1)ms")).description)
}
