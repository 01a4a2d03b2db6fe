package import Model

extension PagingDesk {
  /// How paging stands; takes time in proportion to all alerts.
  package func snapshot(at time: Moment) -> PagingSnapshot {
    let sorted = records.values.sorted {
      ($0.event.startsAt, $0.event.identity) < ($1.event.startsAt, $1.event.identity)
    }
    var places: [String: Int] = [:]
    let alerts = sorted.enumerated().map { place, record in
      places[record.event.identity] = place
      return summary(record, time)
    }
    let groups = self.groups.values.sorted { byteOrder($0.key, $1.key) }.map { group in
      AlertGroup(
        labels: group.labels, topic: group.topic, routeID: group.routeID,
        alerts: group.members.compactMap { places[$0] }.sorted())
    }
    return PagingSnapshot(alerts: alerts, groups: groups, silences: silences.all)
  }

  /// How paging stands, for who wants to see the most urgent: all alerts are counted, and few are copied.
  ///
  /// - Parameters:
  ///   - limit: posted alerts to be copied, those that nothing holds back first, then the oldest.
  ///   - others: identities of alerts that are copied whatever they are, where they are known.
  package func overview(at time: Moment, posted limit: Int, and others: [String]) -> PagingOverview {
    var overview = PagingOverview(silences: silences.all)
    var chosen = MostUrgent<(isHeldBack: Bool, at: Timestamp, identity: String)>(limit: limit) {
      ($0.isHeldBack ? 1 : 0, $0.at, $0.identity) < ($1.isHeldBack ? 1 : 0, $1.at, $1.identity)
    }
    for record in records.values where record.isFiring {
      for id in record.silencedBy { overview.silenced[id, default: 0] += 1 }
      guard record.source == .posted else { continue }
      let isHeldBack = self.isHeldBack(record)
      overview.postedFiring += 1
      if isHeldBack { overview.postedHeldBack += 1 }
      chosen.offer((isHeldBack, record.event.startsAt, record.event.identity))
    }
    let records = (chosen.found.map(\.identity) + others).compactMap { self.records[$0] }
    overview.alerts = records.map { summary($0, time) }
    for identity in Set(records.flatMap(\.inhibitedBy)) {
      guard let labels = self.records[identity]?.event.labels else { continue }
      overview.inhibitors[labels.fingerprintText] = labels
    }
    return overview
  }

  /// Whether nobody is paged for the alert though it fires: silenced, inhibited or muted.
  package func isHeldBack(_ identity: String) -> Bool { records[identity].map(isHeldBack) ?? false }

  private func isHeldBack(_ record: AlertRecord) -> Bool {
    record.isHeldBack || record.groups.contains { mutedGroups.contains($0) }
  }

  /// The alerts that fire and that `isWanted`, in order of identity.
  package func firing(now time: Moment, where isWanted: (AlertEvent) -> Bool) -> [PagedAlert] {
    records.values.filter { $0.isFiring && isWanted($0.event) }.map { summary($0, time) }
      .sorted { byteOrder($0.identity, $1.identity) }
  }

  /// Identities of the alerts that notifications of a thread tell of.
  package func members(ofThread thread: String) -> Set<String> { groups[thread]?.members ?? [thread] }

  private func summary(_ record: AlertRecord, _ time: Moment) -> PagedAlert {
    let identity = record.event.identity
    let own = record.groups.compactMap { groups[$0] }
    let muted = own.filter { mutedGroups.contains($0.key) }.flatMap { mute(of: $0.route, at: time).names }
    let told = own.filter { $0.told.firing[identity] != nil }
    var toldTopics = Set(told.map(\.topic))
    for group in told {
      toldTopics.formUnion(group.told.escalated.filter { $0.value.contains(identity) }.keys)
    }
    if record.direct?.toldFiring ?? false { toldTopics.formUnion(record.event.topics ?? []) }
    return PagedAlert(
      identity: identity, fingerprint: record.event.labels.fingerprintText, source: record.source,
      status: record.event.status, labels: record.event.labels, annotations: record.event.annotations,
      startsAt: record.event.startsAt, endsAt: record.event.endsAt ?? record.expiresAt,
      updatedAt: record.updatedAt, generatorURL: record.generatorURL, silencedBy: record.silencedBy,
      inhibitedBy: record.inhibitedBy.compactMap { records[$0].map { $0.event.labels.fingerprintText } },
      mutedBy: record.maintenance + Set(muted).sorted(), maintenance: record.maintenance,
      acknowledgement: record.acknowledgement,
      topics: (own.map(\.topic) + (record.event.topics ?? [])).reduce(into: []) {
        if !$0.contains($1) { $0.append($1) }
      },
      toldTopics: toldTopics.sorted(), toldAt: told.compactMap(\.told.notifiedAt).max())
  }

  /// Alerts that fire and that `topic` was told of, for receivers that have to hear of them again and again. Takes time
  /// in proportion to all groups.
  package func standing(_ topic: String) -> [AlertEvent] {
    var found: [String: AlertEvent] = [:]
    func note(_ identity: String) {
      // Also what is held back by now: to fall silent about it would look like its end.
      if let record = records[identity], record.isFiring {
        found[identity] = record.event
      }
    }
    for group in groups.values {
      if group.topic == topic { for identity in group.told.firing.keys { note(identity) } }
      for identity in group.told.escalated[topic] ?? [] { note(identity) }
    }
    for record in records.values where record.direct?.toldFiring ?? false {
      if record.event.topics?.contains(topic) ?? false { note(record.event.identity) }
    }
    return found.values.sorted { ($0.startsAt, $0.identity) < ($1.startsAt, $1.identity) }
  }
}
