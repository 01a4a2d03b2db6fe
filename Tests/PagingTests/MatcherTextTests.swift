import FarwatchTesting
import Model
import Testing

@testable import Paging

@Suite struct MatcherTextTests {
  @Test(arguments: [
    (#"severity="page""#, #"severity="page""#), (#"region=~"tw|jp""#, #"region=~"tw|jp""#),
    ("foo != bar", #"foo!="bar""#), ("foo!~bar.*", #"foo!~"bar.*""#), (#"  foo = "a b"  "#, #"foo="a b""#),
    (#""a name"="b""#, #"a name="b""#), ("töst=1", #"töst="1""#), ("a-b=c", #"a-b="c""#),
    (#"foo="🙂""#, #"foo="🙂""#),
    (#"foo="\u00e9\x41\101""#, #"foo="\\u00e9\\x41\\101""#), (#""a b"="\u00e9\x41\101""#, #"a b="éAA""#),
    (#"foo=~"\d+""#, #"foo=~"\\d+""#), (#"foo=~"\\d+""#, #"foo=~"\\d+""#),
    ("foo=~[a-z]{2,3}x", #"foo=~"[a-z]{2,3}x""#),
    ("foo=", #"foo="""#), (#"foo="""#, #"foo="""#), (#"foo="say \"hi\"\n""#, #"foo="say \"hi\"\n""#),
    ("foo=bar baz", #"foo="bar baz""#), (#"foo=~"a,b""#, #"foo=~"a,b""#), ("a:b=c", #"a:b="c""#),
    ("foo==", #"foo="=""#),
  ]) func oneMatcherIsRead(_ text: String, _ expected: String) throws {
    #expect(try MatcherText.parse(text).description == expected)
  }

  @Test(arguments: [
    ("", []), ("{}", []), ("  ", []), (#"{a="b",c=~"d"}"#, [#"a="b""#, #"c=~"d""#]),
    (#"a="b",c="d""#, [#"a="b""#, #"c="d""#]), ("{a=b, c!=d, }", [#"a="b""#, #"c!="d""#]),
    (#"{ "a,b" = "c}" , d=~"e,f" }"#, [#"a,b="c}""#, #"d=~"e,f""#]),
    (#"a=~"[{}]",b=c"#, [#"a=~"[{}]""#, #"b="c""#]),
  ]) func listsAreRead(_ text: String, _ expected: [String]) throws {
    #expect(try MatcherText.parseList(text).map(\.description) == expected)
  }

  @Test(arguments: [
    ("", 0, "expected a matcher such as severity=\"page\", found nothing"),
    ("foo", 3, "expected =, !=, =~ or !~"),
    ("{a=b}", 0, "expected one matcher without braces, such as severity=\"page\""),
    ("a=b}", 3, "expected one matcher without braces, such as severity=\"page\""),
    ("=b", 0, "expected a label name"),
    ("foo ! bar", 4, "expected =, !=, =~ or !~"), (#"foo="bar"#, 8, "expected a closing quote"),
    (#""a b"="\q""#, 7, "unknown escape; a backslash is written \\\\"),
    (#""a b"="\xff""#, 6, "the escapes give no UTF-8"), (#""a b"="\ud800""#, 7, "the escape is no character"),
    (#""a b"="\777""#, 7, "the escape is above \\377"),
    (#""a b"="\x+1""#, 7, "expected 2 digits in the escape"),
    (#"""="b""#, 0, "a label name must not be empty"),
    (#""a b"="#, 6, "expected a value; one with special characters in double quotes"),
    (#"foo=~"a(""#, 5, #"invalid regular expression "a(": missing ): a("#),
    (#"foo=~"\d(""#, 5, #"invalid regular expression "\\d(": missing ): \d("#),
    (#""foo"="a" "b""#, 10, "expected a comma or the end"),
  ]) func aFaultHasItsPlace(_ text: String, _ offset: Int, _ message: String) {
    #expect(throws: MatcherProblem(at: offset, message)) { try MatcherText.parse(text) }
  }

  @Test(arguments: [
    ("{\"a b\"=c", 8, "expected a closing brace"),
    ("\"a b\"=c}", 7, "a closing brace without an opening one"),
    ("{\"a\"=b c}", 7, "expected a comma or a closing brace"), ("{\"a\"=b}c", 7, "expected the end"),
    ("a=b,,c=d", 4, "expected a label name"),
  ]) func aFaultOfAListHasItsPlace(_ text: String, _ offset: Int, _ message: String) {
    #expect(throws: MatcherProblem(at: offset, message)) { try MatcherText.parseList(text) }
  }

  @Test func patternsAreAnchoredAndMissingLabelsAreEmpty() throws {
    let pattern = try MatcherText.parse("region=~tw|jp")
    #expect(
      pattern.matches(["region": "tw"]) && !pattern.matches(["region": "tw-2"])
        && !pattern.matches(Labels.empty))
    #expect(try MatcherText.parse("region!~.+").matches(Labels.empty))
  }

  @Test func aTextThatIsTooLongIsRefused() {
    #expect(throws: MatcherProblem.self) {
      try MatcherText.parse("a=" + String(repeating: "b", count: MatcherText.maximumBytes))
    }
  }

  /// What was read prints as a text that reads the same again, and nothing crashes.
  @Test func anyTextIsReadOrRefused() throws {
    let seed = UInt64.random(in: 1 ... .max)
    var random = SeededNumbers(seed: seed)
    let pieces = [
      "a", "foo", "=", "!=", "=~", "!~", "\"", "\"b\"", "\\", "\\n", "\\x4", "\\u00e9", "\\777", ",", "{",
      "}", " ",
      "\n", "🙂", "é", "'", "`", "(", "[", ".*", "\u{0}", "!", "~", "1", "\\U0010ffff",
    ]
    var taken = 0
    for _ in 0..<8_000 {
      let text = (0..<Int.random(in: 0...9, using: &random)).map { _ in random.pick(pieces) }.joined()
      guard let matchers = try? MatcherText.parseList(text) else { continue }
      taken += 1
      for matcher in matchers where !matcher.name.contains("\u{0}") && !matcher.text.contains("\u{0}") {
        let printed = "\(quoted(matcher.name))\(matcher.kind.rawValue)\(quoted(matcher.text))"
        #expect(try MatcherText.parse(printed) == matcher, "seed \(seed): \(text)")
      }
      // A comma may belong to a single classic value.
      if !text.contains(","), let one = try? MatcherText.parse(text) {
        #expect(matchers == [one], "seed \(seed): \(text)")
      }
    }
    #expect(taken > 200, "seed \(seed)")
  }
}
