internal import Model

extension PagingDesk {
  /// Finds anew what holds an alert back, and has its groups reviewed when it no longer does.
  func settleSuppression(of identity: String, _ time: Moment) {
    guard var record = records[identity], record.isFiring else { return }
    let wasHeld = record.isHeldBack
    let labels = record.event.labels
    let silencedBy = silences.silencing(labels, at: time.now)
    let inhibitedBy = inhibitor.inhibitors(of: identity, labels: labels)
    let maintenance = settings.maintenance.filter { $0.isActive(at: time.now) && $0.takes(labels) }.map(
      \.name)
    let changes: [(Bool, Bool, JournalEntry.Kind, JournalEntry.Kind, [String])] = [
      (record.silencedBy.isEmpty, silencedBy.isEmpty, .silenced, .unsilenced, silencedBy),
      (record.inhibitedBy.isEmpty, inhibitedBy.isEmpty, .inhibited, .uninhibited, inhibitedBy),
      (record.maintenance.isEmpty, maintenance.isEmpty, .muted, .unmuted, maintenance),
    ]
    for (was, isNow, begins, ends, names) in changes where was != isNow {
      let by = names.map { records[$0].map { shown($0.event.labels) } ?? $0 }
      journal(
        isNow ? ends : begins, record.event, time, isNow ? [:] : ["by": by.joined(separator: ", ")])
    }
    if !record.inhibitedBy.isEmpty, inhibitedBy.isEmpty {
      // What folded it is over; its own end may follow in a moment.
      let wait = inhibitor.waits(for: labels)
      record.quietUntil = wait > .zero ? time.monotonic + wait : nil
    }
    record.silencedBy = silencedBy
    record.inhibitedBy = inhibitedBy
    record.maintenance = maintenance
    records[identity] = record
    if wasHeld != record.isHeldBack { reviewSoon(identity, time) }
  }

  /// Silences and maintenance windows begin and end with time, or by an operator's word.
  func noteWindows(_ time: Moment) {
    let isDue = nextWindowChange.map { $0 <= time.monotonic } ?? false
    guard isDue || seenSilences != silences.version else { return }
    decisions.changes += silences.collect(now: time.now)
    seenSilences = silences.version
    for identity in records.keys.sorted() { settleSuppression(of: identity, time) }
    let next =
      [silences.nextChange(after: time.now)] + settings.maintenance.map { $0.nextChange(after: time.now) }
    // Looked at each minute on the way, because the wall clock may be set.
    nextWindowChange = next.compactMap { $0 }.min().map {
      min(time.monotonic(ofNext: $0), time.monotonic + .seconds(60))
    }
  }

  /// The time intervals that mute a route now, and when that may change.
  func mute(of route: Route?, at time: Moment) -> (names: [String], next: MonotonicInstant?) {
    guard let route, !route.muteTimes.isEmpty || !route.activeTimes.isEmpty else { return ([], nil) }
    func isActive(_ name: String) -> Bool {
      settings.timeIntervals[name]?.isActive(at: time.now) ?? false
    }
    var names = route.muteTimes.filter(isActive)
    if !route.activeTimes.isEmpty, !route.activeTimes.contains(where: isActive) {
      names += route.activeTimes.map { "outside of \($0)" }
    }
    let next = (route.muteTimes + route.activeTimes)
      .compactMap { settings.timeIntervals[$0]?.nextChange(after: time.now) }.min()
    return (names, next.map { time.monotonic(ofNext: $0) })
  }

  /// Writes into the journal that a route's time intervals begin or cease to hold back what it has not told.
  func noteMute(_ key: String, _ group: PageGroup, _ names: [String], _ time: Moment) {
    let was = mutedGroups.contains(key)
    guard was != !names.isEmpty else { return }
    if was { mutedGroups.remove(key) } else { mutedGroups.insert(key) }
    for identity in group.members where group.told.firing[identity] == nil {
      guard let record = records[identity], record.isFiring else { continue }
      journal(
        was ? .unmuted : .muted, record.event, time, was ? [:] : ["by": names.joined(separator: ", ")])
    }
  }

  private func shown(_ labels: Labels) -> String { labels.description }
}
