package import HTTPServer
package import Model
internal import SnappyBlocks
internal import Synchronization

package enum RemoteWriteVersion: Hashable, Sendable { case v1, v2 }

/// What remote write takes, and what it adds.
package struct RemoteWriteSettings: Hashable, Sendable {
  /// Added to every series that is received; a label that the sender set is kept.
  package var labels: Labels = .empty
  package var limits = RemoteWriteLimits()
  /// Requests that are looked at together; further ones are told to try again.
  package var concurrency = 4

  package init() {}
}

/// `/api/v1/write`: Prometheus' remote write, 1.0 and 2.0.
///
/// A request is read on the server's thread. Its samples go to `deliver` in slices, so that the thread that owns the
/// store is never kept for long. What is good of a request is taken; what is not is told, with 400, which senders do not
/// try again. They do after 503: what was taken already is then refused, and the rest is taken.
package final class RemoteWriteEndpoint: Sendable {
  package static let path = "/api/v1/write"
  /// Writes on the thread that owns the store; nil when that did not come to it in time.
  package typealias Delivery = @Sendable ([WrittenSeries]) -> WriteTally?

  /// Samples and histograms of a slice: about a millisecond of the core.
  private static let sliceSamples = 500

  private struct State {
    var underWay = 0
    var statistics = RemoteWriteStatistics()
  }

  private let settings: RemoteWriteSettings
  private let deliver: Delivery
  private let state = Mutex(State())

  package init(_ settings: RemoteWriteSettings, deliver: @escaping Delivery) {
    self.settings = settings
    self.deliver = deliver
  }

  package var statistics: RemoteWriteStatistics { state.withLock { $0.statistics } }

  /// Whether the client may write is the caller's to ask.
  package func answer(_ request: HTTPServerRequest) -> HTTPServerResponse {
    let enters = state.withLock { state in
      guard state.underWay < settings.concurrency else { return false }
      state.underWay += 1
      return true
    }
    var answer: HTTPServerResponse
    if enters {
      answer = take(request)
    } else {
      answer = .text(503, "too many writes at once\n")
    }
    if answer.status == 503 { answer.headers.append(HTTPServerField("Retry-After", "1")) }
    state.withLock { state in
      if enters { state.underWay -= 1 }
      state.statistics.requests[answer.status, default: 0] += 1
    }
    return answer
  }

  private func take(_ request: HTTPServerRequest) -> HTTPServerResponse {
    guard request.method == "POST" else {
      var refusal = HTTPServerResponse.text(405, "Only POST writes.\n")
      refusal.headers.append(HTTPServerField("Allow", "POST"))
      return refusal
    }
    guard let version = Self.version(request.header("Content-Type")) else {
      return .text(
        415,
        "the content type must be application/x-protobuf, for prometheus.WriteRequest or "
          + "io.prometheus.write.v2.Request\n")
    }
    // Senders of the first days say nothing.
    guard let encoding = Optional(request.header("Content-Encoding") ?? "snappy"),
      encoding.lowercased() == "snappy"
    else { return .text(415, "the content encoding must be snappy\n") }
    let read: ReadRequest
    do throws(SnappyFault) {
      let bytes = try SnappyBlock.decode(request.body, limit: settings.limits.decodedBytes)
      do throws(RequestFault) {
        read = try RequestReader.read(bytes, version, settings.limits)
      } catch {
        switch error {
        case .malformed(let problem): return .text(400, "the request cannot be read: \(problem)\n")
        case .tooLarge(let problem): return .text(413, problem + "\n")
        }
      }
    } catch {
      if case .tooLong = error { return .text(413, "\(error)\n") }
      return .text(400, "\(error)\n")
    }
    return write(read, version)
  }

  private func write(_ read: ReadRequest, _ version: RemoteWriteVersion) -> HTTPServerResponse {
    var tally = WriteTally()
    tally.refuse(.invalid, read.invalid)
    var isComplete = true
    for slice in slices(of: read.series) {
      guard let part = deliver(slice) else {
        isComplete = false
        break
      }
      tally.add(part)
    }
    state.withLock { $0.statistics.tally.add(tally) }
    var answer: HTTPServerResponse
    if !isComplete {
      answer = .text(503, "the store did not answer in time\n")
    } else if tally.refused.isEmpty {
      answer = HTTPServerResponse(status: 204)
    } else {
      answer = .text(400, Self.sentence(tally, read.problem))
    }
    if version == .v2 {
      answer.headers += [
        HTTPServerField("X-Prometheus-Remote-Write-Samples-Written", "\(tally.samples)"),
        HTTPServerField("X-Prometheus-Remote-Write-Histograms-Written", "\(tally.histograms)"),
        HTTPServerField("X-Prometheus-Remote-Write-Exemplars-Written", "0"),
      ]
    }
    return answer
  }

  /// Slices of about the same length, in the order of the request; a long series is cut.
  private func slices(of series: [WrittenSeries]) -> [[WrittenSeries]] {
    var slices: [[WrittenSeries]] = []
    var slice: [WrittenSeries] = []
    var count = 0
    func add(_ one: WrittenSeries) {
      slice.append(one)
      count += one.count
      if count >= Self.sliceSamples {
        slices.append(slice)
        slice = []
        count = 0
      }
    }
    for var one in series {
      one.labels = settings.labels.merging(one.labels)
      while one.samples.count > Self.sliceSamples {
        var part = WrittenSeries(labels: one.labels)
        part.samples = Array(one.samples.prefix(Self.sliceSamples))
        one.samples.removeFirst(Self.sliceSamples)
        add(part)
      }
      while one.histograms.count > Self.sliceSamples {
        var part = WrittenSeries(labels: one.labels)
        part.histograms = Array(one.histograms.prefix(Self.sliceSamples))
        one.histograms.removeFirst(Self.sliceSamples)
        add(part)
      }
      add(one)
    }
    if !slice.isEmpty { slices.append(slice) }
    return slices
  }

  private static func sentence(_ tally: WriteTally, _ problem: String?) -> String {
    let counts = tally.refused.sorted { $0.key.rawValue < $1.key.rawValue }
      .map { "\($0.key.rawValue) \($0.value)" }.joined(separator: ", ")
    let written = tally.samples + tally.histograms
    var text = "\(written) samples were written; refused were \(counts)"
    if let problem { text += "; \(problem)" }
    if let example = tally.example { text += "; the first series is \(example)" }
    return text + "\n"
  }

  /// nil: something else is sent.
  static func version(_ contentType: String?) -> RemoteWriteVersion? {
    guard let contentType else { return .v1 }
    let parts = contentType.lowercased().split(separator: ";").map { part in
      part.filter { $0 != " " && $0 != "\t" && $0 != "\"" }
    }
    guard let type = parts.first else { return .v1 }
    guard type == "application/x-protobuf" else { return nil }
    let message = parts.dropFirst().first { $0.hasPrefix("proto=") }?.dropFirst("proto=".count)
    switch message {
    case nil, "prometheus.writerequest": return .v1
    case "io.prometheus.write.v2.request": return .v2
    default: return nil
    }
  }
}
