import FarwatchTesting
import Foundation
import Model
import Testing

@testable import AlertmanagerAPI

@Suite struct JSONCursorTests {
  private func isDocument(_ bytes: [UInt8]) -> Bool {
    var cursor = JSONCursor(bytes)
    do throws(JSONCursor.Fault) {
      try cursor.skip()
      try cursor.end()
      return true
    } catch { return false }
  }

  private func string(_ text: String) throws -> String {
    var cursor = JSONCursor(Array(text.utf8))
    return try cursor.string()
  }

  @Test func strings() throws {
    #expect(try string(#" "a\"\\\/\b\f\n\r\té" "#) == "a\"\\/\u{8}\u{c}\n\r\té")
    #expect(try string(#""\ud83d\ude00x""#) == "😀x")
    #expect(try string(#""\ud83d""#) == "\u{fffd}")
    #expect(try string(#""\ud83dA""#) == "\u{fffd}A")
    #expect(try string(#""\ude00\ud83d\ude00""#) == "\u{fffd}😀")
    var cursor = JSONCursor([0x22, 0xff, 0x41, 0x22])
    #expect(try cursor.string() == "\u{fffd}A")
  }

  @Test func depthIsBounded() {
    let most = JSONCursor.deepest
    func nested(_ depth: Int) -> [UInt8] {
      Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
    }
    #expect(isDocument(nested(most)) && !isDocument(nested(most + 1)))
    #expect(!isDocument([UInt8](repeating: UInt8(ascii: "["), count: 8 << 20)))
  }

  @Test(arguments: [
    "", " ", "nul", "truefalse", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}", "{a:1}", "[1 2]", "01", "1.", ".5",
    "+1",
    "1e", "\"a", "\"\\x\"", "\"\\u12g4\"", "\"\n\"", "[1]]", "{\"a\":1,}", "-", "NaN", "'a'",
  ]) func whatIsNoJSON(_ text: String) { #expect(!isDocument(Array(text.utf8))) }

  @Test func faultsNameTheirPlace() {
    var cursor = JSONCursor(Array("[true, x]".utf8))
    #expect(throws: JSONCursor.Fault(offset: 7, message: "unexpected character")) { try cursor.skip() }
  }

  /// Foundation is the judge of what is JSON and what is not.
  @Test func agreesWithFoundationOnBrokenDocuments() {
    let seed = UInt64.random(in: 0..<1 << 32)
    var random = SeededNumbers(seed: seed)
    let sound = Array(
      #"[{"labels":{"a":"b\u00e9\n","c":"\ud83d\ude00"},"n":[-1.5e+3,0,12,true,false,null],"o":{}}]"#.utf8)
    let pieces = Array(#"{}[]",:\u0123eE+-.truefalsn 😀"#.utf8)
    var both = 0
    for _ in 0..<20_000 {
      var bytes = sound
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[place] = random.pick(pieces)
        case 1: bytes.remove(at: place)
        default: bytes.insert(random.pick(pieces), at: place)
        }
      }
      // What is not UTF-8, and halves of surrogate pairs, Foundation refuses and Go repairs.
      guard String(validating: bytes, as: UTF8.self) != nil else {
        _ = isDocument(bytes)
        continue
      }
      let text = String(decoding: bytes, as: UTF8.self)
      let ours = isDocument(bytes)
      let theirs =
        (try? JSONSerialization.jsonObject(with: Data(bytes), options: [.fragmentsAllowed])) != nil
      if ours != theirs, text.contains("\\ud") || text.contains("\\u0000") { continue }
      // Foundation lets a last comma pass, and refuses numbers that no Double holds.
      if !ours, theirs, text.contains(/,[ ]*[}\]]/) { continue }
      if ours, !theirs, text.contains(/[eE][+]?[0-9]{3}/) { continue }
      #expect(ours == theirs, "seed \(seed): \(text)")
      if ours, theirs { both += 1 }
    }
    #expect(both > 500)
  }

  /// Any bytes: an answer, never a crash.
  @Test func garbageIsAnswered() {
    let seed = UInt64.random(in: 0..<1 << 32)
    var random = SeededNumbers(seed: seed)
    let ask = Asking(paging: ScriptedPaging())
    let words = [
      "{", "}", "[", "]", ":", ",", "\"labels\"", "\"a\"", "\"startsAt\"", "\"matchers\"", "\"name\"",
      "\"value\"",
      "\"isRegex\"", "true", "null", "\"2026-11-21T10:00:00Z\"", "\"endsAt\"", "\"comment\"", "\"createdBy\"",
      "\"fingerprints\"", "1e9", "\"\\ud800\"", "\u{0}", "\"by\"",
    ]
    for _ in 0..<5000 {
      let text = (0..<Int.random(in: 0..<30, using: &random)).map { _ in random.pick(words) }.joined()
      for path in ["/api/v2/alerts", "/api/v2/silences", "/api/farwatch/acknowledgements"] {
        let status = ask("POST", path, text).status
        #expect([200, 400, 422].contains(status), "seed \(seed): \(status) for \(text)")
      }
    }
  }
}

@Suite struct DateTimeTextTests {
  @Test(
    arguments: [
      ("2026-11-21T10:00:00Z", "2026-11-21T10:00:00.000Z"),
      ("2026-11-21T10:00:00.5Z", "2026-11-21T10:00:00.500Z"),
      ("2026-11-21T10:00:00.123456789+02:00", "2026-11-21T08:00:00.123Z"),
      ("2026-11-21t10:00:00.9999z", "2026-11-21T10:00:00.999Z"),
      ("2026-11-20T23:59:59-09:30", "2026-11-21T09:29:59.000Z"),
      ("2026-11-21 10:00:00", "2026-11-21T10:00:00.000Z"),
      ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"),
      ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
      ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
    ]) func times(_ text: String, _ time: String)
  {
    #expect(DateTimeText.parse(text)?.iso8601 == time)
  }

  @Test(arguments: [
    "", "junk", "2026-11-21", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-11-31T00:00:00Z",
    "2026-11-21T24:00:00Z", "2026-11-21T10:60:00Z", "2026-11-21T10:00:60Z", "2026-11-21T10:00:00.Z",
    "2026-11-21T10:00:00+2:00", "2026-11-21T10:00:00+24:00", "2026-11-21T10:00:00Zx", "026-11-21T10:00:00Z",
    "2026-00-10T10:00:00Z", "2026-11-00T10:00:00Z", "+026-11-21T10:00:00Z", "２０２６-11-21T10:00:00Z",
  ]) func noTimes(_ text: String) { #expect(DateTimeText.parse(text) == nil) }
}
