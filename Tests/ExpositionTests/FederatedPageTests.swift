import FarwatchTesting
import Foundation
import Model
import Testing

@testable import Exposition

@Suite struct FederatedPageTests {
  private static let time = Timestamp(milliseconds: 1_772_323_200_045)

  private func page(
    _ syntax: ExpositionFormat.Syntax, _ escaping: NameEscaping,
    _ series: [(Labels, Double)], external: Labels = .empty
  ) -> [UInt8] {
    var page = FederatedPage(
      ExpositionFormat(syntax, version: "1.0.0", escaping: escaping), externalLabels: external)
    for (labels, value) in series { page.append(labels, Sample(timestamp: Self.time, value: value)) }
    return page.finish()
  }

  private func text(
    _ syntax: ExpositionFormat.Syntax, _ escaping: NameEscaping,
    _ series: [(Labels, Double)], external: Labels = .empty
  ) -> String { String(decoding: page(syntax, escaping, series, external: external), as: UTF8.self) }

  private static let world: [(Labels, Double)] = [
    (["__name__": "a.b", "q": "1\"\n\\"], -0.0), (["__name__": "a.b", "r.s": "2", "zone": "own"], 1),
    (["__name__": "up", "instance": "x"], .infinity),
  ]

  @Test func textHasTimesInMilliseconds() {
    #expect(
      text(.text, .underscores, Self.world, external: ["zone": "z"]) == #"""
        # TYPE a_b untyped
        a_b{q="1\"\n\\",instance="",zone="z"} 0 1772323200045
        a_b{r_s="2",zone="own",instance=""} 1 1772323200045
        # TYPE up untyped
        up{instance="x",zone="z"} +Inf 1772323200045

        """#)
  }

  @Test func openMetricsHasTimesInSecondsAndAnEnd() {
    #expect(
      text(.openMetrics, .allowUTF8, Self.world) == #"""
        # TYPE "a.b" unknown
        {"a.b",q="1\"\n\\",instance=""} 0.0 1772323200.045
        {"a.b","r.s"="2",zone="own",instance=""} 1.0 1772323200.045
        # TYPE up unknown
        up{instance="x"} +Inf 1772323200.045
        # EOF

        """#)
    #expect(text(.openMetrics, .underscores, []) == "# EOF\n")
    #expect(text(.text, .underscores, []).isEmpty && page(.protobuf, .values, []).isEmpty)
  }

  /// What our own reader, which is held against Prometheus' cases, makes of each format.
  @Test(arguments: [ExpositionFormat.Syntax.text, .openMetrics, .protobuf])
  func theReaderFindsTheSame(_ syntax: ExpositionFormat.Syntax) throws {
    var reader = ExpositionReader()
    var found: [String] = []
    let dialect: ExpositionDialect =
      switch syntax {
      case .text: .prometheus
      case .openMetrics: .openMetrics
      case .protobuf: .protobuf
      }
    var rows: [(Int, Double, Timestamp?)] = []
    try reader.read(page(syntax, .values, Self.world).span, dialect: dialect) { series, value, time in
      rows.append((series, value, time))
      return nil
    }
    for (series, value, time) in rows {
      found.append("\(reader.series[series]) \(value == 0 ? 0 : value) \(time?.milliseconds ?? 0)")
    }
    let expected: [(Labels, Double)] = [
      (["__name__": "U__a_2e_b", "q": "1\"\n\\"], 0),
      (["__name__": "U__a_2e_b", "U__r_2e_s": "2", "zone": "own"], 1),
      (["__name__": "up", "instance": "x"], .infinity),
    ]
    #expect(found == expected.map { "\($0.0) \($0.1) \(Self.time.milliseconds)" })
  }

  /// The bytes are those of Prometheus 2.42 for the same histogram.
  @Test func protobufHasNativeHistograms() {
    var histogram = FloatHistogram()
    histogram.schema = -1
    histogram.count = 13
    histogram.sum = -4.25
    histogram.zeroThreshold = 0.001
    histogram.zeroCount = 1
    histogram.positiveSpans = [.init(offset: -2, length: 2), .init(offset: 3, length: 1)]
    histogram.positiveBuckets = [2, 3, 4]
    histogram.negativeSpans = [.init(offset: 0, length: 1)]
    histogram.negativeBuckets = [3]
    let labels: Labels = ["__name__": "nint", "a": "b", "instance": "127.0.0.1:19871", "job": "x"]
    let time = Timestamp(milliseconds: 1795315180579)
    func page(_ syntax: ExpositionFormat.Syntax, _ histogram: FloatHistogram) -> [UInt8] {
      var page = FederatedPage(
        ExpositionFormat(syntax, version: "", escaping: .underscores), externalLabels: .empty)
      page.append(labels, histogram, at: time)
      return page.finish()
    }
    let expected = """
      9f010a046e696e7418042294010a060a01611201620a1b0a08696e7374616e6365120f3132372e302e302e313a31393837310a080a036a\
      6f6212017830a3c8fe88a0343a5c1100000000000011c0210000000000002a40280131fca9f1d24d62503f41000000000000f03f4a0408\
      001001590000000000000840620408031002620408061001710000000000000040710000000000000840710000000000001040
      """
    let hexadecimal = page(.protobuf, histogram).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    #expect(hexadecimal == expected)
    #expect(page(.text, histogram).isEmpty)
    // A gauge of them is another type, and bounds of one's own have no place there.
    histogram.counterResetHint = .gauge
    #expect(page(.protobuf, histogram).dropFirst(2).prefix(8) == [10, 4, 110, 105, 110, 116, 24, 5])
    histogram.schema = FloatHistogram.customBucketsSchema
    #expect(page(.protobuf, histogram).isEmpty)
  }

  /// One name, of floats and of a histogram: two families.
  @Test func oneNameMayBeOfBoth() {
    var page = FederatedPage(
      ExpositionFormat(.protobuf, version: "", escaping: .underscores), externalLabels: .empty)
    page.append(["__name__": "m", "a": "1"], Sample(timestamp: Self.time, value: 1))
    page.append(["__name__": "m", "a": "2"], FloatHistogram(), at: Self.time)
    page.append(["__name__": "m", "a": "3"], Sample(timestamp: Self.time, value: 1))
    let bytes = page.finish()
    let heads = bytes.indices.filter { bytes[$0...].starts(with: [10, 1, UInt8(ascii: "m"), 3 << 3]) }
    #expect(heads.map { bytes[$0 + 4] } == [3, 4, 3])
  }

  /// Names that are escaped to one name, of labels and of families: what comes second is left off.
  @Test func whatWouldBeAmbiguousIsLeftOff() {
    let series: [(Labels, Double)] = [
      (["__name__": "a.b"], 1), (["__name__": "a:b", "x:y": "1"], 2), (["__name__": "a_b"], 3),
      (["__name__": "c", "l.m": "1", "l_m": "2"], 4), (["__name__": "c", "l.m": "1"], 5), (["no": "name"], 6),
    ]
    #expect(
      text(.text, .underscores, series) == """
        # TYPE a_b untyped
        a_b{instance=""} 1 1772323200045
        # TYPE a:b untyped
        a:b{x_y="1",instance=""} 2 1772323200045
        # TYPE c untyped
        c{l_m="1",instance=""} 5 1772323200045

        """)
  }
}

/// What gzip's and zstd's own programs make of bytes that were compressed in pieces.
@Suite struct ContentCodingBytesTests {
  private struct Enough: Error {}

  @Test(arguments: [0, 5, 1 << 20, (5 << 20) + 7]) func othersReadIt(_ count: Int) async throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 9) }
    let directory = try TemporaryDirectory("coding")
    for (coding, program) in [(ContentCoding.gzip, "gzip"), (.zstandard, "zstd")] {
      var pieces = 0
      let packed = try #require(coding.encode(bytes) { pieces += 1 })
      #expect(pieces == (count + (1 << 20) - 1) >> 20)
      if count > 1000 { #expect(packed.count < count / 2) }
      // No frame at all is what zstd makes of nothing; its program wants one.
      if packed.isEmpty { continue }
      let (file, out) = (directory.file("in.\(program == "gzip" ? "gz" : "zst")"), directory.file("out"))
      try Data(packed).write(to: URL(filePath: file))
      _ = try await ChildProcess.run(["sh", "-c", "\(program) -qdc < '\(file)' > '\(out)'"])
      #expect(try Data(contentsOf: URL(filePath: out)) == Data(bytes))
    }
  }

  @Test func itEndsWhenItIsToldTo() {
    let bytes = [UInt8](repeating: 7, count: 3 << 20)
    for coding in [ContentCoding.gzip, .zstandard] {
      var pieces = 0
      #expect(throws: Enough.self) {
        _ = try coding.encode(bytes) { () throws(Enough) in
          pieces += 1
          if pieces == 2 { throw Enough() }
        }
      }
      #expect(pieces == 2)
    }
    #expect(ContentCoding.identity.encode(bytes) {} == nil)
  }
}
