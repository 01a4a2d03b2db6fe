import FarwatchTesting
import Foundation

/// A real Alertmanager, one of a cluster, that can be killed and started again on its ports.
final class AlertmanagerProcess {
  let url: String
  let clusterAddress: String
  private let arguments: [String]
  private var child: ChildProcess?

  init(_ directory: TemporaryDirectory, _ name: String, webhook: String, joining peer: String? = nil) throws {
    let port = try freeLoopbackPort()
    url = "http://127.0.0.1:\(port)"
    clusterAddress = "127.0.0.1:\(try freeLoopbackPort())"
    let configuration = try directory.write(
      "\(name).yml",
      """
      route: {receiver: pager, group_by: [alertname], group_wait: 50ms, group_interval: 1s, repeat_interval: 1h}
      receivers: [{name: pager, webhook_configs: [{url: '\(webhook)', send_resolved: true}]}]

      """)
    arguments =
      [
        "prometheus-alertmanager", "--config.file=\(configuration)",
        "--storage.path=\(directory.file(name))",
        "--web.listen-address=127.0.0.1:\(port)", "--web.route-prefix=/",
        "--web.external-url=https://watch.example",
        "--cluster.listen-address=\(clusterAddress)", "--cluster.advertise-address=\(clusterAddress)",
        "--cluster.settle-timeout=300ms", "--cluster.peer-timeout=1s", "--cluster.gossip-interval=50ms",
      ] + (peer.map { ["--cluster.peer=\($0)"] } ?? [])
  }

  func start() async throws {
    let started = try ChildProcess(arguments, output: .captured)
    child = started
    try await waitUntil(timeout: .seconds(60), "Alertmanager answers: \(started.output)") {
      await Web.get(url + "/-/ready")?.status == 200
    }
  }

  func kill() async throws {
    child?.signal(SIGKILL)
    try await child?.wait()
    child = nil
  }

  /// Names of the alerts that it holds for firing.
  func alerts() async throws -> [String] {
    let answer = await Web.get(url + "/api/v2/alerts")?.body ?? "[]"
    let alerts = try JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [[String: Any]] ?? []
    return alerts.compactMap { ($0["labels"] as? [String: String])?["alertname"] }
  }
}
