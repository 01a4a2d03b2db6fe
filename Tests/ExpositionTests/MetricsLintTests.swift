import FarwatchTesting
import Foundation
import Testing

@testable import Exposition

@Suite struct MetricsLintTests {
  private func findings(_ page: String, _ dialect: ExpositionDialect = .prometheus) throws -> [String] {
    var reader = ExpositionReader(isStrict: true)
    try reader.read(Array(page.utf8).span, dialect: dialect) { _, _, _ in nil }
    return MetricsLint.findings(reader, dialect: dialect).map(\.description)
  }

  /// Names put together from words that matter, of every type, with and without help: promtool says the same. Of several
  /// units in a name it takes any, by chance; ours is the first: no name here has two.
  @Test func promtoolSaysTheSame() async throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededNumbers(seed: seed)
    let words = [
      "jobs", "ms", "s", "total", "count", "sum", "bucket", "gauge", "counter", "histogram", "summary",
      "camelCase",
      "http:x", "mib", "b", "info", "degrees", "h", "Total", "untyped",
    ]
    let units = [
      "bytes", "kilobytes", "milliseconds", "minutes", "seconds", "celsius", "fahrenheit", "kibibits",
      "kelvin",
      "kelvins", "metres", "miles", "days", "weeks", "megajoules", "ounces", "volts", "thermometers",
    ]
    let types = ["counter", "gauge", "untyped", "histogram", "summary"]
    var page = ""
    for number in 0..<400 {
      let parts = (0..<Int.random(in: 1...3, using: &random)).map { _ in
        words.randomElement(using: &random) ?? ""
      }
      var all = ["n\(number)"] + parts
      if Bool.random(using: &random) { all.append(units.randomElement(using: &random) ?? "") }
      all.shuffle(using: &random)
      let name = all.joined(separator: "_")
      let type = types.randomElement(using: &random) ?? ""
      if Bool.random(using: &random) { page += "# HELP \(name) Some text.\n" }
      if type != "untyped" || Bool.random(using: &random) { page += "# TYPE \(name) \(type)\n" }
      switch type {
      case "histogram":
        page += "\(name)_bucket{le=\"1\"} 1\n\(name)_bucket{le=\"+Inf\"} 1\n\(name)_sum 1\n\(name)_count 1\n"
      case "summary": page += "\(name){quantile=\"0.5\"} 1\n\(name)_sum 1\n\(name)_count 1\n"
      default:
        let label =
          ["", "{le=\"1\"}", "{quantile=\"0.5\"}", "{aLabel=\"1\"}"].randomElement(using: &random) ?? ""
        page += "\(name)\(label) 1\n"
      }
    }
    let directory = try TemporaryDirectory("lint")
    let file = try directory.write("page", page)
    let child = try ChildProcess(["sh", "-c", "promtool check metrics < \(file)"])
    #expect(try await child.wait() == .code(3))
    let theirs = Set(child.output.split(separator: "\n").map(String.init))
    let ours = Set(try findings(page))
    #expect(ours.subtracting(theirs).sorted().prefix(10) == [], "seed \(seed)")
    #expect(theirs.subtracting(ours).sorted().prefix(10) == [], "seed \(seed)")
  }

  @Test func openMetricsIsJudgedByItsSamples() throws {
    let page = """
      # HELP jobs Done.
      # TYPE jobs counter
      jobs_total 1
      # HELP kb_kilobytes X.
      # TYPE kb_kilobytes gauge
      kb_kilobytes 1
      # TYPE x histogram
      x_bucket{le="+Inf"} 1
      x_count 1
      x_sum 1
      # EOF

      """
    #expect(
      try findings(page, .openMetrics) == [
        "kb_kilobytes use base unit \"bytes\" instead of \"kilobytes\"", "x no help text",
      ])
  }
}
