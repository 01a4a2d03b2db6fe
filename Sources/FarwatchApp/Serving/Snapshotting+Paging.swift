internal import Alerting
internal import Model
internal import Notifying
internal import Paging
internal import StatusPage

/// Alerts, silences and receivers for the status page.
extension Conductor {
  /// The most urgent alerts, how many there are, and what paging says of them.
  func alertStatuses(_ rules: RulesSnapshot, _ time: Moment) -> AlertStatuses {
    typealias Candidate = (rank: Int, alert: RulesSnapshot.Alert, rule: RulesSnapshot.Rule)
    var counts = StatusSnapshot.AlertCounts()
    var chosen = MostUrgent<Candidate>(limit: StatusSnapshot.mostAlerts) {
      ($0.rank, $0.alert.activeAt, $0.alert.identity) < ($1.rank, $1.alert.activeAt, $1.alert.identity)
    }
    for rule in rules.groups.flatMap(\.rules) {
      for alert in rule.alerts {
        let isFiring = alert.state == .firing
        let isHeldBack = isFiring && desk.isHeldBack(alert.identity)
        counts.note(isFiring: isFiring, isHeldBack: isHeldBack)
        chosen.offer((isFiring ? isHeldBack ? 1 : 0 : 2, alert, rule))
      }
    }
    var overview = desk.overview(
      at: time, posted: StatusSnapshot.mostAlerts, and: chosen.found.map(\.alert.identity))
    for place in overview.alerts.indices {
      overview.alerts[place].tellings = dispatcher.tellings(of: overview.alerts[place])
    }
    counts.firing += overview.postedFiring
    counts.heldBack += overview.postedHeldBack
    let names = PagingNames(overview, time.now)
    let paged = Dictionary(overview.alerts.map { ($0.identity, $0) }) { first, _ in first }
    var found = chosen.found.map { _, alert, rule in
      let missing = alert.missingData.isEmpty ? "" : " (\(alert.missingData.joined(separator: ", ")))"
      return StatusSnapshot.ActiveAlert(
        name: alert.labels["alertname"] ?? "", state: alert.state.rawValue, since: alert.activeAt,
        labels: alert.labels, summary: Self.summary(alert.annotations), expression: rule.query,
        held: alert.heldBy.map {
          $0 == .missingData ? "kept: its data is missing\(missing)" : "kept: not clear yet"
        }, paging: paged[alert.identity].flatMap { $0.status == .firing ? names.status($0) : nil })
    }
    for alert in overview.alerts where alert.source == .posted && alert.status == .firing {
      found.append(
        StatusSnapshot.ActiveAlert(
          name: alert.labels["alertname"] ?? "", state: "firing", since: alert.startsAt, labels: alert.labels,
          summary: Self.summary(alert.annotations), expression: "posted by another program",
          paging: names.status(alert)))
    }
    let shown = found.sorted { $0.urgency < $1.urgency }.prefix(StatusSnapshot.mostAlerts)
    return AlertStatuses(alerts: Array(shown), counts: counts, overview: overview)
  }

  private static func summary(_ annotations: Labels) -> String {
    annotations["summary"] ?? annotations["description"] ?? ""
  }

  /// Those that hold or will, the first to end first.
  func silenceStatuses(_ paging: PagingOverview, _ now: Timestamp) -> [StatusSnapshot.Silenced] {
    let open = paging.silences.filter { $0.endsAt > now }.sorted { ($0.endsAt, $0.id) < ($1.endsAt, $1.id) }
    return open.map { silence in
      StatusSnapshot.Silenced(
        id: silence.id,
        matchers: silence.matchers.map { ListedSilence.Matcher($0).text }.joined(separator: ", "),
        by: silence.createdBy, comment: silence.comment, startsAt: silence.startsAt, endsAt: silence.endsAt,
        alerts: paging.silenced[silence.id] ?? 0)
    }
  }

  func receiverStatuses(_ now: Timestamp) -> [StatusSnapshot.Receiver] {
    let snapshot = dispatcher.snapshot(now: now)
    let proven = Dictionary(
      proofs.standings(now).map { (String($0.receiver.key.prefix(8)), $0) }, uniquingKeysWith: { a, _ in a })
    return snapshot.subscriptions.map { subscription in
      let last = snapshot.recent.last {
        $0.topic == subscription.topic && $0.endpoint == subscription.endpoint
      }
      var status = StatusSnapshot.Receiver(
        topic: subscription.topic, endpoint: subscription.endpoint,
        confirmed: subscription.standing == .confirmed, waiting: subscription.queued,
        lastSuccess: subscription.lastSuccess, consecutiveFailures: subscription.consecutiveFailures,
        lastProblem: last?.failure.map { "\($0.rawValue): \(last?.detail ?? "")" })
      status.name = subscription.receiver
      status.isUnsubscribed = subscription.standing == .unsubscribed
      status.oldestWaiting = subscription.oldestPendingAge
      status.givenUp = subscription.givenUp
      status.fallback = subscription.fallback
      status.isFallenBack = subscription.isFallenBack
      status.lastProven = proven[subscription.id]?.lastProven
      status.failedProofs = proven[subscription.id]?.consecutiveFailures ?? 0
      return status
    }
  }
}

/// Alerts for the status page, and what else was found on the way.
struct AlertStatuses {
  var alerts: [StatusSnapshot.ActiveAlert]
  var counts: StatusSnapshot.AlertCounts
  var overview: PagingOverview
}

extension StatusSnapshot.ActiveAlert {
  fileprivate var urgency: (Int, Timestamp, String) {
    let rank = state != "firing" ? 2 : paging?.isHeldBack ?? false ? 1 : 0
    return (rank, since, name)
  }
}

/// What stands behind the identifiers in ``PagedAlert``.
private struct PagingNames {
  private var silences: [String: Silence] = [:]
  private var alerts: [String: String] = [:]

  init(_ paging: PagingOverview, _ now: Timestamp) {
    for silence in paging.silences where silence.endsAt > now { silences[silence.id] = silence }
    for (fingerprint, labels) in paging.inhibitors {
      let region = labels["region"].map { " in \($0)" } ?? ""
      alerts[fingerprint] = (labels["alertname"] ?? fingerprint) + region
    }
  }

  func status(_ alert: PagedAlert) -> StatusSnapshot.Paging {
    StatusSnapshot.Paging(
      silencedBy: alert.silencedBy.map { id in
        silences[id].map { "\($0.createdBy) until \(StatusPage.time($0.endsAt))" } ?? id
      },
      inhibitedBy: alert.inhibitedBy.map { alerts[$0] ?? $0 }, mutedBy: alert.mutedBy,
      acknowledgedBy: alert.acknowledgement?.by, acknowledgedAt: alert.acknowledgement?.at,
      topics: alert.topics,
      tellings: alert.tellings.map {
        StatusSnapshot.Telling(
          topic: $0.topic, state: $0.state.rawValue, at: $0.at, reason: $0.reason, words: $0.words)
      })
  }
}
