import FarwatchTesting
import Model
import Testing

@testable import Backups

@Suite struct JSONTextTests {
  private func parsed(_ text: String) -> OrderedJSON? { try? JSONText.parse(Array(text.utf8)) }

  @Test func documentsAreRead() throws {
    #expect(
      parsed(" [1, -2.5e3, true, false, null, \"a\\u00e9\\n\\\"\"] ")
        == .array([.integer(1), .number(-2500), .boolean(true), .boolean(false), .null, .string("aé\n\"")]))
    let object = try #require(parsed(#"{"a":{"b":[{"c":"\ud83d\ude00"}]},"a":2,"n":null}"#))
    #expect(object["a"]?["b"]?.items?.first?["c"]?.text == "😀" && object["n"] == nil && object["z"] == nil)
    #expect(
      parsed(#""\ud800x""#) == .string("\u{fffd}x") && parsed("18446744073709551616") == .number(0x1p64))
    #expect(parsed("{}") == .object([]) && parsed("[]") == .array([]))
  }

  @Test func otherTextIsRefused() {
    for text in [
      "", "{", "[1,]", "{\"a\"}", "{\"a\":1,}", "[1 2]", "\"\n\"", "\"\\x\"", "\"abc", "+1", "nul", "1 1",
      "{1:2}", ".5",
      "\"\\u12g4\"", "1e999", "- 1", "Infinity",
    ] { #expect(parsed(text) == nil, "\(text)") }
    #expect(parsed(String(repeating: "[", count: 100_000)) == nil)
    #expect(throws: JSONText.Malformed(place: 3, expected: "a value")) {
      try JSONText.parse(Array("[1,x]".utf8))
    }
  }

  @Test func numbersThatAreNoneAreNone() {
    #expect(OrderedJSON.integer(-1).size == nil && OrderedJSON.number(1e300).size == nil)
    #expect(OrderedJSON.string("17").integer == 17 && OrderedJSON.integer(.max).epoch == nil)
    #expect(OrderedJSON.string("0001-01-01T00:00:00Z").time == nil)
  }

  /// Every tool's answer, bent at random places, is read or refused.
  @Test func brokenAnswersNeverCrash() {
    let seed: UInt64 = 7
    var numbers = SeededNumbers(seed: seed)
    for sample in ToolSamples.all {
      for _ in 0..<400 {
        var bytes = Array(sample.text.utf8)
        for _ in 0..<Int.random(in: 1...4, using: &numbers) where !bytes.isEmpty {
          let place = Int.random(in: bytes.indices, using: &numbers)
          switch numbers.next() % 4 {
          case 0: bytes[place] = UInt8(truncatingIfNeeded: numbers.next())
          case 1: bytes.removeSubrange(place...)
          case 2: bytes.insert(contentsOf: Array("99999999999999999999".utf8), at: place)
          default: bytes.replaceSubrange(place..<min(place + 3, bytes.count), with: Array("null".utf8))
          }
        }
        sample.read(bytes)
      }
    }
  }
}
