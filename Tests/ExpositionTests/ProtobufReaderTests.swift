import FarwatchTesting
import Model
import Testing

@testable import Exposition

@Suite struct ProtobufReaderTests {
  private func read(_ bytes: [UInt8]) throws(ExpositionProblem) -> [String] {
    var reader = ExpositionReader()
    var samples: [(Int, Double, Timestamp?)] = []
    try reader.read(bytes.span, dialect: .protobuf) { series, value, time in
      samples.append((series, value, time))
      return nil
    }
    return samples.map {
      "\(reader.series[$0.0]) \(NumberText.shortest($0.1))" + ($0.2.map { " \($0.milliseconds)" } ?? "")
    }
  }

  private static func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
    [number << 3 | 2, UInt8(content.count)] + content
  }
  private static func double(_ number: UInt8, _ value: Double) -> [UInt8] {
    [number << 3 | 1] + withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
  }
  private static func page(_ kind: UInt8, _ metric: [UInt8]) -> [UInt8] {
    let family =
      field(1, Array("m".utf8)) + field(2, []) + [3 << 3, kind] + field(4, metric) + [0x35, 1, 2, 3, 4]
    return [UInt8(family.count)] + family
  }

  @Test func whatStandsInTheMessagesIsRead() throws {
    let label = Self.field(1, Self.field(1, Array("a".utf8)) + Self.field(2, Array("é".utf8)))
    // A time, a field that nobody knows, and a padded number.
    let gauge = label + Self.field(2, Self.double(1, 2.5)) + [6 << 3, 0x85, 0x00, 0xf8, 0x07, 0x01]
    #expect(try read(Self.page(1, gauge)) == [#"m{a="é"} 2.5 5"#])
    #expect(try read(Self.page(1, gauge) + Self.page(1, gauge)).count == 2)
    // What is 0 may be left out.
    #expect(try read(Self.page(0, label)) == [#"m{a="é"} 0"#])
    let buckets =
      Self.field(3, [1 << 3, 2] + Self.double(2, 0.5))
      + Self.field(3, Self.double(4, 2.5) + Self.double(2, 1))
    let histogram = [1 << 3, 3] + Self.double(2, 9) + buckets
    #expect(
      try read(Self.page(4, Self.field(7, histogram))) == [
        #"m_bucket{le="0.5"} 2"#, #"m_bucket{le="1"} 2.5"#, #"m_bucket{le="+Inf"} 3"#, "m_sum 9", "m_count 3",
      ])
    let summary = [1 << 3, 3] + Self.double(2, 9) + Self.field(3, Self.double(1, 0.5) + Self.double(2, 4))
    #expect(
      try read(Self.page(2, Self.field(4, summary))) == [#"m{quantile="0.5"} 4"#, "m_sum 9", "m_count 3"])
  }

  @Test(
    arguments: [
      ([5, 0x0a, 1, 0x6d], "1:1: a family that is cut"), ([2, 0x18, 9], "1:2: an unknown type, 9"),
      ([2, 0x18, 1], "1:2: a family without a name"), ([3, 0x0a, 1, 0xff], "1:2: a text that is not UTF-8"),
      ([2, 0x0b, 0], "1:2: a malformed family"), ([0xff, 0xff], "1:1: a family that is cut"),
    ] as [([UInt8], String)])
  func whatIsWrongIsNamedWithItsPlace(_ bytes: [UInt8], _ expected: String) {
    do throws(ExpositionProblem) {
      Issue.record("taken: \(try read(bytes))")
    } catch { #expect("\(error)" == expected) }
  }

  @Test func labelsAndSeriesHaveALimit() throws {
    let label = Self.field(1, Self.field(1, Array("a".utf8)) + Self.field(2, Array("x".utf8)))
    #expect(throws: ExpositionProblem.self) { try read(Self.page(1, label + label)) }
    var limits = ExpositionLimits()
    limits.series = 1
    var reader = ExpositionReader(limits: limits)
    let pages = Self.page(1, label) + Self.page(1, [])
    #expect(throws: ExpositionProblem.self) {
      try reader.read(pages.span, dialect: .protobuf) { _, _, _ in nil }
    }
  }

  /// Whatever comes, it is read or refused, with a place inside of it.
  @Test func foreignBytesNeverCrash() {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededNumbers(seed: seed)
    let label = Self.field(1, Self.field(1, Array("a".utf8)) + Self.field(2, Array("x".utf8)))
    let histogram = [1 << 3, 3] + Self.double(2, 9) + Self.field(3, [1 << 3, 2] + Self.double(2, 0.5))
    let good =
      Self.page(1, label + Self.field(2, Self.double(1, 2.5)))
      + Self.page(4, label + Self.field(7, histogram))
    for round in 0..<5000 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...5, using: &random) where !bytes.isEmpty {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0...3, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0 ... .max, using: &random)
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(UInt8.random(in: 0 ... .max, using: &random), at: place)
        default: bytes = Array(bytes.prefix(place))
        }
      }
      do throws(ExpositionProblem) {
        _ = try read(bytes)
      } catch {
        #expect(
          error.line == 1 && error.column >= 1 && error.column <= bytes.count + 1,
          "seed \(seed), round \(round): \(error)")
      }
    }
  }
}
