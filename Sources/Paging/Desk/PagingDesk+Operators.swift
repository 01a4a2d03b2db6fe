internal import Model

extension PagingDesk {
  /// Somebody takes alerts on: no reminders of them and no escalation until they are over. Returns how many fire and
  /// are known; the others are left out.
  package func acknowledge(
    _ identities: [String], by person: String, comment: String, at time: Moment
  ) -> Int {
    var count = 0
    for identity in identities {
      guard var record = records[identity], record.isFiring else { continue }
      record.acknowledgement = Acknowledgement(by: person, comment: comment, at: time.now)
      records[identity] = record
      changedRecords.insert(identity)
      count += 1
      journal(.acknowledged, record.event, time, ["by": person, "comment": comment].filter { !$1.isEmpty })
      reviewNow(record, time)
    }
    return count
  }

  /// Takes an acknowledgement back: reminders and escalation begin anew.
  package func unacknowledge(_ identities: [String], by person: String, at time: Moment) -> Int {
    var count = 0
    for identity in identities {
      guard var record = records[identity], record.acknowledgement != nil else { continue }
      record.acknowledgement = nil
      records[identity] = record
      changedRecords.insert(identity)
      count += 1
      journal(.unacknowledged, record.event, time, ["by": person])
      reviewNow(record, time)
    }
    return count
  }

  /// Identities of the alerts with that fingerprint.
  package func identities(withFingerprint fingerprint: String) -> [String] {
    records.values.filter { fingerprintText($0.event.labels) == fingerprint }.map(\.event.identity).sorted()
  }

  /// Creates or changes a silence; returns its identifier.
  package func set(_ draft: SilenceDraft, at time: Moment) throws(SilenceProblem) -> String {
    let written = try silences.set(draft, now: time.now)
    decisions.changes += written.changes
    decisions.journal += written.journal
    return written.id
  }

  package func expireSilence(_ id: String, at time: Moment) throws(SilenceProblem) {
    let written = try silences.expire(id: id, now: time.now)
    decisions.changes += written.changes
    decisions.journal += written.journal
  }

  private func reviewNow(_ record: AlertRecord, _ time: Moment) {
    for key in record.groups { reviews.bringForward(key, to: time.monotonic) }
  }

  // MARK: Settings

  /// Goes on under new settings: what was told stays told, where a route leads to the same topic as before.
  package func replaceSettings(_ new: PagingSettings, at time: Moment) {
    settings = new
    tree = RouteTree(new.routes)
    inhibitor = Inhibitor(rules: new.inhibitions)
    for (identity, record) in records where record.isFiring {
      _ = inhibitor.fires(identity: identity, labels: record.event.labels)
    }
    regroup(time)
    seenSilences = nil
    nextWindowChange = time.monotonic
    for key in groups.keys { reviews.bringForward(key, to: time.monotonic) }
  }

  /// Finds the routes of all alerts anew. A group whose route is gone keeps only what it has told, until a group of the
  /// same topic takes that over or its end is told.
  func regroup(_ time: Moment) {
    for (key, group) in groups { groups[key]?.route = tree.route(id: group.routeID, topic: group.topic) }
    for (identity, record) in records where record.direct == nil {
      let old = record.groups
      records[identity]?.groups = []
      if record.isFiring {
        let unroutedBefore = (statistics.unrouted, decisions.untold.count)
        join(identity, time)
        // It was said when the alert began.
        statistics.unrouted = unroutedBefore.0
        decisions.untold.removeLast(decisions.untold.count - unroutedBefore.1)
      }
      for key in old where !(records[identity]?.groups.contains(key) ?? false) {
        handOver(identity, from: key)
      }
      forgetIfDone(identity)
    }
    for (key, group) in groups where group.members.isEmpty {
      groups[key] = nil
      reviews.set(key, at: nil)
      changedGroups.insert(key)
    }
  }

  /// `identity` is no longer of the group `key` by the routes.
  private func handOver(_ identity: String, from key: String) {
    guard let told = groups[key]?.told.firing[identity], let topic = groups[key]?.topic else {
      groups[key]?.members.remove(identity)
      return
    }
    let heirs = (records[identity]?.groups ?? []).filter { groups[$0]?.topic == topic }
    if heirs.isEmpty {
      // Still to be told its end.
      records[identity]?.groups.append(key)
      return
    }
    let notifiedAt = groups[key]?.told.notifiedAt
    for heir in heirs {
      if groups[heir]?.told.firing[identity] == nil { groups[heir]?.told.firing[identity] = told }
      if groups[heir]?.told.notifiedAt == nil { groups[heir]?.told.notifiedAt = notifiedAt }
      changedGroups.insert(heir)
    }
    groups[key]?.told.firing[identity] = nil
    groups[key]?.members.remove(identity)
    changedGroups.insert(key)
  }
}
