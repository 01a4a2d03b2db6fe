import FarwatchTesting
import Foundation
import Model
import Testing

@testable import Exposition

@Suite struct PageFormatTests {
  private static let families: [ScriptedFamilies.Content] = {
    typealias Series = [(Labels, Double)]
    let jobs: Series = [(["queue": "a\"b"], 3), (["queue": "b"], 1e15), (["queue": "c"], 1_234_567)]
    let lags: Series = [(.empty, 0.25), (["a": "1"], .nan), (["a": "2"], -.infinity)]
    let latency: Series = [
      (["__name__": "latency_seconds_sum", "x": "1"], 2.5),
      (["__name__": "latency_seconds_count", "x": "1"], 4),
      (["__name__": "latency_seconds_bucket", "x": "1", "le": "+Inf"], 4),
      (["__name__": "latency_seconds_bucket", "x": "1", "le": "10"], 3),
      (["__name__": "latency_seconds_bucket", "x": "1", "le": "2"], 1),
    ]
    let sizes: Series = [
      (["quantile": "0.5"], 1), (["__name__": "size_sum"], 3), (["__name__": "size_count"], 3),
    ]
    let dots: Series = [(["a.b": "1"], 1), (["a_b": "1"], 2), (["c": "x"], 3)]
    let odd: Series = [(.empty, 7)]
    let families: [(MetricFamily, Series)] = [
      (.counter("jobs_done_total", "Jobs \"done\".\n"), jobs), (.gauge("lag_seconds", "Lag."), lags),
      (.init("latency_seconds", .histogram, help: "Latency."), latency),
      (.init("odd", .untyped, help: ""), odd),
      (.init("size", .summary, help: "Size."), sizes), (.gauge("with.dots", "Dots."), dots),
    ]
    return families.enumerated().map {
      ScriptedFamilies.family($0.element.0, firstID: UInt32(1 + 10 * $0.offset), $0.element.1)
    }
  }()

  private func page(_ accept: String) -> MetricsPage {
    PageRenderer(ScriptedFamilies(Self.families)).render(.negotiate(accept: accept))
  }

  @Test func openMetricsIsWrittenAsGoWritesIt() {
    #expect(
      page("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8").text == """
        # HELP jobs_done Jobs \\"done\\".\\n
        # TYPE jobs_done counter
        jobs_done_total{queue="a\\"b"} 3.0
        jobs_done_total{queue="b"} 1e+15
        jobs_done_total{queue="c"} 1.234567e+06
        # HELP lag_seconds Lag.
        # TYPE lag_seconds gauge
        # UNIT lag_seconds seconds
        lag_seconds 0.25
        lag_seconds{a="1"} NaN
        lag_seconds{a="2"} -Inf
        # HELP latency_seconds Latency.
        # TYPE latency_seconds histogram
        # UNIT latency_seconds seconds
        latency_seconds_bucket{x="1",le="2.0"} 1
        latency_seconds_bucket{x="1",le="10.0"} 3
        latency_seconds_bucket{x="1",le="+Inf"} 4
        latency_seconds_sum{x="1"} 2.5
        latency_seconds_count{x="1"} 4
        # HELP odd \n# TYPE odd unknown
        odd 7.0
        # HELP size Size.
        # TYPE size summary
        size{quantile="0.5"} 1.0
        size_sum 3.0
        size_count 3
        # HELP "with.dots" Dots.
        # TYPE "with.dots" gauge
        {"with.dots","a.b"="1"} 1.0
        {"with.dots",a_b="1"} 2.0
        {"with.dots",c="x"} 3.0
        # EOF

        """)
  }

  @Test func namesThatBecomeOneAreRefused() {
    let reader = ScriptedFamilies(
      Self.families + [ScriptedFamilies.family(.gauge("with_dots", "."), firstID: 60, [(.empty, 5)])])
    let renderer = PageRenderer(reader)
    let text = renderer.render(.negotiate(accept: nil)).text
    #expect(text.contains("# TYPE with_dots gauge\nwith_dots{a_b=\"1\"} 1\nwith_dots{c=\"x\"} 3\n"))
    #expect(!text.contains("with_dots 5"))
    #expect(renderer.statistics.seriesRefused == 1 && renderer.statistics.familiesRefused == 1)
    // The one that was written is gone: the other takes its place.
    reader.change("with.dots") { $0.series.removeFirst() }
    #expect(renderer.render(.negotiate(accept: nil)).text.contains("with_dots{a_b=\"1\"} 2\n"))
    #expect(renderer.statistics.seriesRefused == 0)
    let values = renderer.render(.negotiate(accept: "text/plain;escaping=values")).text
    #expect(values.contains("U__with_2e_dots{U__a_2e_b=\"1\"}") == false && values.contains("with_dots 5\n"))
    #expect(values.contains("U__with_2e_dots{a_b=\"1\"} 2\n"))
  }

  /// What a reader makes of each format is the same.
  @Test(arguments: [
    "text/plain;version=1.0.0;escaping=allow-utf-8", "application/openmetrics-text;escaping=allow-utf-8",
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;escaping=allow-utf-8",
  ])
  func everyFormatSaysTheSame(_ accept: String) throws {
    let page = page(accept)
    let dialect = try #require(ExpositionDialect(contentType: page.contentType))
    var reader = ExpositionReader(isStrict: true)
    var samples: [(Int, Double, Timestamp?)] = []
    try reader.read(page.bytes.span, dialect: dialect) { series, value, time in
      samples.append((series, value, time))
      return nil
    }
    var found: Set<String> = []
    for (series, value, time) in samples {
      found.insert("\(reader.series[series]) \(NumberText.shortest(value)) \(time == nil)")
    }
    #expect(found.count == 18)
    for line in [
      #"jobs_done_total{queue="a\"b"} 3 true"#, #"lag_seconds{a="2"} -Inf true"#, "odd 7 true",
      "size_count 3 true",
      #"latency_seconds_bucket{le="+Inf", x="1"} 4 true"#, #"size{quantile="0.5"} 1 true"#,
    ] { #expect(found.contains(line), "\(line) of \(found.sorted())") }
    #expect(reader.series.contains(["__name__": "with.dots", "a.b": "1"]))
    #expect(reader.familyTypes.count == 6 && reader.familyHelps.count == 6)
  }

  /// Whatever changes, a page that is written in steps is the one that is written at once.
  @Test(arguments: [
    "application/openmetrics-text",
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
  ])
  func stepsEndWhereOneStrideDoes(_ accept: String) {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededNumbers(seed: seed)
    let format = ExpositionFormat.negotiate(accept: accept)
    let reader = ScriptedFamilies(Self.families)
    let renderer = PageRenderer(reader)
    for _ in 0..<100 {
      let name = Self.families[Int.random(in: 0..<6, using: &random)].family.name
      reader.change(name) { family in
        if family.series.count > 1, Int.random(in: 0..<5, using: &random) == 0 { family.series.removeLast() }
        for place in family.series.indices where Bool.random(using: &random) {
          family.series[place].value = Double(Int.random(in: 0...1_000_000, using: &random)) / 1000
        }
      }
      #expect(renderer.render(format).bytes == PageRenderer(reader).render(format).bytes, "seed \(seed)")
    }
  }

  @Test func numbersAreGosShortest() {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededNumbers(seed: seed)
    var values: [Double] = [
      0, -0.0, 1, -1, 999_999, 1e6, 999_999.5, 1e-4, 9.9e-5, 123_456_789_012_345, 1e15, 1e21, 0.1 + 0.2,
      .leastNonzeroMagnitude, 1.5e300,
    ]
    for _ in 0..<6000 {
      switch Int.random(in: 0..<5, using: &random) {
      case 0: values.append(Double(bitPattern: .random(in: 0 ... .max, using: &random)))
      case 1: values.append(Double(Int.random(in: -2_000_000...2_000_000, using: &random)))
      case 2: values.append(Double(Int.random(in: 0...1 << 53, using: &random)) / 1e3)
      case 3: values.append(Double(Int.random(in: 0...1_000_000_000, using: &random)) / 1e9)
      default: values.append(Double.random(in: 0...2e9, using: &random))
      }
    }
    for value in values {
      var writer = ByteWriter(capacity: 64)
      writer.append(number: value)
      #expect(
        String(decoding: writer.bytes(from: 0), as: UTF8.self) == NumberText.shortest(value), "seed \(seed)")
      _ = writer.finish()
    }
  }
}
