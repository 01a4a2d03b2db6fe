internal import Collecting
internal import HTTPClient
internal import Model
internal import RegularExpressions

/// Asks the front door several times and reads who answered.
struct MarkerProbe: Sendable {
  enum Answer: Equatable, Sendable {
    case marker(String)
    case failed(FailureReason, String)
  }

  private let client: HTTPClient
  private let resolver: HostResolver
  private let host: String
  private let time: any TimeSource
  private let request: HTTPRequest
  private let verdict: HTTPVerdict
  private let source: MarkerSettings.Source
  private let pattern: RegularExpression?
  private let count: Int
  /// Longer ones are no marker.
  private static let markerLimit = 256

  init(_ settings: MarkerSettings, client: HTTPClient, resolver: HostResolver, time: any TimeSource) throws {
    try settings.validate()
    self.client = client
    self.resolver = resolver
    self.time = time
    host = HTTPURL(settings.http.url)?.host ?? ""
    var http = settings.http
    // A kept connection would lead to the same place again.
    http.keepAlive = false
    var request = try HTTPCheck.request(http)
    request.wantCertificates = false
    source = settings.source
    switch settings.source {
    case .header: pattern = nil
    case .json:
      pattern = nil
      request.bodyLimit = http.bodyLimit
    case .body(let text):
      pattern = try RegularExpression(text, anchoring: .unanchored)
      request.bodyLimit = http.bodyLimit
    }
    self.request = request
    verdict = try HTTPVerdict(http)
    count = settings.requests
  }

  /// Calls `completion` once, with an answer for each request. The front door's name is looked up for every pass, and
  /// the requests are dealt out to its addresses in turn: the client would remember the name, and always take the first.
  ///
  /// - Parameter pass: how many there were before; each begins with another address, so that all have their turn.
  func ask(timeout: Duration, pass: Int, _ completion: @escaping @Sendable ([Answer]) -> Void) {
    let start = time.monotonic
    resolver.resolve(host, family: request.addressFamily, timeout: timeout) { answer in
      switch answer {
      case .failure(let failure):
        completion([Answer](repeating: .failed(failure.reason, failure.detail), count: count))
      case .success(let addresses):
        let turns = Self.turns(addresses, requests: count, pass: pass)
        ask(turns, max(timeout - (time.monotonic - start), .milliseconds(1)), completion)
      }
    }
  }

  /// The address for each request.
  static func turns(_ addresses: [String], requests: Int, pass: Int) -> [String] {
    guard !addresses.isEmpty else { return [] }
    let first = pass % addresses.count * (requests % addresses.count)
    return (0..<requests).map { addresses[(first + $0) % addresses.count] }
  }

  private func ask(
    _ turns: [String], _ timeout: Duration, _ completion: @escaping @Sendable ([Answer]) -> Void
  ) {
    let gathered = Gathering<Int, Answer>(expected: turns.count) { answers in
      completion(answers.sorted { $0.key < $1.key }.map(\.value))
    }
    for (number, address) in turns.enumerated() {
      var request = request
      request.timeout = timeout
      request.connectAddress = address
      client.start(request) { gathered.add(number, read($0)) }
    }
  }

  private func read(_ result: HTTPResult) -> Answer {
    if case .failure(let reason, let detail) = verdict.decide(result).verdict {
      return .failed(reason, detail)
    }
    guard let marker = marker(of: result) else { return .failed(.body, "the answer has no marker") }
    let trimmed = String(marker.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    guard !trimmed.isEmpty, trimmed.utf8.count <= Self.markerLimit else {
      return .failed(.body, "the marker is empty or longer than \(Self.markerLimit) bytes")
    }
    return .marker(trimmed)
  }

  private func marker(of result: HTTPResult) -> String? {
    switch source {
    case .header(let name): return result.headers[name]
    case .json(let path):
      guard result.bodyBytesTotal <= result.body.count else { return nil }
      switch JSONDocument(result.body)?.value(at: path) {
      case .string(let text): return text
      case .number(let number): return NumberText.plain(number)
      case .bool(let value): return value ? "true" : "false"
      default: return nil
      }
    case .body:
      let groups = pattern?.firstMatch(in: String(decoding: result.body, as: UTF8.self))?.groups ?? []
      return groups.count > 1 ? groups[1] : groups.first ?? nil
    }
  }
}
