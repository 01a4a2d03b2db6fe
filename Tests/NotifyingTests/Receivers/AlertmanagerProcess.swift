import FarwatchTesting
import HTTPClient
import Model
import Testing

@testable import Notifying

/// A real Alertmanager on free loopback ports that tells its alerts to `webhook`.
final class AlertmanagerProcess: Sendable {
  let url: String
  let clusterAddress: String
  private let child: ChildProcess
  private let directory: TemporaryDirectory

  init(webhook: String, joining peer: String? = nil, groupBy: String = "[alertname]") throws {
    let directory = try TemporaryDirectory("farwatch-alertmanager")
    let configuration = """
      route: {receiver: pager, group_by: \(groupBy), group_wait: 50ms, group_interval: 1s, repeat_interval: 1h}
      receivers: [{name: pager, webhook_configs: [{url: '\(webhook)', send_resolved: true}]}]
      """
    let port = try freeLoopbackPort()
    url = "http://127.0.0.1:\(port)"
    clusterAddress = "127.0.0.1:\(try freeLoopbackPort())"
    child = try ChildProcess(
      [
        "/usr/bin/prometheus-alertmanager", "--config.file=\(try directory.write("am.yml", configuration))",
        "--storage.path=\(directory.file("data"))", "--web.listen-address=127.0.0.1:\(port)",
        "--web.external-url=https://watch.example", "--web.route-prefix=/",
        "--cluster.listen-address=\(clusterAddress)", "--cluster.advertise-address=\(clusterAddress)",
        "--cluster.settle-timeout=300ms", "--cluster.peer-timeout=1s", "--cluster.gossip-interval=50ms",
      ] + (peer.map { ["--cluster.peer=\($0)"] } ?? []))
    self.directory = directory
  }

  deinit { child.stop() }

  var log: String { child.output }

  func waitUntilReady(_ client: HTTPClient) async throws {
    try await waitUntil("Alertmanager answers: \(log)") {
      await client.answer(to: HTTPRequest(url: url + "/-/ready")).status == 200
    }
  }

  func get(_ path: String, _ client: HTTPClient) async throws -> Document {
    try Document(await client.answer(to: HTTPRequest(url: url + path)).body)
  }
}
