package import Model

/// Decides who is told what, and when: takes alerts, holds back what silences, inhibition, mute times and maintenance
/// hold back, groups the rest by its routes, reminds, and escalates what nobody acknowledges.
///
/// Confined to the application's core thread. It does nothing by itself: every call is a function of its arguments and
/// what came before. ``run(at:)`` hands out what was decided since the last one; its changes are to be committed in one
/// transaction with the alerts' states and the pages, so that after a crash either all of it happened or nothing.
///
/// Invariants:
/// - A record lives from an alert's firing until every group that told of it told its end, or it ended untold.
/// - What is told of an alert that fires is told once to each group; its end is told to whoever was told the beginning,
///   also while it is silenced.
package final class PagingDesk {
  var settings: PagingSettings
  var tree: RouteTree
  var records: [String: AlertRecord] = [:]
  var groups: [String: PageGroup] = [:]
  /// Keys of groups that are to be reviewed.
  var reviews = DeadlineHeap()
  /// Identities of posted alerts that will end by themselves.
  var expiries = DeadlineHeap()
  /// Identities of alarms that are to be told to their own topics.
  var directDue: [String] = []
  package internal(set) var silences: SilenceBook
  var inhibitor: Inhibitor
  /// ``SilenceBook/version`` that the records know.
  var seenSilences: Int?
  var nextWindowChange: MonotonicInstant?
  /// Groups whose route muted them at the last review.
  var mutedGroups: Set<String> = []
  private(set) var isHolding = true
  private let holdUntil: MonotonicInstant
  var decisions = PagingDecisions()
  var changedRecords: Set<String> = []
  var changedGroups: Set<String> = []
  var postedCount = 0
  /// Tells acknowledgements of one moment apart.
  var acknowledgementsTold: UInt64 = 0
  package internal(set) var statistics = PagingStatistics()
  /// Rows that could not be read, for the log.
  package internal(set) var restoreProblems: [String] = []

  init(settings: PagingSettings, silences: SilenceBook, monotonic: MonotonicInstant) {
    self.settings = settings
    self.silences = silences
    tree = RouteTree(settings.routes)
    inhibitor = Inhibitor(rules: settings.inhibitions)
    holdUntil = monotonic + settings.startHold
  }

  // MARK: Time

  /// When ``run(at:)`` has work that no call announces; a past moment: now; nil: never.
  package var nextDeadline: MonotonicInstant? {
    if isHolding { return [holdUntil, expiries.earliest].compactMap { $0 }.min() }
    return [reviews.earliest, expiries.earliest, nextWindowChange].compactMap { $0 }.min()
  }

  /// All that could hold an alert back is known: what waited since the start may be told.
  package func releaseStartHold() { isHolding = false }

  /// Does what is due and returns everything that was decided since the last call.
  package func run(at time: Moment) -> PagingDecisions {
    if isHolding, time.monotonic >= holdUntil { isHolding = false }
    while let identity = expiries.removeDue(time.monotonic) { expire(identity, time) }
    noteWindows(time)
    if !isHolding {
      tellAlarms(time)
      while let key = reviews.removeDue(time.monotonic) { review(key, time) }
    }
    saveWhatChanged()
    defer { decisions = PagingDecisions() }
    return decisions
  }

  func review(_ key: String, _ time: Moment) {
    // Out and in again, so that it is changed in place.
    guard var group = groups.removeValue(forKey: key) else { return }
    let mute = self.mute(of: group.route, at: time)
    noteMute(key, group, mute.names, time)
    var review = group.review(at: time, isMuted: !mute.names.isEmpty) { identity in
      records[identity].map {
        PageGroup.Member(
          event: $0.event, isHeldBack: $0.isHeldBack, quietUntil: $0.quietUntil,
          isAcknowledged: $0.acknowledgement != nil)
      }
    }
    if !group.members.isEmpty, let change = mute.next { review.next = min(review.next ?? change, change) }
    for (notification, topic) in review.notifications { send(notification, to: [topic], time) }
    if review.isChanged || group.members.isEmpty { changedGroups.insert(key) }
    let isOver = group.members.isEmpty
    groups[key] = isOver ? nil : group
    if isOver { mutedGroups.remove(key) }
    for identity in review.left { leave(identity, group: key, time) }
    reviews.set(key, at: isOver ? nil : review.next)
  }

  func send(_ notification: Notification, to topics: [String], _ time: Moment) {
    statistics.notifications[notification.kind, default: 0] += 1
    decisions.sendings.append(.init(notification: notification, topics: topics))
    if notification.kind == .escalation {
      for event in notification.alerts {
        journal(
          .escalated, event, time, ["topic": topics.joined(separator: ","), "route": notification.route])
      }
    }
  }

  // MARK: Keeping

  private func leave(_ identity: String, group key: String, _ time: Moment) {
    guard var record = records[identity] else { return }
    record.groups.removeAll { $0 == key }
    records[identity] = record
    forgetIfDone(identity)
  }

  /// Forgets an alert that is over and that nobody waits to hear of.
  func forgetIfDone(_ identity: String) {
    guard let record = records[identity], !record.isFiring, record.groups.isEmpty else { return }
    if record.direct?.isDue ?? false { return }
    records[identity] = nil
    expiries.set(identity, at: nil)
    if record.source == .posted { postedCount -= 1 }
    changedRecords.insert(identity)
  }

  private func saveWhatChanged() {
    for identity in changedRecords.sorted() {
      if let record = records[identity] {
        keep(AlertRecordRow(record).saved())
      } else {
        keep(StateChange(.paged, identity, nil))
      }
    }
    for key in changedGroups.sorted() {
      if let group = groups[key], group.told != PageGroup.Told() {
        keep(group.saved())
      } else {
        keep(StateChange(.groups, key, nil))
      }
    }
    changedRecords = []
    changedGroups = []
  }

  func keep(_ change: StateChange?) {
    if let change { decisions.changes.append(change) } else { statistics.rowsRefused += 1 }
  }

  func journal(
    _ kind: JournalEntry.Kind, _ event: AlertEvent, _ time: Moment, _ detail: [String: String] = [:]
  ) {
    decisions.journal.append(JournalEntry(at: time.now, kind: kind, of: event, detail: detail))
  }
}
