internal import Alerting
internal import FoundationEssentials
internal import Model
internal import PromQL
internal import StrictYAML

/// Series in the notation of promtool's unit tests: `interval`, `input_series` and, if wanted, `start_timestamp`, at the
/// top of the file or in the one test that it has.
struct SeriesFile {
  private struct Series: Sendable {
    var series = ""
    var values = ""
    var position = YAMLPosition.start
  }

  private struct Document: Sendable {
    var interval: Duration
    var start: String?
    var series: [Series]
    var tests: [Document]

    init(_ m: MappingReader) {
      // Whatever else a unit test says, of rules and of what they must do.
      m.allowUnknownKeys()
      let fallback = m.optional("evaluation_interval", .duration) ?? .zero
      let given = m.optional("interval", .duration) ?? .zero
      interval = given > .zero ? given : fallback > .zero ? fallback : .seconds(60)
      start = m.optional("start_timestamp", .string)
      series =
        m.optional(
          "input_series",
          .list(
            .mapping { m in
              Series(
                series: m.required("series", .string), values: m.required("values", .string),
                position: m.position)
            })) ?? []
      tests = m.has("tests") ? m.optional("tests", .list(.mapping { Document($0) })) ?? [] : []
    }
  }

  static func read(_ path: String, start: Timestamp, into recording: inout Recording) throws(ReplayFailure) {
    let data = try RecordedFiles.bytes(of: path)
    let problems = Problems(file: path)
    guard let text = YAML.text(of: Array(data)) else { throw ReplayFailure("\(path): is not UTF-8") }
    var document = YAML.read(
      text, as: .mapping { Document($0) }, problems, limits: RuleFile.limits, dialect: .prometheus)
    guard problems.isEmpty else { throw ReplayFailure(problems.list.map(\.description)) }
    if let test = document.tests.first, document.series.isEmpty {
      guard document.tests.count == 1 else {
        throw ReplayFailure("\(path): has \(document.tests.count) tests: a replay takes a file with one")
      }
      document = test
    }
    guard !document.series.isEmpty else { throw ReplayFailure("\(path): has no input_series") }
    var begin = start
    if let written = document.start {
      guard let own = Timestamp(rfc3339: written) else {
        throw ReplayFailure("\(path): start_timestamp: expected a time such as 2026-01-02T15:04:05Z")
      }
      begin = own
    }
    for series in document.series {
      let place = "\(path):\(series.position.line):\(series.position.column)"
      do {
        let description = try parseSeriesDescription("\(series.series) \(series.values)")
        try add(description, from: begin, every: document.interval, into: &recording)
      } catch let error as ParseError {
        throw ReplayFailure("\(place): \(error.message)")
      } catch { throw ReplayFailure("\(place): \(error)") }
    }
  }

  private struct Full: Error, CustomStringConvertible { var description: String }

  private static func add(
    _ description: SeriesDescription, from start: Timestamp, every interval: Duration,
    into recording: inout Recording
  ) throws(Full) {
    let place = recording.place(of: description.labels)
    var time = start
    for value in description.values {
      let complaint: String? =
        switch value {
        case .omitted: nil
        case .float(let number): recording.add(number, at: time, to: place)
        case .histogram(let histogram, _): recording.add(histogram, at: time, to: place)
        }
      if let complaint { throw Full(description: complaint) }
      time = time + interval
    }
  }
}
