package import Model

extension PagingDesk {
  /// Takes what rules and alarms decided, in order. The journal's `firing` and `resolved` are the caller's.
  package func take(_ events: [AlertEvent], at time: Moment) {
    for event in events {
      statistics.events += 1
      if event.topics != nil {
        takeAlarm(event, time)
      } else if event.status == .firing {
        begin(AlertRecord(event: event, source: .rule, updatedAt: time.now), time)
      } else {
        end(event, source: .rule, time)
      }
    }
  }

  /// Ends the alerts of rules that the rule engine does not know, without a word but in the journal: their state was
  /// lost. `known`: identities of the alerts that fire.
  package func reconcile(rules known: Set<String>, at time: Moment) {
    for (identity, record) in records where record.source == .rule && record.isFiring {
      if known.contains(identity) { continue }
      var event = record.event
      event.status = .resolved
      event.endsAt = time.now
      event.decidedAt = time.now
      event.ending = AlertEnding(.ruleRemoved)
      end(event, source: .rule, time)
    }
  }

  // MARK: Beginning and end

  func begin(_ new: AlertRecord, _ time: Moment) {
    let identity = new.event.identity
    var record = new
    if let old = records[identity] {
      if !old.isFiring { tellAlone(old, time) }
      if let old = records[identity] {
        record.groups = old.groups
        if old.isFiring, old.isSameEpisode(as: new.event) { record.acknowledgement = old.acknowledgement }
      }
    } else if record.source == .posted {
      postedCount += 1
    }
    let affected = inhibitor.fires(identity: identity, labels: record.event.labels)
    let wait = inhibitor.waits(for: record.event.labels)
    if wait > .zero { record.quietUntil = time.monotonic + wait }
    records[identity] = record
    changedRecords.insert(identity)
    join(identity, time)
    settleSuppression(of: identity, time)
    for other in affected where other != identity { settleSuppression(of: other, time) }
    reviewSoon(identity, time)
  }

  func end(_ event: AlertEvent, source: PagedAlert.Source, _ time: Moment) {
    let identity = event.identity
    let affected = inhibitor.ends(identity: identity)
    // A beginning that may be told now is told before its end takes its place.
    if let record = records[identity], record.isFiring { tellAlone(record, time) }
    if var record = records[identity] {
      if record.direct == nil, !isTold(record), record.isHeldBack { statistics.neverTold += 1 }
      record.event = event
      record.updatedAt = time.now
      record.expiresAt = nil
      records[identity] = record
      expiries.set(identity, at: nil)
    } else {
      // Told by an earlier version, or its row was lost: who routes lead to is told the end.
      records[identity] = AlertRecord(event: event, source: source, updatedAt: time.now)
      if source == .posted { postedCount += 1 }
      join(identity, time)
      for key in records[identity]?.groups ?? [] {
        groups[key]?.told.firing[identity] = event.startsAt
        changedGroups.insert(key)
      }
    }
    changedRecords.insert(identity)
    reviewSoon(identity, time)
    forgetIfDone(identity)
    for other in affected where other != identity { settleSuppression(of: other, time) }
  }

  private func isTold(_ record: AlertRecord) -> Bool {
    record.groups.contains { groups[$0]?.told.firing[record.event.identity] != nil }
  }

  // MARK: Groups

  /// Puts an alert into the groups of its routes.
  func join(_ identity: String, _ time: Moment) {
    guard var record = records[identity] else { return }
    let routes = tree.routes(for: record.event.labels)
    if routes.isEmpty {
      statistics.unrouted += 1
      decisions.untold.append(record.event)
    }
    for route in routes {
      let (key, labels) = route.group(of: record.event.labels, identity: identity)
      var group =
        groups.removeValue(forKey: key)
        ?? PageGroup(key: key, route: route, labels: labels, createdAt: time.monotonic)
      group.members.insert(identity)
      groups[key] = group
      if !record.groups.contains(key) { record.groups.append(key) }
    }
    records[identity] = record
  }

  /// Has the groups of an alert reviewed in this turn.
  func reviewSoon(_ identity: String, _ time: Moment) {
    guard let record = records[identity] else { return }
    if record.direct != nil {
      if record.direct?.isDue ?? false { directDue.append(identity) }
      return
    }
    for key in record.groups {
      guard let group = groups[key] else { continue }
      // Before that moment nothing can be told, so many alerts of a group make one review.
      reviews.bringForward(key, to: max(time.monotonic, group.newsMayLeaveAt(time)))
    }
  }

  /// Tells at once what is due of an alert that is told by itself: each of its transitions is news. A group shows what
  /// holds when its time has come.
  private func tellAlone(_ record: AlertRecord, _ time: Moment) {
    guard !isHolding else { return }
    for key in record.groups {
      guard let group = groups[key], !group.isGrouped, group.newsMayLeaveAt(time) <= time.monotonic else {
        continue
      }
      review(key, time)
    }
  }

  // MARK: Alarms with topics of their own

  /// Alarms name who hears of each of their states: no routes, no groups, no reminders.
  private func takeAlarm(_ event: AlertEvent, _ time: Moment) {
    let identity = event.identity
    // What is due and may be told is told first: every transition of an alarm is news.
    if records[identity]?.direct?.isDue ?? false, !isHolding { tellAlarm(identity, time) }
    let old = records[identity]
    if event.status == .firing {
      var record = AlertRecord(event: event, source: .alarm, updatedAt: time.now)
      record.direct = .init(toldFiring: old?.direct?.toldFiring ?? false, isDue: true)
      records[identity] = record
      changedRecords.insert(identity)
      let affected = inhibitor.fires(identity: identity, labels: event.labels)
      settleSuppression(of: identity, time)
      for other in affected where other != identity { settleSuppression(of: other, time) }
      directDue.append(identity)
      return
    }
    let affected = inhibitor.ends(identity: identity)
    if let old, old.isFiring, old.direct?.isDue ?? false, !(old.direct?.toldFiring ?? false) {
      // Nobody heard that it began.
      statistics.neverTold += 1
      forgetAlarm(identity)
    } else {
      var record = AlertRecord(event: event, source: .alarm, updatedAt: time.now)
      record.direct = .init(toldFiring: false, isDue: true)
      records[identity] = record
      changedRecords.insert(identity)
      directDue.append(identity)
    }
    for other in affected where other != identity { settleSuppression(of: other, time) }
  }

  /// An alarm left ALARM and has nobody to tell, or is gone.
  package func alarmEnded(_ identity: String, at time: Moment) {
    guard let record = records[identity], record.source == .alarm, record.isFiring else { return }
    if record.direct?.isDue ?? false, !isHolding { tellAlarm(identity, time) }
    forgetAlarm(identity)
    for other in inhibitor.ends(identity: identity) where other != identity {
      settleSuppression(of: other, time)
    }
  }

  /// Identities of the alarms that are known to be in ALARM.
  package var firingAlarms: [String] {
    records.values.filter { $0.source == .alarm && $0.isFiring }.map(\.event.identity)
  }

  private func forgetAlarm(_ identity: String) {
    records[identity] = nil
    changedRecords.insert(identity)
  }

  func tellAlarms(_ time: Moment) {
    let due = directDue
    directDue = []
    for identity in due { tellAlarm(identity, time) }
  }

  private func tellAlarm(_ identity: String, _ time: Moment) {
    guard var record = records[identity], let direct = record.direct, direct.isDue else { return }
    if record.isFiring, record.isHeldBack { return }
    send(Notification(record.event), to: record.event.topics ?? [], time)
    record.direct = .init(toldFiring: record.isFiring, isDue: false)
    records[identity] = record
    changedRecords.insert(identity)
    forgetIfDone(identity)
  }
}
