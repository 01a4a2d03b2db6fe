import Model

@testable import StatusView

/// 2026-11-21 18:00:00 UTC.
let noon = Timestamp(year: 2026, month: 11, day: 21, hour: 18, minute: 0, second: 0, millisecond: 0)

/// A world in which one region is down and one link is late.
func sampleStatus() -> StatusAnswer {
  var status = StatusAnswer()
  status.takenAt = noon
  status.startedAt = noon - .seconds(3 * 86_400 + 4 * 3600)
  status.vantage = "taipei"
  status.version = "0.1.0"
  status.isReady = true
  status.readiness = [
    .init(
      region: "japan", verdict: .bad, exposureSeconds: 95, takesSeconds: 40,
      lastProven: noon - .seconds(6 * 86_400)),
    .init(region: "korea", reason: "the recovery point of a link to it is not known"),
  ]
  status.regions = [
    .init(
      name: "taiwan", role: "primary", sharePercent: 80, verdict: .good,
      traffic: .init(requestsPerSecond: 118.44, errorsPerSecond: 0.59),
      checks: [.init(name: "web", verdict: .good, since: noon - .seconds(7200), latencySeconds: 0.0123)]),
    .init(
      name: "japan", role: "standby", sharePercent: 20, verdict: .bad,
      traffic: .init(requestsPerSecond: nil, errorsPerSecond: 0, reason: "`requests` finds nothing"),
      checks: [
        .init(
          name: "web", verdict: .bad, since: noon - .seconds(90), consecutiveFailures: 9,
          problem: "connect: connection refused by 10.1.2.3:443")
      ]),
  ]
  status.links = [
    .init(
      name: "orders", engine: "postgres", source: "taiwan", target: "japan", exposureSeconds: 95,
      objectiveSeconds: 30, verdict: .bad),
    .init(
      name: "users", engine: "mysql", source: "taiwan", target: "japan", exposureSeconds: 0.8,
      objectiveSeconds: 30, verdict: .good),
    .init(
      name: "events", engine: "kafka", source: "taiwan", target: "korea", objectiveSeconds: 60,
      verdict: .unknown, problem: "timeout: no answer"),
  ]
  status.backups = [
    .init(
      job: "orders-nightly", region: "taiwan", newestGood: noon - .seconds(5 * 3600),
      objectiveSeconds: 90_000,
      sizeBytes: 12_300_000_000, measured: true, verdict: .good)
  ]
  status.alerts = [
    .init(
      name: "RegionDown", state: "firing", since: noon - .seconds(60),
      labels: ["alertname": "RegionDown", "region": "japan"], summary: "Region japan is down",
      heldBackBy: ["silenced by ada"], acknowledgedBy: "bob")
  ]
  status.receivers = [
    .init(topic: "pager", name: "chat", waiting: 3, consecutiveFailures: 4, problem: "timeout: no answer"),
    .init(topic: "pager", name: "phone"),
  ]
  return status
}
