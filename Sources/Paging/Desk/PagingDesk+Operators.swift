internal import Model

extension PagingDesk {
  /// Somebody takes alerts on: no reminders of them and no escalation until they are over. Returns how many fire and
  /// are known; the others are left out.
  package func acknowledge(
    _ identities: [String], by person: String, comment: String, at time: Moment
  ) -> Int {
    var count = 0
    var taken: [AlertRecord] = []
    for identity in identities {
      guard var record = records[identity], record.isFiring else { continue }
      if record.acknowledgement == nil { taken.append(record) }
      record.acknowledgement = Acknowledgement(by: person, comment: comment, at: time.now)
      records[identity] = record
      changedRecords.insert(identity)
      count += 1
      journal(.acknowledged, record.event, time, ["by": person, "comment": comment].filter { !$1.isEmpty })
      reviewNow(record, time)
    }
    for key in Set(taken.flatMap(\.groups)).sorted() { tellAcknowledgement(ofGroup: key, by: person, time) }
    for record in taken where record.direct?.toldFiring ?? false {
      let topics = record.event.topics ?? []
      send(acknowledgement(of: record.event.identity, [record.event], by: person, time), to: topics, time)
    }
    return count
  }

  /// Tells those who were told of the group, once nothing of it is left that nobody took on. What waits to be told
  /// anew does not count: its own page opens the matter again.
  private func tellAcknowledgement(ofGroup key: String, by person: String, _ time: Moment) {
    guard let group = groups[key] else { return }
    let open = group.told.firing.keys.compactMap { records[$0] }
      .filter { $0.isFiring && !group.isNews($0.event) }
    guard !open.isEmpty, open.allSatisfy({ $0.acknowledgement != nil }) else { return }
    func tell(_ topic: String, _ records: [AlertRecord]) {
      let events = records.map(\.event).sorted { ($0.startsAt, $0.identity) < ($1.startsAt, $1.identity) }
      guard let first = events.first else { return }
      var page = acknowledgement(of: group.isGrouped ? key : first.identity, events, by: person, time)
      page.route = group.routeID
      page.groupLabels = group.labels
      page.isGrouped = group.isGrouped
      send(page, to: [topic], time)
    }
    tell(group.topic, open)
    for (topic, knows) in group.told.escalated.sorted(by: { byteOrder($0.key, $1.key) }) {
      tell(topic, open.filter { knows.contains($0.event.identity) })
    }
  }

  private func acknowledgement(
    of thread: String, _ events: [AlertEvent], by person: String, _ time: Moment
  ) -> Notification {
    acknowledgementsTold += 1
    var page = Notification(
      kind: .acknowledgement, thread: thread, serial: "ack#\(time.now.milliseconds)#\(acknowledgementsTold)",
      isGrouped: false, alerts: Array(events.prefix(settings.alertsPerPage)),
      truncatedAlerts: max(0, events.count - settings.alertsPerPage), decidedAt: time.now)
    page.acknowledgedBy = person
    return page
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
    records.values.filter { $0.event.labels.fingerprintText == fingerprint }.map(\.event.identity).sorted()
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
