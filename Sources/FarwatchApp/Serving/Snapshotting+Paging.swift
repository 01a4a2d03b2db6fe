internal import Alerting
internal import Model
internal import Notifying
internal import Paging
internal import StatusPage

/// Alerts, silences and receivers for the status page.
extension Conductor {
  /// Those that page first, then those that are held back, then what is pending.
  func alertStatuses(
    _ rules: RulesSnapshot, _ paging: PagingSnapshot, _ now: Timestamp
  ) -> [StatusSnapshot.ActiveAlert] {
    let names = PagingNames(paging, now)
    var ofRules: [Labels: PagedAlert] = [:]
    for alert in paging.alerts where alert.source == .rule && alert.status == .firing {
      ofRules[alert.labels] = alert
    }
    var found = rules.groups.flatMap(\.rules).flatMap { rule in
      rule.alerts.map { alert in
        let missing = alert.missingData.isEmpty ? "" : " (\(alert.missingData.joined(separator: ", ")))"
        return StatusSnapshot.ActiveAlert(
          name: alert.labels["alertname"] ?? "", state: alert.state.rawValue, since: alert.activeAt,
          labels: alert.labels, summary: Self.summary(alert.annotations), expression: rule.query,
          held: alert.heldBy.map {
            $0 == .missingData ? "kept: its data is missing\(missing)" : "kept: not clear yet"
          }, paging: ofRules[alert.labels].map(names.status))
      }
    }
    for alert in paging.alerts where alert.source == .posted && alert.status == .firing {
      found.append(
        StatusSnapshot.ActiveAlert(
          name: alert.labels["alertname"] ?? "", state: "firing", since: alert.startsAt, labels: alert.labels,
          summary: Self.summary(alert.annotations), expression: "posted by another program",
          paging: names.status(alert)))
    }
    return found.sorted { $0.urgency < $1.urgency }
  }

  private static func summary(_ annotations: Labels) -> String {
    annotations["summary"] ?? annotations["description"] ?? ""
  }

  /// Those that hold or will, the first to end first.
  func silenceStatuses(_ paging: PagingSnapshot, _ now: Timestamp) -> [StatusSnapshot.Silenced] {
    let open = paging.silences.filter { $0.endsAt > now }.sorted { ($0.endsAt, $0.id) < ($1.endsAt, $1.id) }
    if open.isEmpty { return [] }
    var counts: [String: Int] = [:]
    for alert in paging.alerts where alert.status == .firing {
      for id in alert.silencedBy { counts[id, default: 0] += 1 }
    }
    return open.map { silence in
      StatusSnapshot.Silenced(
        id: silence.id,
        matchers: silence.matchers.map { ListedSilence.Matcher($0).text }.joined(separator: ", "),
        by: silence.createdBy, comment: silence.comment, startsAt: silence.startsAt, endsAt: silence.endsAt,
        alerts: counts[silence.id] ?? 0)
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

  init(_ paging: PagingSnapshot, _ now: Timestamp) {
    for silence in paging.silences where silence.endsAt > now { silences[silence.id] = silence }
    // Only of those that are asked for: there may be many alerts.
    let wanted = Set(paging.alerts.flatMap(\.inhibitedBy))
    for alert in paging.alerts where wanted.contains(alert.fingerprint) {
      let region = alert.labels["region"].map { " in \($0)" } ?? ""
      alerts[alert.fingerprint] = (alert.labels["alertname"] ?? alert.fingerprint) + region
    }
  }

  func status(_ alert: PagedAlert) -> StatusSnapshot.Paging {
    StatusSnapshot.Paging(
      silencedBy: alert.silencedBy.map { id in
        silences[id].map { "\($0.createdBy) until \(StatusPage.time($0.endsAt))" } ?? id
      },
      inhibitedBy: alert.inhibitedBy.map { alerts[$0] ?? $0 }, mutedBy: alert.mutedBy,
      acknowledgedBy: alert.acknowledgement?.by, acknowledgedAt: alert.acknowledgement?.at,
      topics: alert.topics, told: alert.toldTopics, toldAt: alert.toldAt)
  }
}
