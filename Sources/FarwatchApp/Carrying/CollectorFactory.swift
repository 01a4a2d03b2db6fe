internal import CheckIns
internal import Collecting
internal import Configuration
internal import HTTPClient
internal import Model

/// Owns the clients that collectors share, and makes collectors from settings.
final class CollectorFactory: Sendable {
  /// The carriers that collectors share.
  let clients = CollectorClients(userAgent: "Farwatch/\(Version.text)")

  var resolver: HostResolver { clients.resolver }

  /// Where jobs' visits are noted.
  var checkIns: CheckInBoard {
    get throws(StartFailure) {
      do { return try clients.checkIns } catch { throw StartFailure("\(error)") }
    }
  }

  /// - Throws: every collector that cannot be made, by kind and name.
  func plans(for settings: Settings) throws(StartFailure) -> [TargetPlan] {
    var plans: [TargetPlan] = []
    var problems: [String] = []
    let thisHost = ThisHost.now()
    for one in settings.collectors {
      do {
        let made = try one.makeCollector(clients)
        plans.append(TargetPlan(one, thisHost: thisHost) { made })
      } catch {
        let description = one.description
        problems.append("\(description.kind) \(description.name): \(error)")
      }
    }
    if !problems.isEmpty { throw StartFailure(problems) }
    return plans
  }

  func stop() { clients.shutdown() }
}
