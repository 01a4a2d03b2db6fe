import FarwatchTesting
import Foundation

/// A daemon to which alerts are posted, ours or Alertmanager, and the receiver of its pages.
struct PostedAlertsBench {
  let port: Int
  let pid: pid_t
  let counter: PageCounter
  private let end: () -> Void
  /// Kept until ``stop()``, for the daemon writes into it.
  private let directory: TemporaryDirectory

  /// - Parameters:
  ///   - subscription: of the only topic, a flow mapping made from the receiver's URL.
  ///   - route: of the only route, beside its topic: `, group_wait: 2s`.
  static func farwatch(
    binary: String, route: String = "", subscription: (String) -> String
  ) async throws -> PostedAlertsBench {
    let (directory, counter) = (try TemporaryDirectory("farwatch-bench"), try PageCounter())
    let daemon = try await FarwatchDaemon(
      binary: binary,
      configuration: """
        vantage: bench
        regions: {taiwan: {}}
        topics: {chat: {subscriptions: [\(subscription(counter.url))]}}
        routes: [{topic: chat\(route)}]

        """, rules: "groups: []\n", in: directory)
    return PostedAlertsBench(
      port: daemon.port, pid: daemon.pid, counter: counter, end: daemon.stop, directory: directory)
  }

  /// - Parameter route: as Alertmanager writes it, without the receiver.
  static func alertmanager(route: String) async throws -> PostedAlertsBench {
    let (directory, counter) = (try TemporaryDirectory("farwatch-bench"), try PageCounter())
    let daemon = try await AlertmanagerDaemon(route: route, webhook: counter.url, in: directory)
    return PostedAlertsBench(
      port: daemon.port, pid: daemon.pid, counter: counter, end: daemon.stop, directory: directory)
  }

  func stop() {
    end()
    counter.stop()
  }
}
