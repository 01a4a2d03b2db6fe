internal import DurableIO
internal import Exposition
internal import HTTPClient
internal import Model
internal import Synchronization
internal import Threading

/// `farwatch check metrics`: what `promtool check metrics` does, for every format and from everywhere.
package struct MetricsPageCheck: Sendable {
  /// As promtool exits.
  package enum Verdict: Int32, Sendable {
    case good = 0
    case bad = 1
    case lintsFound = 3
  }

  /// A format that is said to be the page's.
  package enum Format: String, CaseIterable, Sendable {
    case text, openmetrics, protobuf

    fileprivate var dialect: ExpositionDialect {
      switch self {
      case .text: .prometheus
      case .openmetrics: .openMetrics
      case .protobuf: .protobuf
      }
    }
  }

  /// - Parameters:
  ///   - source: a file, `-` for standard input, or a URL.
  ///   - format: nil: by the content type of an answer; of a file OpenMetrics if it ends in `# EOF`, else text.
  ///   - lints: nil: unless a format other than text was said.
  ///   - say: gets the lines for standard error, and last the one for standard output, if the page is good.
  package static func run(
    _ source: String, format: Format?, lints: Bool?, say: (RuleFileCheck.Line) -> Void
  ) -> Verdict {
    let page: (name: String, bytes: [UInt8], dialect: ExpositionDialect?)
    do throws(Trouble) { page = try read(source) } catch {
      say(.complained(error.line))
      return .bad
    }
    let bytes = page.bytes
    let dialect = format?.dialect ?? page.dialect ?? .guess(bytes.span)
    var reader = ExpositionReader(isStrict: true)
    var samples = 0
    do throws(ExpositionProblem) {
      let span = bytes.span
      try reader.read(span, dialect: dialect) { _, _, _ in
        samples += 1
        return nil
      }
    } catch {
      say(.complained("\(page.name):\(error)"))
      return .bad
    }
    guard lints ?? ((format ?? .text) == .text) else {
      say(.said("\(page.name): good: \(count(samples))"))
      return .good
    }
    let findings = MetricsLint.findings(reader, dialect: dialect)
    for finding in findings { say(.complained(finding.description)) }
    if findings.isEmpty { say(.said("\(page.name): good: \(count(samples))")) }
    return findings.isEmpty ? .good : .lintsFound
  }

  private static func count(_ samples: Int) -> String { samples == 1 ? "1 sample" : "\(samples) samples" }

  // MARK: Where pages come from

  private struct Trouble: Error {
    var line: String
  }

  private static let longestPage = 256 << 20
  private static let timeout: Duration = .seconds(20)
  private static let accepted =
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    + "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    + "text/plain;version=0.0.4;q=0.3,*/*;q=0.1"

  private static func read(
    _ source: String
  ) throws(Trouble) -> (name: String, bytes: [UInt8], dialect: ExpositionDialect?) {
    let name = source == "-" ? "standard input" : source
    if source.hasPrefix("http://") || source.hasPrefix("https://") {
      let (bytes, dialect) = try fetch(source)
      return (name, bytes, dialect)
    }
    do throws(IOFailure) {
      let bytes =
        source == "-"
        ? try readStandardInput(limit: longestPage) : try readStream(source, limit: longestPage)
      return (name, bytes, nil)
    } catch { throw Trouble(line: error.description) }
  }

  private static func fetch(_ url: String) throws(Trouble) -> ([UInt8], ExpositionDialect) {
    let client = HTTPClient(name: "farwatch-check")
    defer { client.shutdown() }
    var request = HTTPRequest(method: "GET", url: url, timeout: timeout)
    request.headers = [HTTPHeader("Accept", accepted)]
    request.acceptCompressed = true
    request.redirects = .upTo(5)
    request.bodyLimit = longestPage
    request.readLimit = longestPage
    let done = Bell()
    let answer = Mutex<HTTPResult?>(nil)
    client.start(request) { result in
      answer.withLock { $0 = result }
      done.ring()
    }
    // The request has a time-out of its own; this is for a client that broke.
    _ = done.wait(upTo: timeout + .seconds(5))
    guard let result = answer.withLock({ $0 }) else { throw Trouble(line: "\(url): no answer") }
    if let failure = result.failure {
      throw Trouble(line: "\(url): \(failure.reason.rawValue): \(failure.detail)")
    }
    guard result.status == 200 else { throw Trouble(line: "\(url): answered \(result.status ?? 0)") }
    let type = result.headers["Content-Type"] ?? ""
    guard let dialect = ExpositionDialect(contentType: type) else {
      throw Trouble(line: "\(url): answered with \"\(type)\", which is no metrics page")
    }
    return (result.body, dialect)
  }
}
