import HTTPServer
import Model
import RemoteWrite
import SampleStore

/// An endpoint before a store in memory, at one moment.
final class WriteBench: Sendable {
  struct Answer: Equatable {
    var status: Int
    var text: String
    var written: [String: String] = [:]
    init(_ status: Int, _ text: String) { (self.status, self.text) = (status, text) }
  }

  let store = SampleStore()
  let now = SystemTime().now
  let endpoint: RemoteWriteEndpoint

  init(_ settings: RemoteWriteSettings = RemoteWriteSettings()) {
    let (store, now) = (store, now)
    let own = MetricFamily.gauge("probe_success", "Ours.")
    endpoint = RemoteWriteEndpoint(settings) {
      SampleWriting(ownFamilies: [own]).write($0, into: store, now: now)
    }
  }

  func at(_ seconds: Int64) -> Int64 { now.milliseconds + seconds * 1000 }

  func post(
    _ body: WireWriter, type: String? = "application/x-protobuf", encoding: String? = "snappy"
  ) -> Answer { post(raw: body.block, type: type, encoding: encoding) }

  func post(
    raw: [UInt8], type: String? = "application/x-protobuf", encoding: String? = "snappy"
  ) -> Answer {
    var headers: [HTTPServerField] = []
    if let type { headers.append(HTTPServerField("Content-Type", type)) }
    if let encoding { headers.append(HTTPServerField("Content-Encoding", encoding)) }
    let response = endpoint.answer(
      HTTPServerRequest(method: "POST", path: RemoteWriteEndpoint.path, headers: headers, body: raw))
    var text = ""
    if case .bytes(let bytes) = response.body { text = String(decoding: bytes, as: UTF8.self) }
    var answer = Answer(response.status, text)
    for field in response.headers where field.name.hasSuffix("-Written") {
      answer.written[field.name] = field.value
    }
    return answer
  }

  /// Each series of a name with its samples: seconds from now, and the value.
  func samples(_ name: String) -> [[String]] {
    store.select([LabelMatcher(Labels.metricNameLabel, equals: name)]).map { id in
      var columns = SampleColumns()
      store.readWindow(
        of: id, at: now + .seconds(3600), after: now - .seconds(3600), into: &columns)
      return [store.labels(of: id).description]
        + (0..<columns.times.count).map { place in
          let seconds = (columns.times[place] - now.milliseconds) / 1000
          return "\(seconds) \(Self.text(columns, place))"
        }
    }.sorted { $0[0] < $1[0] }
  }

  /// What a query would see now.
  func newest(_ name: String) -> Double? {
    store.select([LabelMatcher(Labels.metricNameLabel, equals: name)]).compactMap {
      store.newestSample(of: $0, at: now, after: now - .seconds(300))?.value
    }.first
  }

  private static func text(_ columns: SampleColumns, _ place: Int) -> String {
    if columns.hasHistograms, let histogram = columns.histograms[place] {
      return "histogram \(histogram.count) \(histogram.sum) \(histogram.positiveBuckets)"
    }
    return "\(columns.values[place])"
  }
}

extension WireWriter {
  /// Counts 1, 3 and 2 in three buckets.
  mutating func histogram(at time: Int64, offset: Int64 = -2, length: UInt64 = 3) {
    integer(1, 6)
    double(3, 12.5)
    signed(4, 1)
    double(5, 0.001)
    message(11) {
      $0.signed(1, offset)
      $0.integer(2, length)
    }
    packed(12, [1, 2, -1].map(WireWriter.zigzag))
    integer(15, UInt64(bitPattern: time))
  }
}
