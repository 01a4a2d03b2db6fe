import FarwatchTesting
import Foundation

/// Many alerts at once, posted as Prometheus posts them.
struct PostedAlerts {
  static let count = 10_000
  static let clusters = 10
  private static let batch = 1000

  private let bodies: [[UInt8]]

  /// - Parameter isOver: they end now.
  init(startsAt: Date, isOver: Bool = false) {
    let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    let starts = startsAt.formatted(format)
    let end = isOver ? ",\"endsAt\":\"\(Date().formatted(format))\"" : ""
    bodies = stride(from: 0, to: Self.count, by: Self.batch).map { first in
      let alerts = (first..<first + Self.batch).map { number in
        """
        {"labels":{"alertname":"HostDown","cluster":"c\(number % Self.clusters)","instance":"host-\(number)",\
        "severity":"page"},"annotations":{"summary":"host \(number) does not answer",\
        "description":"It was last seen a minute ago; what runs on it has moved or is gone."},\
        "generatorURL":"http://prometheus.test/graph","startsAt":"\(starts)"\(end)}
        """
      }
      return Array("[\(alerts.joined(separator: ","))]".utf8)
    }
  }

  /// Posts them all, one request after the other on one connection.
  func post(to port: Int) throws {
    let connection = try Connection(port: port)
    for body in bodies {
      let answer = try connection.post("/api/v2/alerts", json: body)
      guard answer.status == 200 else {
        throw BenchError(
          "alerts were refused: \(answer.status) \(String(decoding: answer.body, as: UTF8.self))")
      }
    }
  }
}

/// An Alertmanager alone.
struct AlertmanagerDaemon {
  let port: Int
  private let child: ChildProcess
  var pid: pid_t { child.pid }

  /// - Parameter route: members of the one route, in flow style.
  init(route: String, webhook: String, in directory: TemporaryDirectory) async throws {
    port = try freeLoopbackPort()
    let file = try directory.write(
      "alertmanager.yml",
      """
      route: {receiver: bench, \(route)}
      receivers: [{name: bench, webhook_configs: [{url: "\(webhook)", send_resolved: true}]}]

      """)
    child = try ChildProcess(
      [
        "prometheus-alertmanager", "--config.file=\(file)",
        "--storage.path=\(directory.file("alertmanager"))",
        "--web.listen-address=127.0.0.1:\(port)", "--cluster.listen-address=",
      ], output: .file(directory.file("alertmanager.log")))
    let port = port
    try await waitUntil(timeout: .seconds(30), "Alertmanager is ready") {
      fetch(port, "/-/ready")?.status == 200
    }
  }

  func stop() { child.stop() }
}
