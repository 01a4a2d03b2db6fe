import DNSClient
import FarwatchTesting
import Model
import Testing

@Suite struct DNSMessageTests {
  /// A header that announces so many records, and a question for a.bc, type A.
  private static func head(answers: UInt8 = 0, authority: UInt8 = 0, additional: UInt8 = 0) -> [UInt8] {
    [0x12, 0x34, 0x85, 0xa0, 0, 1, 0, answers, 0, authority, 0, additional]
      + [1, 0x61, 2, 0x62, 0x43, 0, 0, 1, 0, 1]
  }

  private static func record(_ name: [UInt8], _ type: UInt16, _ data: [UInt8], ttl: [UInt8] = [0, 0, 0, 9])
    -> [UInt8]
  {
    name + [UInt8(type >> 8), UInt8(type & 255), 0, 1] + ttl + [
      UInt8(data.count >> 8), UInt8(data.count & 255),
    ]
      + data
  }

  private static let back: [UInt8] = [0xc0, 12]

  private func problem(_ bytes: [UInt8]) -> String? {
    do throws(DNSFormatError) {
      _ = try DNSMessage(wire: bytes)
      return nil
    } catch { return error.description }
  }

  @Test func headerAndNames() throws {
    let message = try DNSMessage(wire: Self.head(answers: 1) + Self.record(Self.back, 1, [192, 0, 2, 7]))
    #expect(message.id == 0x1234)
    #expect(message.isAuthoritative && message.recursionAvailable && message.isAuthenticated)
    #expect(!message.isTruncated && !message.hasEDNS)
    #expect(message.question == DNSQuestion(name: "a.bc", type: .a))
    #expect(message.answers == [.init(name: "a.bc", type: .a, timeToLive: 9, data: .address("192.0.2.7"))])
  }

  @Test func whatIsOutOfOrderIsRefused() {
    let a: [UInt8] = [192, 0, 2, 7]
    let cases: [(String, [UInt8])] = [
      ("shorter than a header", []),
      ("a question where an answer should be", [0, 0, 1] + [UInt8](repeating: 0, count: 9)),
      ("it ends in the middle", Self.head(answers: 1) + [0xc0, 12, 0, 1]),
      ("a name beyond the end", Self.head(answers: 1)),
      ("a name that points forward or in a circle", Self.head(answers: 1) + Self.record([0xc0, 22], 1, a)),
      ("a label of an unknown kind", Self.head(answers: 1) + Self.record([0x80, 1], 1, a)),
      ("a record longer than the message", Self.head(answers: 1) + Self.record(Self.back, 1, a).dropLast()),
      (
        "a record with more data than its type has",
        Self.head(answers: 1) + Self.record(Self.back, 1, a + [1])
      ),
      ("bytes after the last record", Self.head() + [0]),
      ("a text longer than its record", Self.head(answers: 1) + Self.record(Self.back, 16, [9, 1])),
      ("EDNS outside the additional section", Self.head(answers: 1) + Self.record([0], 41, [])),
      (
        "EDNS twice, or not at the root",
        Self.head(additional: 2) + Self.record([0], 41, []) + Self.record([0], 41, [])
      ),
      ("an option longer than its record", Self.head(additional: 1) + Self.record([0], 41, [0, 8, 0, 9, 0])),
    ]
    for (said, bytes) in cases { #expect(problem(bytes) == said) }
    #expect(problem(Self.head(answers: 1) + Self.record(Self.back, 1, [1, 2])) != nil)
    #expect(problem(Self.head(answers: 1) + Self.record(Self.back, 28, a)) != nil)
  }

  /// A pointer to a pointer to … is followed only backwards, and a name of more than 255 bytes is none.
  @Test func namesAreBounded() {
    var bytes = Self.head(answers: 1)
    let label = [UInt8](repeating: 0x61, count: 63)
    bytes +=
      ([63] + label + [63] + label + [63] + label + [63] + label + [0]) + [0, 1, 0, 1, 0, 0, 0, 1, 0, 0]
    #expect(problem(bytes) == "a name of more than 255 bytes")
  }

  @Test func ofACutAnswerOnlyThatIsBelieved() throws {
    var bytes = Self.head(answers: 2) + Self.record(Self.back, 1, [192, 0, 2, 7])
    bytes[2] |= 0x02
    let message = try DNSMessage(wire: bytes)
    #expect(message.isTruncated && message.answers.isEmpty)
  }

  @Test func theCodeIsExtendedByEDNSAndHugeTimesAreNone() throws {
    let message = try DNSMessage(
      wire: Self.head(answers: 1, additional: 1)
        + Self.record(Self.back, 1, [192, 0, 2, 7], ttl: [0x80, 0, 0, 0])
        + Self.record([0], 41, [], ttl: [1, 0, 0, 0]))
    #expect(message.code.name == "BADVERS")
    #expect(message.answers[0].timeToLive == 0)
    #expect(DNSResponseCode(code: 3841).name == "RCODE3841")
    #expect(DNSRecordType(code: 65).name == "TYPE65")
  }

  @Test func namesAsText() {
    #expect(DNSName.canonical("WWW.Example.COM.") == "www.example.com")
    #expect(DNSName.canonical(".") == ".")
    #expect(DNSName.canonical(#"a\.b.c"#) == #"a\.b.c"#)
    #expect(DNSName.canonical(#"\007x.c"#) == #"\007x.c"#)
    let long = String(repeating: "a", count: 63)
    #expect(DNSName.canonical("\(long).\(long).\(long).\(String(repeating: "a", count: 61))") != nil)
    for wrong in [
      "", "..", "a..b", ".a", "ä.de", "a b", "\(long)a", "\(long).\(long).\(long).\(long)", #"a\"#, #"a\25"#,
      #"a\999"#, "a\n",
    ] {
      #expect(DNSName.canonical(wrong) == nil, "\(wrong)")
    }
  }

  /// Whatever the bytes, reading them ends, does not crash and gives names within their limits.
  @Test func anyBytesAreRead() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var numbers = SeededNumbers(seed: seed)
    let whole =
      Self.head(answers: 5, authority: 1, additional: 1)
      + Self.record(Self.back, 5, [1, 0x7a, 0xc0, 12]) + Self.record([1, 0x7a, 0xc0, 12], 1, [192, 0, 2, 7])
      + Self.record(Self.back, 15, [0, 5, 0xc0, 14]) + Self.record(Self.back, 16, [2, 0x68, 0x69, 0])
      + Self.record(Self.back, 33, [0, 1, 0, 2, 0, 80, 0xc0, 12])
      + Self.record(Self.back, 6, [0xc0, 12, 0xc0, 14] + [UInt8](repeating: 1, count: 20))
      + Self.record([0], 41, [0, 8, 0, 7, 0, 1, 24, 20, 192, 0, 2])
    _ = try DNSMessage(wire: whole)
    var understood = 0
    for _ in 0..<20_000 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...6, using: &numbers) {
        switch Int.random(in: 0..<4, using: &numbers) {
        case 0:
          bytes[Int.random(in: 0..<bytes.count, using: &numbers)] = UInt8.random(in: 0...255, using: &numbers)
        case 1: bytes = Array(bytes.prefix(max(1, Int.random(in: 0...bytes.count, using: &numbers))))
        case 2:
          let place = Int.random(in: 0..<bytes.count, using: &numbers)
          bytes.insert(numbers.pick([0, 0xc0, 0xff, 12, 63]), at: place)
        default: bytes += bytes.suffix(Int.random(in: 0...40, using: &numbers))
        }
      }
      guard let message = try? DNSMessage(wire: bytes) else { continue }
      understood += 1
      for record in message.answers + message.authority + message.additional {
        #expect(record.name.utf8.count <= 255 * 4, "seed \(seed)")
        _ = record.data.presentation
      }
      _ = message.timeToLive(for: DNSQuestion(name: "a.bc", type: .a))
    }
    #expect(understood > 100, "seed \(seed): the changes leave nothing to read")
  }
}
