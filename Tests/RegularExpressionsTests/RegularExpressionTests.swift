import Model
import RegularExpressions
import Testing

@Suite struct RegularExpressionTests {
  @Test(arguments: [
    ("eu-.*", "eu-west-1", true), ("eu-.*", "xeu-west-1", false), ("a|ab", "ab", true), ("", "", true),
    ("", "x", false), ("a.b", "a\nb", true), ("(?i)down", "DOWN", true), ("5..", "503", true),
    ("5..", "5033", false),
    (".+", "", false), ("ä.", "äö", true), ("^a$", "a", true),
  ])
  func wholeMatch(pattern: String, text: String, matches: Bool) throws {
    let expression = try RegularExpression(pattern, anchoring: .whole)
    #expect(expression.matches(text) == matches)
    #expect(text.utf8.withContiguousStorageIfAvailable { expression.matches(bytes: .init($0)) } == matches)
  }

  @Test func unanchored() throws {
    let expression = try RegularExpression(#"status: (?P<code>\d+)( \w+)?"#, anchoring: .unanchored)
    #expect(expression.matches("the status: 200 there"))
    let found = try #require(expression.firstMatch(in: "the status: 200!"))
    #expect(found.groups == ["status: 200", "200", nil])
    #expect(found["code"] == "200")
    #expect(found["none"] == nil)
    #expect(expression.firstMatch(in: "nothing") == nil)
    #expect(try !RegularExpression("a.b", anchoring: .unanchored).matches("a\nb"))
    // An empty group that took part is not an absent one.
    #expect(try RegularExpression("(x*)", anchoring: .unanchored).firstMatch(in: "")?.groups == ["", ""])
  }

  @Test(arguments: [
    ("(a", "missing ): (a"), ("a)(b", "unexpected ): a)(b"), ("[z-a]", "invalid character class range: z-a"),
    ("*", "no argument for repetition operator: *"), (#"(a)\1"#, #"invalid escape sequence: \1"#),
    ("(?=x)", "invalid perl operator: (?="), ("a{2000}", "invalid repetition size: {2000}"),
  ])
  func refused(pattern: String, message: String) {
    let error = #expect(throws: RegularExpressionError.self) {
      try RegularExpression(pattern, anchoring: .whole)
    }
    #expect(error?.message == message)
  }

  @Test func limits() throws {
    #expect(throws: RegularExpressionError.self) {
      try RegularExpression(String(repeating: "a", count: 16_385), anchoring: .whole)
    }
    // Without a memory bound this program would have 10^9 states.
    #expect(throws: RegularExpressionError.self) {
      try RegularExpression("((a{100}){100}){100}", anchoring: .whole)
    }
    // Exponential for a backtracking engine.
    let slow = try RegularExpression("(a*)*b", anchoring: .whole)
    #expect(!slow.matches(String(repeating: "a", count: 100_000)))
  }

  /// Expected values as Go's regexp.ReplaceAllString gives them.
  @Test(arguments: [
    ("a(x*)b", "-ab-axxb-", "$1", "--xx-"), ("a(x*)b", "-ab-axxb-", "$1W", "---"),
    ("a(x*)b", "-ab-axxb-", "${1}W", "-W-xxW-"), ("a(?P<g>x*)b", "-ab-axxb-", "${g}$$", "-$-xx$-"),
    ("a", "banana", "<$0>", "b<a>n<a>n<a>"), ("x*", "abc", "-", "-a-b-c-"), ("x*", "axxc", "-", "-a-c-"),
    ("b*", "äb", "-", "-ä-"), ("a", "a", "$", "$"), ("a", "a", "${x", "${x"), ("a", "a", "$9", ""),
    ("^a", "aa", "b", "ba"),
    (":.*", "db1:9100", "", "db1"), ("", "", "x", "x"),
  ])
  func replacing(pattern: String, text: String, template: String, expected: String) throws {
    let expression = try RegularExpression(pattern, anchoring: .unanchored)
    #expect(expression.replacingMatches(in: text, with: template) == expected)
  }

  @Test func equality() throws {
    let a = try RegularExpression("a", anchoring: .whole)
    #expect(try a == RegularExpression("a", anchoring: .whole))
    #expect(try a != RegularExpression("a", anchoring: .unanchored))
    #expect(try Set([a, RegularExpression("a", anchoring: .whole)]).count == 1)
  }
}
