import FarwatchTesting
import Model
@testable import RedisClient
import Testing

@Suite struct ReplyParserTests {
  private func parse(_ text: String, chunk: Int = .max) throws -> [RedisValue] {
    var parser = ReplyParser()
    var values: [RedisValue] = []
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      parser.feed(rest.prefix(chunk))
      rest = rest.dropFirst(chunk)
      while let value = try parser.next() { values.append(value) }
    }
    #expect(parser.isEmpty)
    return values
  }

  @Test(arguments: [1, 2, 3, 7, 100]) func anyCutGivesTheSame(chunk: Int) throws {
    let text =
      "+OK\r\n:-7\r\n$-1\r\n$3\r\na\r\n\r\n*-1\r\n*0\r\n*2\r\n*1\r\n:1\r\n$0\r\n\r\n-LOADING wait\r\n"
    let values = try parse(text, chunk: chunk)
    #expect(values.count == 8)
    #expect(values[0].text == "OK")
    #expect(values[1] == .integer(-7))
    #expect(values[2] == .null)
    #expect(values[3] == .string(Array("a\r\n".utf8)))
    #expect(values[4] == .null)
    #expect(values[5] == .array([]))
    #expect(values[6] == .array([.array([.integer(1)]), .string([])]))
    guard case .error(let error) = values[7] else { throw BenchError("no error") }
    #expect(error.code == "LOADING")
  }

  @Test(arguments: [
    "HTTP/1.1 400\r\n", "\u{15}\u{3}", "$-2\r\n", "$99999999999999999999\r\n", "*-9\r\n", ":1x\r\n",
    "$1\r\nabcd\r\n",
    "$2000000\r\n", "*100000\r\n", "+a\rb\r\n", String(repeating: "*1\r\n", count: 20),
  ]) func whatIsWrongEndsTheConversation(text: String) {
    #expect(throws: RedisError.self) { try parse(text) }
  }

  @Test func aLineWithoutEndIsNotKept() {
    #expect(throws: RedisError.self) { try parse("+" + String(repeating: "x", count: 20_000)) }
  }

  @Test func randomBytesNeverHarm() {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    var random = SeededNumbers(seed: seed)
    let pieces = [
      "+OK\r\n", "-ERR x\r\n", "$3\r\nabc\r\n", "*2\r\n", ":5\r\n", "$-1\r\n", "*3\r\n", "\r", "\n", "$", "*",
      "9",
    ]
    for _ in 0..<4000 {
      var bytes: [UInt8] = []
      for _ in 0..<Int.random(in: 1..<12, using: &random) { bytes += random.pick(pieces).utf8 }
      if random.chance(50), !bytes.isEmpty {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      var parser = ReplyParser()
      var rest = bytes[...]
      feeding: while !rest.isEmpty {
        let count = Int.random(in: 1...9, using: &random)
        parser.feed(rest.prefix(count))
        rest = rest.dropFirst(count)
        do { while try parser.next() != nil {} } catch { break feeding }
      }
    }
  }

  @Test(arguments: [
    ("NOAUTH Authentication required.", FailureReason.authentication), ("NOPERM this user", .permission),
    ("LOADING Redis is loading", .refused), ("MASTERDOWN Link", .refused), ("BUSY Redis is busy", .refused),
    ("READONLY You can't", .status), ("MISCONF Redis", .io), ("OOM command", .limit),
    ("CLUSTERDOWN x", .status),
    ("ERR max number of clients reached", .limit), ("ERR unknown command 'X'", .missing), ("", .query),
    ("WRONGPASS invalid", .authentication), ("DENIED Redis is running in protected mode", .permission),
  ]) func everyRefusalHasItsReason(line: String, reason: FailureReason) {
    #expect(RedisError.said(line).reason == reason)
  }
}
