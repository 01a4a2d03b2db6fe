internal import Exposition
internal import FoundationEssentials
internal import Model

/// The files of a replay: which kind each is, and in which order pages were scraped.
struct RecordedFiles {
  enum Format: String, CaseIterable { case openmetrics, prometheus, page, series }

  private static let maximumBytes = 2 << 30
  private static let maximumPages = 100_000

  let options: ReplayOptions
  let format: Format?
  let interval: Duration?
  /// Of the replay, when it was given: pages without a time and series count from it.
  let from: Timestamp?
  var recording: Recording
  private var scraped = ScrapedPages()
  private var pages: [(path: String, time: Timestamp?)] = []
  private var fixtures: [String] = []

  init(_ options: ReplayOptions, from: Timestamp?, madeAnew: Set<String>) throws(ReplayFailure) {
    self.options = options
    self.from = from
    recording = Recording(madeAnew: madeAnew)
    format = try options.format.map { (text) throws(ReplayFailure) in
      guard let format = Format(rawValue: text) else {
        let known = Format.allCases.map(\.rawValue).joined(separator: ", ")
        throw ReplayFailure("--format: expected one of \(known), found \(quoted(text))")
      }
      return format
    }
    interval = try options.interval.map { (text) throws(ReplayFailure) in
      let interval = try parsedDuration(text, "--interval")
      guard interval > .zero else { throw ReplayFailure("--interval: expected more than 0") }
      return interval
    }
  }

  /// Reads all files. `standard`: where series begin when nothing else says it.
  mutating func read(standard: Timestamp) throws(ReplayFailure) {
    for file in options.files { try sortIn(file) }
    try readPages(standard)
    let first = recording.samples.lazy.map(\.time).min().map { Timestamp(milliseconds: $0) }
    for file in fixtures {
      let start = from ?? first ?? standard
      try SeriesFile.read(file, start: start, into: &recording)
    }
    recording.sort()
  }

  private mutating func sortIn(_ path: String) throws(ReplayFailure) {
    var isFolder = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw ReplayFailure("\(path): there is no such file")
    }
    if isFolder {
      guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
        throw ReplayFailure("\(path): cannot be read")
      }
      let found = names.filter { !$0.hasPrefix(".") }.sorted(by: byteOrder)
      guard !found.isEmpty else { throw ReplayFailure("\(path): holds no pages") }
      for name in found { pages.append(("\(path)/\(name)", Self.time(of: name))) }
      return
    }
    let name = path.split(separator: "/").last.map(String.init) ?? path
    switch format {
    case .series: fixtures.append(path)
    case .page: pages.append((path, Self.time(of: name)))
    case .openmetrics: try readDump(path, .openMetrics)
    case .prometheus: try readDump(path, .prometheus)
    case nil:
      if name.hasSuffix(".yml") || name.hasSuffix(".yaml") {
        fixtures.append(path)
      } else if let time = Self.time(of: name) {
        pages.append((path, time))
      } else if interval != nil {
        pages.append((path, nil))
      } else {
        try readDump(path, nil)
      }
    }
  }

  /// `page-1700000000.prom` or `page-2026-01-02T03:04:05Z.prom`, whatever the suffix.
  static func time(of name: String) -> Timestamp? {
    guard name.hasPrefix("page-") else { return nil }
    var text = name.dropFirst("page-".count)
    if let dot = text.lastIndex(of: "."), text[text.index(after: dot)...].contains(where: \.isLetter),
      !text[dot...].hasSuffix("Z")
    {
      text = text[..<dot]
    }
    if let seconds = Double(String(text)), seconds.isFinite, abs(seconds) < 1e12 {
      return Timestamp(seconds: seconds)
    }
    return Timestamp(rfc3339: String(text))
  }

  // MARK: Reading

  static func bytes(of path: String) throws(ReplayFailure) -> Data {
    guard let data = try? Data(contentsOf: URL(filePath: path), options: .mappedIfSafe) else {
      throw ReplayFailure("\(path): cannot be read")
    }
    guard data.count <= maximumBytes else {
      throw ReplayFailure("\(path): is larger than \(maximumBytes >> 30) GiB")
    }
    return data
  }

  private mutating func readDump(_ path: String, _ dialect: ExpositionDialect?) throws(ReplayFailure) {
    let data = try Self.bytes(of: path)
    var reader = ExpositionReader()
    var places: [UInt32?] = []
    var waiting: [(series: Int, value: Double, time: Timestamp)] = []
    let bytes = data.span
    do throws(ExpositionProblem) {
      try reader.read(bytes, dialect: dialect ?? .guess(bytes)) { series, value, time in
        guard let time else {
          return "no time: a page of one moment is named page-TIME.prom, or given with --interval"
        }
        guard abs(time.milliseconds) < Self.latest else { return "a time that is no moment" }
        guard waiting.count < Recording.maximumSamples else { return Recording.tooMany }
        waiting.append((series, value, time))
        return nil
      }
    } catch { throw ReplayFailure("\(path):\(error)") }
    for labels in reader.series { places.append(recording.place(of: labels)) }
    for sample in waiting {
      if let complaint = recording.add(sample.value, at: sample.time, to: places[sample.series]) {
        throw ReplayFailure("\(path): \(complaint)")
      }
    }
  }

  /// The year 10000: nothing that is added to it leaves the range of a time.
  private static let latest: Int64 = 253_402_300_800_000

  private mutating func readPages(_ standard: Timestamp) throws(ReplayFailure) {
    guard pages.count <= Self.maximumPages else {
      throw ReplayFailure("more than \(Self.maximumPages) pages")
    }
    var ordered: [(path: String, time: Timestamp)] = []
    for (number, page) in pages.enumerated() {
      if let time = page.time {
        ordered.append((page.path, time))
      } else if let interval {
        ordered.append((page.path, (from ?? standard) + interval * number))
      } else {
        throw ReplayFailure(
          "\(page.path): when was it scraped? Name it page-TIME.prom or give --interval")
      }
    }
    ordered.sort { ($0.time, $0.path) < ($1.time, $1.path) }
    for page in ordered {
      let data = try Self.bytes(of: page.path)
      if let complaint = scraped.read(data.span, at: page.time, into: &recording) {
        throw ReplayFailure("\(page.path):\(complaint)")
      }
    }
  }
}

/// Pages of one target, one scrape after another: a series that a page no longer has ends there.
private struct ScrapedPages {
  private var reader = ExpositionReader()
  private var places: [UInt32?] = []
  /// By the place in the reader: whether the page before had the series, without a time of its own.
  private var present: Set<Int> = []

  /// Returns what is wrong, with its line and column.
  mutating func read(_ bytes: Span<UInt8>, at moment: Timestamp, into recording: inout Recording) -> String? {
    var samples: [(series: Int, value: Double, time: Timestamp?)] = []
    do throws(ExpositionProblem) {
      try reader.read(bytes, dialect: .guess(bytes)) { series, value, time in
        samples.append((series, value, time))
        return nil
      }
    } catch { return error.description }
    for place in places.count..<reader.series.count {
      places.append(recording.place(of: reader.series[place]))
    }
    var seen: Set<Int> = []
    for sample in samples {
      if sample.time == nil { seen.insert(sample.series) }
      if let complaint = recording.add(
        sample.value, at: sample.time ?? moment, to: places[sample.series])
      {
        return " \(complaint)"
      }
    }
    for gone in present.subtracting(seen).sorted() {
      if let complaint = recording.add(StaleMarker.value, at: moment, to: places[gone]) {
        return " \(complaint)"
      }
    }
    present = seen
    return nil
  }
}
