internal import FoundationEssentials
internal import Model

extension StatusAnswer {
  /// What was read is no status.
  package struct Fault: Error, Sendable { package init() {} }

  /// From the body of `/api/status`.
  package init(json: [UInt8]) throws(Fault) {
    let document: StatusDocument
    do { document = try JSONDecoder().decode(StatusDocument.self, from: Data(json)) } catch { throw Fault() }
    // Any object would do, were nothing asked of it.
    guard let ready = document.ready, document.regions != nil else { throw Fault() }
    self.init()
    isReady = ready
    takenAt = document.takenAt.flatMap(Timestamp.init(rfc3339:))
    startedAt = document.startedAt.flatMap(Timestamp.init(rfc3339:))
    vantage = document.vantage ?? ""
    version = document.version ?? ""
    problems =
      (document.reloadProblem.map { ["The configuration on disk is not in force: \($0)"] } ?? [])
      + (document.problems ?? [])
    if let store = document.store, store.failing == true {
      let said = store.reason ?? "no reason given"
      if !problems.contains(where: { $0.contains(said) }) { problems.append("The store fails: \(said)") }
    }
    if let said = document.judgement, let word = said.verdict.flatMap(Verdict.init(rawValue:)) {
      told = Told(verdict: word, text: said.text ?? "", failover: said.failover)
    }
    readiness = (document.readiness ?? []).map(\.status)
    regions = (document.regions ?? []).map(\.status)
    links = (document.links ?? []).map(\.status)
    backups = (document.backups ?? []).map(\.status)
    alerts = (document.alerts ?? []).map(\.status)
    countedFiring = document.alertCounts?.firing
    alertsLeftOut = max(0, (document.alertCounts?.all ?? alerts.count) - alerts.count)
    alarms = (document.alarms ?? []).map(\.status)
    receivers = (document.receivers ?? []).map(\.status)
    problems += (document.heartbeats ?? []).compactMap(\.problem)
  }
}

/// The JSON, member for member. None is demanded: an older daemon may not have it.
private struct StatusDocument: Decodable {
  struct Judgement: Decodable {
    var verdict: String?
    var text: String?
    var failover: String?
  }
  struct Readiness: Decodable {
    var workload: String?
    var call: String?
    var region: String?
    var verdict: String?
    var exposureSeconds: Double?
    var takesSeconds: Double?
    var lastProven: String?
    var reason: String?
  }
  struct Check: Decodable {
    var name: String?
    var verdict: String?
    var since: String?
    var consecutiveFailures: Int?
    var latencySeconds: Double?
    var lastProbe: String?
    var reason: String?
  }
  struct Traffic: Decodable {
    var requestsPerSecond: Double?
    var errorsPerSecond: Double?
    var reason: String?
  }
  struct Region: Decodable {
    var name: String?
    var role: String?
    var verdict: String?
    var sharePercent: Double?
    var traffic: Traffic?
    var checks: [Check]?
  }
  struct Link: Decodable {
    var name: String?
    var engine: String?
    var source: String?
    var target: String?
    var verdict: String?
    var exposureSeconds: Double?
    var objectiveSeconds: Double?
    var reason: String?
  }
  struct Backup: Decodable {
    var job: String?
    var region: String?
    var verdict: String?
    var newestGood: String?
    var objectiveSeconds: Double?
    var sizeBytes: Double?
    var measured: Bool?
    var reason: String?
  }
  struct Paging: Decodable {
    var silencedBy: [String]?
    var inhibitedBy: [String]?
    var mutedBy: [String]?
    var acknowledgedBy: String?
  }
  struct Alert: Decodable {
    var name: String?
    var state: String?
    var since: String?
    var labels: [String: String]?
    var summary: String?
    var expression: String?
    var held: String?
    var paging: Paging?
  }
  struct AlertCounts: Decodable {
    var all: Int?
    var firing: Int?
  }
  struct Alarm: Decodable {
    var name: String?
    var state: String?
    var verdict: String?
    var since: String?
    var stateReason: String?
  }
  struct Receiver: Decodable {
    var topic: String?
    var name: String?
    var confirmed: Bool?
    var waiting: Int?
    var consecutiveFailures: Int?
    var givenUp: Int?
    var fallback: String?
    var fallenBack: Bool?
    var reason: String?
  }
  struct Heartbeat: Decodable {
    var name: String?
    var withheld: [String]?
    var reason: String?
  }
  struct Store: Decodable {
    var failing: Bool?
    var reason: String?
  }

  var takenAt: String?
  var startedAt: String?
  var vantage: String?
  var version: String?
  var ready: Bool?
  var reloadProblem: String?
  var judgement: Judgement?
  var readiness: [Readiness]?
  var regions: [Region]?
  var links: [Link]?
  var backups: [Backup]?
  var alerts: [Alert]?
  var alertCounts: AlertCounts?
  var alarms: [Alarm]?
  var receivers: [Receiver]?
  var heartbeats: [Heartbeat]?
  var store: Store?
  var problems: [String]?
}

private func verdict(_ word: String?) -> StatusAnswer.Verdict {
  word.flatMap { .init(rawValue: $0) } ?? .unknown
}
private func time(_ text: String?) -> Timestamp? { text.flatMap(Timestamp.init(rfc3339:)) }

extension StatusDocument.Readiness {
  fileprivate var status: StatusAnswer.Readiness {
    .init(
      workload: workload, region: region ?? "", verdict: StatusView.verdict(verdict), call: call,
      exposureSeconds: exposureSeconds, takesSeconds: takesSeconds, lastProven: time(lastProven),
      reason: reason)
  }
}

extension StatusDocument.Region {
  fileprivate var status: StatusAnswer.Region {
    .init(
      name: name ?? "", role: role ?? "", sharePercent: sharePercent, verdict: StatusView.verdict(verdict),
      traffic: traffic.map {
        .init(
          requestsPerSecond: $0.requestsPerSecond, errorsPerSecond: $0.errorsPerSecond, reason: $0.reason)
      },
      checks: (checks ?? []).map { check in
        .init(
          name: check.name ?? "", verdict: StatusView.verdict(check.verdict), since: time(check.since),
          consecutiveFailures: check.consecutiveFailures ?? 0, problem: check.reason,
          latencySeconds: check.latencySeconds)
      })
  }
}

extension StatusDocument.Link {
  fileprivate var status: StatusAnswer.Link {
    .init(
      name: name ?? "", engine: engine ?? "", source: source ?? "", target: target ?? "",
      exposureSeconds: exposureSeconds, objectiveSeconds: objectiveSeconds,
      verdict: StatusView.verdict(verdict),
      problem: reason)
  }
}

extension StatusDocument.Backup {
  fileprivate var status: StatusAnswer.Backup {
    .init(
      job: job ?? "", region: region ?? "", newestGood: time(newestGood), objectiveSeconds: objectiveSeconds,
      sizeBytes: sizeBytes, measured: measured ?? false, verdict: StatusView.verdict(verdict), problem: reason
    )
  }
}

extension StatusDocument.Alert {
  fileprivate var status: StatusAnswer.Alert {
    var reasons: [String] = []
    reasons += (paging?.silencedBy ?? []).map { "silenced by \($0)" }
    reasons += (paging?.inhibitedBy ?? []).map { "inhibited by \($0)" }
    reasons += (paging?.mutedBy ?? []).map { "muted by \($0)" }
    if let held { reasons.append(held) }
    return .init(
      name: name ?? "", state: state ?? "", since: time(since), labels: labels ?? [:], summary: summary ?? "",
      heldBackBy: reasons, acknowledgedBy: paging?.acknowledgedBy)
  }
}

extension StatusDocument.Alarm {
  fileprivate var status: StatusAnswer.Alarm {
    .init(
      name: name ?? "", state: state ?? "", verdict: StatusView.verdict(verdict), since: time(since),
      reason: stateReason ?? "")
  }
}

extension StatusDocument.Receiver {
  fileprivate var status: StatusAnswer.Receiver {
    .init(
      topic: topic ?? "", name: name ?? "", confirmed: confirmed ?? true, waiting: waiting ?? 0,
      consecutiveFailures: consecutiveFailures ?? 0, givenUp: givenUp ?? 0, problem: reason,
      fallback: fallback,
      isFallenBack: fallenBack ?? false)
  }
}

extension StatusDocument.Heartbeat {
  fileprivate var problem: String? {
    let why = (withheld ?? []) + (reason.map { [$0] } ?? [])
    return why.isEmpty ? nil : "Heartbeat \(name ?? "") is not sent: \(why.joined(separator: "; "))"
  }
}
