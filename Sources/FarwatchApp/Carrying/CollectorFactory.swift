internal import Configuration
internal import HTTPClient
internal import Model
internal import PostgresClient
internal import Probing

/// Owns the clients that collectors share, and makes collectors from settings. A new kind of collector is one more
/// line in ``plans(for:)``.
final class CollectorFactory: Sendable {
  private let http: HTTPClient
  private let resolver = HostResolver()
  private let postgres: PostgresClient

  init() throws(StartFailure) {
    do {
      postgres = try PostgresClient()
    } catch { throw StartFailure("\(error)") }
    var settings = HTTPClientSettings()
    settings.userAgent = "Farwatch/\(Version.text)"
    settings.maximumKeptConnections = 10_000
    http = HTTPClient(name: "farwatch-probe", settings: settings)
  }

  func plans(for settings: Settings) throws(StartFailure) -> [TargetPlan] {
    var plans: [TargetPlan] = []
    var problems: [String] = []
    for check in settings.checks {
      do {
        let made = try HTTPCheck(check, client: http, resolver: resolver)
        plans.append(TargetPlan(subject: .check(check), description: made.description, make: { made }))
      } catch { problems.append("check \(check.name) of region \(check.region): \(error)") }
    }
    for link in settings.links {
      let made = PostgresLinkCollector(link, client: postgres)
      plans.append(TargetPlan(subject: .link(link), description: made.description, make: { made }))
    }
    for backup in settings.backups {
      let made = DirectoryBackupCollector(backup)
      plans.append(TargetPlan(subject: .backup(backup), description: made.description, make: { made }))
    }
    if !problems.isEmpty { throw StartFailure(problems) }
    return plans
  }

  func stop() {
    http.shutdown()
  }
}
