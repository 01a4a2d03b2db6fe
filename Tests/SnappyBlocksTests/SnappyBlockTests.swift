import FarwatchTesting
import SnappyBlocks
import Testing

@Suite struct SnappyBlockTests {
  @Test func decodesLiteralsAndCopies() throws {
    #expect(try SnappyBlock.decode([0], limit: 0) == [])
    // "abc" as a literal, then a copy of six bytes from three back.
    #expect(
      try SnappyBlock.decode([9, 8, 0x61, 0x62, 0x63, 0x09, 3], limit: 9) == Array("abcabcabc".utf8))
  }

  @Test func refusesMoreThanTheLimitBeforeItTakesMemory() {
    // Four gibibytes announced by five bytes.
    #expect(throws: SnappyFault.tooLong(0xffff_ffff, limit: 1000)) {
      try SnappyBlock.decode([0xff, 0xff, 0xff, 0xff, 0x0f], limit: 1000)
    }
    #expect(throws: SnappyFault.tooLong(9, limit: 8)) {
      try SnappyBlock.decode([9, 8, 0x61, 0x62, 0x63, 0x09, 3], limit: 8)
    }
  }

  @Test func refusesWhatIsNoBlock() {
    for bytes: [UInt8] in [[], [0x80], [3, 8, 0x61], [9, 8, 0x61, 0x62, 0x63, 0x09, 200]] {
      #expect(throws: SnappyFault.malformed) { try SnappyBlock.decode(bytes, limit: 1 << 20) }
    }
  }

  @Test func survivesAnyBytes() {
    let seed = UInt64.random(in: 0 ... .max)
    var numbers = SeededNumbers(seed: seed)
    for _ in 0..<20_000 {
      var bytes = (0..<Int.random(in: 0..<40, using: &numbers)).map { _ in
        UInt8.random(in: 0...255, using: &numbers)
      }
      if numbers.chance(50), !bytes.isEmpty { bytes[0] &= 0x3f }
      let decoded = try? SnappyBlock.decode(bytes, limit: 1 << 16)
      #expect(decoded.map { $0.count <= 1 << 16 } ?? true, "seed \(seed)")
    }
  }
}
