import FarwatchTesting
import Foundation

/// One program of VictoriaMetrics on a port of its own.
struct VictoriaMetricsProgram {
  let child: ChildProcess
  let url: String
  let log: String

  /// Starts `name` and waits until it answers.
  init(_ name: String, _ arguments: [String], in directory: TemporaryDirectory) async throws {
    let port = try freeLoopbackPort()
    url = "http://127.0.0.1:\(port)"
    log = directory.file("\(name).log")
    let started = try ChildProcess(
      [name, "-httpListenAddr=127.0.0.1:\(port)"] + arguments, output: .file(log))
    child = started
    let (address, file) = (url, log)
    try await waitUntil(timeout: .seconds(60), "\(name) answers") {
      if let end = started.poll() {
        throw BenchError(
          "\(name) ended with \(end): \((try? String(contentsOfFile: file, encoding: .utf8)) ?? "")")
      }
      return await Web.get(address + "/health")?.status == 200
    }
  }

  /// VictoriaMetrics itself, scraping `target` every second.
  static func scraping(_ target: String, in directory: TemporaryDirectory) async throws -> Self {
    let file = try directory.write(
      "victoria.yml",
      """
      global: {scrape_interval: 1s}
      scrape_configs: [{job_name: farwatch, honor_labels: true, static_configs: [{targets: ["\(target)"]}]}]

      """)
    return try await Self(
      "victoria-metrics",
      [
        "-promscrape.config=\(file)", "-storageDataPath=\(directory.file("victoria"))", "-retentionPeriod=1d",
      ], in: directory)
  }

  /// What it tells of itself; every series of these families together, 0 where there is none.
  func total(_ families: String...) async -> Double? {
    guard let text = await Web.get(url + "/metrics")?.body else { return nil }
    return text.split(separator: "\n").filter { line in
      families.contains { line.hasPrefix($0 + " ") || line.hasPrefix($0 + "{") }
    }.compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
  }

  /// Lines of its log that complain.
  func complaints() throws -> [String] {
    try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").map(String.init).filter {
      ["\twarn\t", "\terror\t", "\tfatal\t", "\tpanic\t"].contains(where: $0.contains)
    }
  }
}

/// A metrics page as its format says, read without anything of ours.
struct ExpositionText {
  /// By labels, the name among them.
  let values: [[String: String]: Double]
  /// By family.
  let types: [String: String]

  init(_ text: String) throws {
    var values: [[String: String]: Double] = [:]
    var types: [String: String] = [:]
    // A regular expression is no value that may be shared.
    let sample = try Regex(#"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)(?: -?\d+)?$"#)
    let label = try Regex(#"([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,|$)"#)
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if line.hasPrefix("# TYPE ") { types[String(words[2])] = String(words[3]) }
      if line.hasPrefix("#") { continue }
      guard let match = line.wholeMatch(of: sample), let name = match.output[1].substring,
        let number = match.output[3].substring.flatMap({ Double($0) })
      else { throw BenchError("no sample: \(line)") }
      var labels = ["__name__": String(name)]
      for pair in (match.output[2].substring ?? "").matches(of: label) {
        let raw = String(pair.output[2].substring ?? "")
        labels[String(pair.output[1].substring ?? "")] = Self.unescaped(raw)
      }
      guard values.updateValue(number, forKey: labels) == nil else { throw BenchError("twice: \(line)") }
    }
    self.values = values
    self.types = types
  }

  private static func unescaped(_ text: String) -> String {
    var result = ""
    var isEscaped = false
    for character in text {
      if isEscaped {
        result.append(character == "n" ? "\n" : character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else {
        result.append(character)
      }
    }
    return result
  }
}
