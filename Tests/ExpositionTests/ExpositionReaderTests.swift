import FarwatchTesting
import Foundation
import Model
import Testing

@testable import Exposition

@Suite struct ExpositionReaderTests {
  struct ReadSample: Equatable, CustomStringConvertible {
    var series: String
    var value: Double
    var time: Int64?
    var description: String { "\(series) \(value) \(time.map(String.init) ?? "-")" }
  }

  private func read(
    _ text: String, _ dialect: ExpositionDialect? = nil
  ) throws(ExpositionProblem) -> [ReadSample] {
    try read(Array(text.utf8), dialect)
  }

  private func read(
    _ bytes: [UInt8], _ dialect: ExpositionDialect? = nil, isStrict: Bool = false
  ) throws(ExpositionProblem) -> [ReadSample] {
    var reader = ExpositionReader(isStrict: isStrict)
    var found: [(Int, Double, Timestamp?)] = []
    try reader.read(bytes.span, dialect: dialect ?? .guess(bytes.span)) {
      found.append(($0, $1, $2))
      return nil
    }
    return found.map {
      ReadSample(series: reader.series[$0.0].description, value: $0.1, time: $0.2?.milliseconds)
    }
  }

  @Test func prometheusTextIsRead() throws {
    let text = """
      # HELP up Whether \\n it is up.
      # TYPE up gauge

      # a remark
      up{instance="a\\"b\\\\c\\nd", job = "x" ,} 1 1700000000123
      up 0
      \tup{}   +Inf\t-5
      {"dotted.name","a label"="1"} NaN

      """
    let samples = try read(text)
    #expect(
      samples.dropLast() == [
        ReadSample(
          series: #"up{instance="a\"b\\c\nd", job="x"}"#, value: 1, time: 1_700_000_000_123),
        ReadSample(series: "up", value: 0), ReadSample(series: "up", value: .infinity, time: -5),
      ])
    #expect(samples.last?.series == #"dotted.name{a label="1"}"# && samples.last?.value.isNaN == true)
  }

  @Test func openMetricsIsRead() throws {
    let text = """
      # TYPE requests counter
      # HELP requests How many.
      requests_total{code="200"} 7 1700000000.5 # {trace_id="x"} 1 1700000000
      requests_created{code="200"} 1.5e9
      # TYPE latency_seconds histogram
      # UNIT latency_seconds seconds
      latency_seconds_bucket{le="+Inf"} 2 # {} 0.5
      latency_seconds_count 2
      # EOF

      """
    #expect(
      try read(text).map(\.description) == [
        #"requests_total{code="200"} 7.0 1700000000500"#, #"requests_created{code="200"} 1500000000.0 -"#,
        #"latency_seconds_bucket{le="+Inf"} 2.0 -"#, "latency_seconds_count 2.0 -",
      ])
  }

  @Test(arguments: [
    ("up", "1:3: expected a blank before the value"),
    ("up one", "1:4: expected a value, found \"one\""),
    ("up 0x10", "1:4: expected a value, found \"0x10\""),
    ("up 1_000", "1:4: expected a value, found \"1_000\""),
    ("up 1 2.5", "1:6: expected a time in milliseconds"),
    ("up 1 2 3", "1:8: expected the end of the line after the time"),
    ("a 1\n9up 1", "2:1: expected the name of a metric"),
    ("up{a=\"1\" 1", "1:11: labels have no end: } is missing"),
    ("up{a=\"1\",a=\"2\"} 1", "1:10: the label a comes twice"),
    ("up{a=1} 1", "1:6: expected the value of a label between quotes"),
    ("up{a=\"1\"b=\"2\"} 1", "1:9: expected , or } after a label"),
    ("{a=\"1\"} 1", "1:1: a series without the name of a metric"),
    ("up{\"other\"} 1", "1:1: a second name, \"other\", among the labels"),
    ("# TYPE up gouge", "1:11: \"gouge\" is no type of a metric"),
    ("up 1\r\n", "1:5: a carriage return: lines end in a line feed alone"),
    ("# TYPE a gauge\na 1\n# EO\n# EOF\n", "3:3: expected HELP, TYPE, UNIT or EOF after #"),
    ("# TYPE a gauge\na  1\n# EOF\n", "2:3: expected a value"),
    ("a 1\nb 1\na 2\n# EOF\n", "3:1: the samples of a do not stand together"),
    ("a 1\n\n# EOF\n", "2:1: an empty line"),
  ])
  func whatIsWrongIsNamedWithItsPlace(_ text: String, _ expected: String) {
    let complaint: String
    do throws(ExpositionProblem) {
      complaint = "taken: \(try read(text))"
    } catch { complaint = "\(error)" }
    #expect(complaint == expected)
  }

  @Test func aCutFileIsNoWholeOne() {
    #expect(
      throws: ExpositionProblem(
        line: 2, column: 1, message: "the end, \"# EOF\", is missing: the exposition was cut")
    ) {
      try read("a 1\n", .openMetrics)
    }
    #expect(throws: ExpositionProblem.self) { try read("# EOF\na 1\n", .openMetrics) }
  }

  @Test func aSeriesKeepsItsPlaceOverPages() throws {
    var reader = ExpositionReader()
    var places: [Int] = []
    for page in ["a{x=\"1\",y=\"2\"} 1\nb 2\n", "b 3\na{y=\"2\",x=\"1\"} 4\n"] {
      try reader.read(Array(page.utf8).span, dialect: .prometheus) { series, _, _ in
        places.append(series)
        return nil
      }
    }
    #expect(places == [0, 1, 1, 0] && reader.series.count == 2)
  }

  @Test func seriesHaveALimit() {
    var limits = ExpositionLimits()
    limits.series = 2
    var reader = ExpositionReader(limits: limits)
    #expect(throws: ExpositionProblem(line: 3, column: 2, message: "more than 2 series")) {
      try reader.read(Array("a 1\nb 1\nc 1\n".utf8).span, dialect: .prometheus) { _, _, _ in nil }
    }
  }

  /// Whatever comes, it is read or refused; and refused with a place inside of it.
  @Test(arguments: [UInt64(1), 2, 3])
  func foreignBytesNeverCrash(_ seed: UInt64) {
    var random = SeededNumbers(seed: seed)
    let good = Array(
      """
      # TYPE requests counter
      # HELP requests How \\ many.
      # UNIT latency_seconds seconds
      requests_total{code="200",path="/\\"x\\n"} 7 1700000000.5 # {trace_id="x"} 1 1700000000
      {"dotted.name","a label"="é"} NaN
      up{} +Inf
      # TYPE sizes histogram
      sizes_bucket{le="1.0"} 1
      sizes_bucket{le="+Inf"} 2
      sizes_count 2
      sizes_sum 3
      # EOF

      """.utf8)
    for round in 0..<2000 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let place = Int.random(in: 0...bytes.count - 1, using: &random)
        switch Int.random(in: 0...3, using: &random) {
        case 0: bytes[place] = UInt8(truncatingIfNeeded: Int.random(in: 0...255, using: &random))
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(bytes[Int.random(in: 0...bytes.count - 1, using: &random)], at: place)
        default: bytes = Array(bytes.prefix(max(1, place)))
        }
        if bytes.isEmpty { bytes = good }
      }
      for dialect in [ExpositionDialect.prometheus, .openMetrics] {
        do throws(ExpositionProblem) {
          _ = try read(bytes, dialect, isStrict: round % 2 == 0)
        } catch {
          let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
          let isInside =
            error.line >= 1 && error.line <= lines.count + 1 && error.column >= 1
            && error.column <= (error.line <= lines.count ? lines[error.line - 1].count : 0) + 1
          #expect(isInside, "seed \(seed), round \(round): \(error)")
        }
      }
    }
  }
}
