package import Model

extension PagingDesk {
  /// Takes alerts that another program posts; returns how many were refused because there are too many.
  package func post(_ alerts: [PostedAlert], at time: Moment) -> Int {
    var refused = 0
    for alert in alerts {
      let identity = Self.identity(ofPosted: alert.labels)
      let known = records[identity]
      let isOver = alert.endsAt.map { $0 <= time.now } ?? false
      if isOver {
        // An end of something never heard of is no news.
        if let known, known.isFiring { endPosted(known, at: alert.endsAt ?? time.now, .ceased, time) }
        continue
      }
      if known == nil, postedCount >= settings.postedAlertLimit {
        refused += 1
        continue
      }
      takePosted(alert, identity, known, time)
    }
    statistics.posted += UInt64(alerts.count - refused)
    statistics.postedRefused += UInt64(refused)
    return refused
  }

  package static func identity(ofPosted labels: Labels) -> String { "posted/\(labels.fingerprintText)" }

  private func takePosted(_ alert: PostedAlert, _ identity: String, _ known: AlertRecord?, _ time: Moment) {
    let goesOn = known.map { $0.isFiring } ?? false
    var startsAt = alert.startsAt ?? known.flatMap { goesOn ? $0.event.startsAt : nil } ?? time.now
    if goesOn, let known { startsAt = min(startsAt, known.event.startsAt) }
    // One that comes back may say that it began when the last episode did: its poster was not heard for long, or names
    // one moment for ever.
    let episode = goesOn ? known?.event.episode : UInt64(bitPattern: time.now.milliseconds)
    var event = AlertEvent(
      status: .firing, identity: identity, startsAt: startsAt, episode: episode, endsAt: nil,
      labels: alert.labels, annotations: alert.annotations, value: .nan,
      origin: AlertOrigin(
        group: "", alertName: alert.labels["alertname"] ?? "", expression: "", holdSeconds: 0,
        intervalSeconds: 0),
      decidedAt: known.flatMap { goesOn ? $0.event.decidedAt : nil } ?? time.now)
    if !alert.generatorURL.isEmpty { event.generatorURL = alert.generatorURL }
    var record = AlertRecord(event: event, source: .posted, updatedAt: time.now)
    record.generatorURL = alert.generatorURL
    let end = alert.endsAt ?? time.now + settings.resolveTimeout
    // Prometheus puts the end off every minute; its silence then is no end. A person who gives an end means it.
    record.isRefreshed = !alert.generatorURL.isEmpty || alert.endsAt == nil || (known?.isRefreshed ?? false)
    record.expiresAt = record.isRefreshed ? end + settings.silentPosterLimit : end
    if goesOn, let known {
      update(known, with: record, time)
    } else {
      journal(.firing, event, time, ["source": "posted"])
      begin(record, time)
    }
    expiries.set(identity, at: record.expiresAt.map { time.monotonic(ofNext: $0) })
  }

  /// An alert that goes on: what holds it back, its groups and who was told stay.
  private func update(_ known: AlertRecord, with new: AlertRecord, _ time: Moment) {
    var record = known
    record.event = new.event
    record.generatorURL = new.generatorURL
    record.updatedAt = time.now
    record.isRefreshed = new.isRefreshed
    record.expiresAt = new.expiresAt
    records[record.event.identity] = record
    if known.event.startsAt != new.event.startsAt {
      dateBack(record, from: known.event.startsAt, to: new.event.startsAt)
    }
    // That it is still there is not worth a write: after a restart it is given time to be posted again.
    let isSame =
      known.event.startsAt == new.event.startsAt && known.event.annotations == new.event.annotations
      && known.generatorURL == new.generatorURL && known.isRefreshed == new.isRefreshed
    if !isSame { changedRecords.insert(record.event.identity) }
  }

  /// Another of its posters saw it earlier, which is no news to those who were told that it fires.
  private func dateBack(_ record: AlertRecord, from old: Timestamp, to new: Timestamp) {
    let identity = record.event.identity
    for key in record.groups where groups[key]?.told.firing[identity] == old {
      groups[key]?.told.firing[identity] = new
      changedGroups.insert(key)
    }
  }

  /// The time of a posted alert is up.
  func expire(_ identity: String, _ time: Moment) {
    guard let record = records[identity], record.isFiring, record.source == .posted else { return }
    if let end = record.expiresAt, end > time.now {
      // The wall clock was set back meanwhile.
      expiries.set(identity, at: time.monotonic(ofNext: end))
      return
    }
    if record.isRefreshed {
      endPosted(record, at: time.now, .sourceSilent, time)
    } else {
      endPosted(record, at: record.expiresAt ?? time.now, .ceased, time)
    }
  }

  private func endPosted(_ record: AlertRecord, at end: Timestamp, _ cause: AlertEnding.Cause, _ time: Moment)
  {
    var event = record.event
    event.status = .resolved
    event.endsAt = end
    event.decidedAt = time.now
    event.ending = AlertEnding(cause)
    if cause == .sourceSilent { event.ending?.lastSampleAt = record.updatedAt }
    journal(.resolved, event, time, ["source": "posted", "because": cause.rawValue])
    self.end(event, source: .posted, time)
  }
}
