import FarwatchTesting
import Foundation
import HTTPClient
import Model
import Synchronization

/// The result of a query, the same form for both sides.
enum Answer {
  /// Each element with its points, `(milliseconds, value)`; an instant vector has one point each.
  case series([(labels: Labels, points: [(time: Int64, value: Double)])])
  case scalar(Double)
  case failure(String)
}

/// A real Prometheus that takes remote writes and answers queries.
final class PrometheusUnderTest: Sendable {
  private let child: ChildProcess
  let baseURL: String
  private let client = HTTPClient(name: "agreement")

  /// - Parameters:
  ///   - global: what stands in the configuration's `global` beside the interval.
  ///   - rest: what stands in it beside `global`.
  init(
    in directory: TemporaryDirectory, global: String = "", rest: String = "", flags: [String] = []
  ) async throws {
    let port = try freeLoopbackPort()
    let file = try directory.write("prometheus.yml", "global: {evaluation_interval: 60s\(global)}\n\(rest)")
    baseURL = "http://127.0.0.1:\(port)"
    child = try ChildProcess(
      [
        "prometheus", "--config.file=\(file)", "--storage.tsdb.path=\(directory.file("tsdb"))",
        "--storage.tsdb.retention.time=100y", "--web.enable-remote-write-receiver",
        "--web.listen-address=127.0.0.1:\(port)",
      ] + flags, output: .file(directory.file("prometheus.log")))
    let log = directory.file("prometheus.log")
    try await waitUntil(timeout: .seconds(60), "Prometheus is ready; log: \(log)") {
      await self.ask("GET", "/-/ready").status == 200
    }
  }

  func stop() {
    client.shutdown()
    child.stop()
  }

  /// Writes all samples in order of time, as Prometheus wants them.
  func write(_ series: [(labels: Labels, samples: [Sample])]) async throws {
    let slice: Int64 = 600_000
    var begin = SampleWorld.start.milliseconds
    let end = (SampleWorld.start + SampleWorld.length).milliseconds + slice
    while begin < end {
      let part = series.map { one in
        (one.labels, one.samples.filter { (begin..<begin + slice).contains($0.timestamp.milliseconds) })
      }.filter { !$0.1.isEmpty }
      begin += slice
      if !part.isEmpty { try await writeAtOnce(part) }
    }
  }

  func writeAtOnce(_ part: [(labels: Labels, samples: [Sample])]) async throws {
    let answer = await ask(
      "POST", "/api/v1/write", RemoteWrite.body(part),
      [
        HTTPHeader("Content-Encoding", "snappy"), HTTPHeader("Content-Type", "application/x-protobuf"),
        HTTPHeader("X-Prometheus-Remote-Write-Version", "0.1.0"),
      ])
    guard answer.status == 204 else {
      throw BenchError(
        "remote write: \(answer.status ?? 0) \(String(decoding: answer.body, as: UTF8.self))")
    }
  }

  func instant(_ query: String, at time: Timestamp) async throws -> Answer {
    try parse(await form("/api/v1/query", ["query": query, "time": seconds(time)]))
  }

  func range(_ query: String, from: Timestamp, to: Timestamp, stepSeconds: Int) async throws -> Answer {
    try parse(
      await form(
        "/api/v1/query_range",
        ["query": query, "start": seconds(from), "end": seconds(to), "step": "\(stepSeconds)"]))
  }

  private func seconds(_ time: Timestamp) -> String {
    "\(time.milliseconds / 1000).\(padded(Int(time.milliseconds % 1000), 3))"
  }

  private func form(_ path: String, _ fields: [String: String]) async -> HTTPResult {
    let body = fields.map { name, value in
      let encoded = value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
      return "\(name)=\(encoded)"
    }.joined(separator: "&")
    return await ask(
      "POST", path, Array(body.utf8), [HTTPHeader("Content-Type", "application/x-www-form-urlencoded")])
  }

  func ask(
    _ method: String, _ path: String, _ body: [UInt8] = [], _ headers: [HTTPHeader] = [],
    of other: String? = nil
  ) async -> HTTPResult {
    var request = HTTPRequest(
      method: method, url: (other ?? baseURL) + path, headers: headers, body: body, timeout: .seconds(60))
    request.bodyLimit = 64 << 20
    return await withCheckedContinuation { continuation in
      client.start(request) { continuation.resume(returning: $0) }
    }
  }

  private func parse(_ result: HTTPResult) throws -> Answer {
    guard let json = try? JSONSerialization.jsonObject(with: Data(result.body)) as? [String: Any] else {
      throw BenchError("Prometheus answered \(result.status ?? 0): \(result.failure?.detail ?? "no JSON")")
    }
    if let error = json["error"] as? String { return .failure(error) }
    guard let data = json["data"] as? [String: Any], let kind = data["resultType"] as? String else {
      throw BenchError("an answer without data: \(json)")
    }
    switch kind {
    case "scalar": return .scalar(point(data["result"])?.value ?? .nan)
    case "vector", "matrix":
      let rows = data["result"] as? [[String: Any]] ?? []
      return .series(
        rows.map { row in
          let points = (row["values"] as? [Any])?.compactMap(point) ?? [point(row["value"])].compactMap { $0 }
          return (Labels(row["metric"] as? [String: String] ?? [:]), points)
        })
    default: throw BenchError("a result of type \(kind)")
    }
  }

  private func point(_ any: Any?) -> (time: Int64, value: Double)? {
    guard let pair = any as? [Any], pair.count == 2, let time = pair[0] as? Double,
      let text = pair[1] as? String
    else { return nil }
    let value: Double? =
      switch text {
      case "NaN": .nan
      case "+Inf": .infinity
      case "-Inf": -.infinity
      default: Double(text)
      }
    return value.map { (Int64((time * 1000).rounded()), $0) }
  }
}
