internal import Alerting
internal import CloudWatchAlarms
internal import Configuration
internal import Model
internal import Notifying
internal import Probing
internal import SampleStore

/// Something that happened, in the order in which the core hears of it.
enum Event: Sendable {
  case collected(TargetKey, generation: UInt64, Outcome)
  case committed(CommitTicket, durable: Bool)
  case delivered(DeliveryID, DeliveryResult)
  /// An operator or a reader speaks: runs on the core's thread.
  case call(@Sendable (Conductor, TurnTime) -> Void)
}

extension Event {
  var isCall: Bool { if case .call = self { true } else { false } }
}

/// The clocks as one turn sees them.
struct TurnTime: Sendable {
  /// From a ``SteadyClock``: later in every turn.
  var now: Timestamp
  var monotonic: MonotonicInstant
}

/// Something to be done outside the core. The core never waits for it: its end comes back as an ``Event``.
enum Effect {
  case collect(any Collector, TargetKey, generation: UInt64)
  case commit([StateChange], CommitTicket)
  case send(Delivery)
  /// For the log.
  case note(Notice)
}

/// The core: everything that is decided, as a function of events and the clock.
///
/// Confined to one thread. A turn takes what arrived and what is due, in this order: outcomes are appended to the
/// store, rules that depend on what changed are evaluated, transitions become outbox entries, and everything that
/// must outlive the process leaves in one commit. Pages leave after that commit came back.
final class Conductor {
  private(set) var watchlist: Watchlist
  private(set) var engine: RuleEngine
  let alarms: AlarmEngine
  private let alarmRecorder: ReadingRecorder
  /// Their states are to be written into the store though none has changed.
  private var alarmsAreNew = true
  private(set) var dispatcher: Dispatcher
  let store: SampleStore
  /// Writes what the process measures of itself into the store, now and then.
  private let measureSelf: (Conductor, Timestamp) -> Void
  /// Rules are not judged before every collector has reported once, or this moment has come: at the start nothing
  /// is known, and "unknown" must not look like "gone".
  private let judgeAt: MonotonicInstant
  private var judging = false
  private var nextHousekeeping: MonotonicInstant
  private var nextGarbageCollection: MonotonicInstant
  private var ticket: UInt64 = 0
  private var effects: [Effect] = []
  private var pendingChanges: [StateChange] = []

  /// How long a collector that does not come back may hold up the first judgement.
  static let warmUpLimit: Duration = .seconds(15)
  private static let housekeepingInterval: Duration = .seconds(5)
  /// Looks at every series, so not too often.
  private static let garbageCollectionInterval: Duration = .seconds(60)

  init(
    watchlist: Watchlist, engine: RuleEngine, alarms: AlarmEngine, dispatcher: Dispatcher, store: SampleStore,
    monotonic: MonotonicInstant, measureSelf: @escaping (Conductor, Timestamp) -> Void
  ) {
    self.watchlist = watchlist
    self.engine = engine
    self.alarms = alarms
    alarmRecorder = ReadingRecorder(store, base: .empty)
    self.dispatcher = dispatcher
    self.store = store
    self.measureSelf = measureSelf
    judgeAt = monotonic + Self.warmUpLimit
    nextHousekeeping = monotonic
    nextGarbageCollection = monotonic
  }

  /// Whether rules are judged yet.
  var isReady: Bool { judging }

  /// When there is something to do without an event.
  var nextDeadline: MonotonicInstant {
    var next = nextHousekeeping
    for deadline in [
      watchlist.nextDeadline, judging ? engine.nextDeadline : judgeAt,
      judging ? alarms.nextDeadline : nil, dispatcher.nextDeadline,
    ] {
      if let deadline, deadline < next { next = deadline }
    }
    return next
  }

  /// One turn: what happened and what is due goes in, what is to be done comes out. `now` is later in every turn,
  /// because a series takes one sample a moment.
  func turn(_ events: [Event], now: Timestamp, monotonic: MonotonicInstant) -> [Effect] {
    // Calls first: a reload ends series, and at a moment that has a sample already it could not.
    for event in events where event.isCall { take(event, now: now, monotonic: monotonic) }
    for event in events where !event.isCall { take(event, now: now, monotonic: monotonic) }
    startDueCollections(monotonic)
    let housekeeping = monotonic >= nextHousekeeping
    if housekeeping {
      nextHousekeeping = monotonic + Self.housekeepingInterval
      measureSelf(self, now)
      for finding in store.takeFindings() { effects.append(.note(Notice(finding))) }
      watchlist.refresh(at: now)
      alarmRecorder.refresh(at: now)
      if monotonic >= nextGarbageCollection {
        nextGarbageCollection = monotonic + Self.garbageCollectionInterval
        store.collectGarbage(now: now, monotonic: monotonic)
      }
    }
    watchlist.rollUp(at: now, always: housekeeping)
    // Before the alerts that follow from them.
    for notice in watchlist.takeNotices() { effects.append(.note(notice)) }
    judge(now: now, monotonic: monotonic)
    pendingChanges += dispatcher.tend(
      ticket: CommitTicket(ticket + 1), now: now, monotonic: monotonic)
    _ = dispatcher.takeJournal()
    commit()
    for delivery in dispatcher.takeDeliveries(now: now, monotonic: monotonic) {
      effects.append(.send(delivery))
    }
    for notice in dispatcher.takeNotices() { effects.append(.note(Notice(notice))) }
    defer { effects = [] }
    return effects
  }

  /// The system's clock was set back: what was dated by it is moved along, so that series go on where they are.
  func movePast(by shift: Duration) {
    guard shift != .zero else { return }
    store.movePast(by: shift)
    alarms.clockWasSetBack(by: shift)
    effects.append(
      .note(Notice(.warning, "the clock was set back", ["by": DurationText.format(.zero - shift)])))
  }

  private func take(_ event: Event, now: Timestamp, monotonic: MonotonicInstant) {
    switch event {
    case .collected(let key, let generation, let outcome):
      pendingChanges += watchlist.take(
        outcome, from: key, generation: generation, now: now, monotonic: monotonic)
    case .committed(let ticket, let durable):
      dispatcher.committed(ticket, durable: durable)
    case .delivered(let id, let result):
      pendingChanges += dispatcher.deliveryFinished(id, result: result, now: now, monotonic: monotonic)
    case .call(let body):
      body(self, TurnTime(now: now, monotonic: monotonic))
    }
  }

  private func startDueCollections(_ monotonic: MonotonicInstant) {
    for target in watchlist.takeDue(monotonic) {
      effects.append(.collect(target.collector, target.key, generation: target.generation))
    }
  }

  private func judge(now: Timestamp, monotonic: MonotonicInstant) {
    for series in store.takeChanged() { engine.seriesChanged(series) }
    if !judging {
      guard watchlist.everyoneReported || monotonic >= judgeAt else { return }
      judging = true
    }
    let decisions = engine.run(now: now, monotonic: monotonic)
    pendingChanges += decisions.changes
    for notice in Notice.of(decisions.news) { effects.append(.note(notice)) }
    let events = decisions.events + judgeAlarms(now: now, monotonic: monotonic)
    for event in decisions.events { effects.append(.note(Notice(event))) }
    guard !events.isEmpty else { return }
    let next = CommitTicket(ticket + 1)
    pendingChanges += dispatcher.accept(events, ticket: next, now: now, monotonic: monotonic)
  }

  private func judgeAlarms(now: Timestamp, monotonic: MonotonicInstant) -> [AlertEvent] {
    let decisions = alarms.run(now: now, monotonic: monotonic)
    pendingChanges += decisions.changes
    for transition in decisions.transitions { effects.append(.note(Notice(transition))) }
    if alarmsAreNew || !decisions.transitions.isEmpty {
      alarmsAreNew = false
      alarmRecorder.record(AlarmMetrics.readings(alarms.snapshot()), at: now)
    }
    return decisions.events
  }

  /// What this turn decided becomes durable together: an alert's state and its page, or neither.
  private func commit() {
    guard !pendingChanges.isEmpty else { return }
    ticket += 1
    effects.append(.commit(pendingChanges, CommitTicket(ticket)))
    pendingChanges = []
  }

  // MARK: Operators and readers

  /// Puts a new configuration in force. What it does not change goes on undisturbed.
  func replace(
    targets: [TargetPlan], regions: [Settings.Region], groups: [RuleGroup], policies: [AlertPolicy],
    alarms: [Alarm],
    notifying: NotifyingSettings, identity: SigningIdentity, externalURL: String, at time: TurnTime
  ) {
    pendingChanges += watchlist.replace(
      with: targets, regions: regions, now: time.now, monotonic: time.monotonic)
    engine.replaceRules(groups, policies: policies)
    self.alarms.replace(with: alarms, now: time.now)
    alarmsAreNew = true
    pendingChanges += dispatcher.replaceSettings(
      notifying, identity: identity, externalURL: externalURL, now: time.now)
  }

  func keep(_ changes: [StateChange]) { pendingChanges += changes }
}
