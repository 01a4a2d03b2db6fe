internal import Alerting
internal import CloudWatchAlarms
internal import Collecting
internal import Configuration
internal import Journal
internal import Model
internal import Notifying
internal import Paging
internal import SampleStore

/// Something that happened, in the order in which the core hears of it.
enum Event: Sendable {
  case collected(TargetKey, generation: UInt64, Outcome)
  case committed(CommitTicket, durable: Bool)
  case delivered(DeliveryID, DeliveryResult)
  /// What became of a heartbeat.
  case beaten(UInt64, DeliveryResult)
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
  /// `wasWell`: the last run succeeded, so that another success is no news.
  case collect(any Collector, TargetKey, generation: UInt64, wasWell: Bool)
  case commit([StateChange], CommitTicket)
  case send(Delivery)
  case beat(HeartbeatAttempt)
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
  let traffic: TrafficWatch
  private(set) var engine: RuleEngine
  let alarms: AlarmEngine
  private let alarmRecorder: ReadingRecorder
  /// Their states are to be written into the store though none has changed.
  private var alarmsAreNew = true
  let desk: PagingDesk
  private(set) var dispatcher: Dispatcher
  var journal: JournalBook
  var heartbeats: HeartbeatBook
  var proofs: ProofBook
  /// When proofs have work; a later turn may find it earlier.
  var proofsDueAt: MonotonicInstant?
  let vantage: String
  /// Is shown what goes into the journal; nil: nobody looks.
  var witness: (([JournalEntry]) -> Void)?
  /// What happened in this turn, for the journal.
  private var happened: [JournalEntry] = []
  /// Commits that were not answered yet, oldest first.
  private(set) var unanswered: [Unanswered] = []
  private var lastTurn: MonotonicInstant
  let store: SampleStore
  /// Writes what the process measures of itself into the store, now and then.
  private let measureSelf: (Conductor, Timestamp) -> Void
  /// Rules are not judged before every collector has reported once, or this moment has come: at the start nothing
  /// is known, and "unknown" must not look like "gone".
  private let judgeAt: MonotonicInstant
  private var judging = false
  /// Every rule was evaluated once since the start: what silences and inhibits is known.
  private var suppressorsAreKnown = false
  private var nextHousekeeping: MonotonicInstant
  private var nextGarbageCollection: MonotonicInstant
  private var ticket: UInt64 = 0
  private var effects: [Effect] = []
  private var pendingChanges: [StateChange] = []

  struct Unanswered {
    var ticket: CommitTicket
    var since: MonotonicInstant
    /// Its pages were sent without waiting any longer.
    var isGivenUp = false
  }

  /// How long pages wait for a disk that does not answer: a hanging one must not silence them.
  static let commitPatience: Duration = .seconds(2)
  /// How long a collector that does not come back may hold up the first judgement.
  static let warmUpLimit: Duration = .seconds(15)
  private static let housekeepingInterval: Duration = .seconds(5)
  /// Looks at every series, so not too often.
  private static let garbageCollectionInterval: Duration = .seconds(60)

  init(
    watchlist: Watchlist, engine: RuleEngine, alarms: AlarmEngine, desk: PagingDesk, dispatcher: Dispatcher,
    journal: JournalBook = JournalBook(), heartbeats: HeartbeatBook? = nil,
    proofs: ProofBook = ProofBook(), vantage: String = "", store: SampleStore, monotonic: MonotonicInstant,
    measureSelf: @escaping (Conductor, Timestamp) -> Void
  ) {
    self.watchlist = watchlist
    traffic = TrafficWatch(store, watchlist.regions)
    self.engine = engine
    self.alarms = alarms
    alarmRecorder = ReadingRecorder(store, base: .empty)
    self.desk = desk
    self.dispatcher = dispatcher
    dispatcher.standing = { [desk] in desk.standing($0) }
    self.journal = journal
    self.heartbeats = heartbeats ?? HeartbeatBook(monotonic: monotonic)
    self.proofs = proofs
    proofsDueAt = monotonic
    self.vantage = vantage
    lastTurn = monotonic
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
      judging ? alarms.nextDeadline : nil, desk.nextDeadline, dispatcher.nextDeadline,
      heartbeats.nextDeadline, proofsDueAt,
      nextCommitPatience,
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
    endPatience(monotonic)
    startDueCollections(monotonic)
    let housekeeping = monotonic >= nextHousekeeping
    if housekeeping {
      nextHousekeeping = monotonic + Self.housekeepingInterval
      measureSelf(self, now)
      for finding in store.takeFindings() { effects.append(.note(Notice(finding))) }
      watchlist.refresh(at: now)
      watchlist.tend(at: monotonic)
      traffic.evaluate(at: now, monotonic: monotonic)
      alarmRecorder.refresh(at: now)
      if monotonic >= nextGarbageCollection {
        nextGarbageCollection = monotonic + Self.garbageCollectionInterval
        store.collectGarbage(now: now, monotonic: monotonic)
      }
    }
    watchlist.rollUp(at: now, monotonic: monotonic, always: housekeeping)
    happened += watchlist.takeJournal()
    // Before the alerts that follow from them.
    for notice in watchlist.takeNotices() { effects.append(.note(notice)) }
    judge(now: now, monotonic: monotonic)
    tendProofs(Moment(now: now, monotonic: monotonic), always: housekeeping)
    page(now: now, monotonic: monotonic)
    pendingChanges += dispatcher.tend(ticket: CommitTicket(ticket + 1), now: now, monotonic: monotonic)
    hearOfProofs(Moment(now: now, monotonic: monotonic))
    happened += dispatcher.takeJournal()
    planHeartbeats(now: now, monotonic: monotonic)
    lastTurn = monotonic
    writeJournal(now, sweeping: housekeeping)
    commit(monotonic)
    for delivery in dispatcher.takeDeliveries(now: now, monotonic: monotonic) {
      effects.append(.send(delivery))
    }
    for attempt in heartbeats.takeAttempts() { effects.append(.beat(attempt)) }
    for notice in dispatcher.takeNotices() + heartbeats.takeNotices() {
      effects.append(.note(Notice(notice)))
    }
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
      unanswered.removeAll { $0.ticket == ticket }
      heartbeats.committed(ticket, durable: durable, monotonic: monotonic)
      dispatcher.committed(ticket, durable: durable)
    case .beaten(let id, let result):
      heartbeats.finished(id, result, now: now, monotonic: monotonic)
    case .delivered(let id, let result):
      pendingChanges += dispatcher.deliveryFinished(id, result: result, now: now, monotonic: monotonic)
    case .call(let body):
      body(self, TurnTime(now: now, monotonic: monotonic))
    }
  }

  private var nextCommitPatience: MonotonicInstant? {
    unanswered.first { !$0.isGivenUp }.map { $0.since + Self.commitPatience }
  }

  /// Sends the pages of commits that take too long as if these had failed; they are counted as not durable.
  private func endPatience(_ monotonic: MonotonicInstant) {
    for place in unanswered.indices where !unanswered[place].isGivenUp {
      guard unanswered[place].since + Self.commitPatience <= monotonic else { return }
      unanswered[place].isGivenUp = true
      dispatcher.committed(unanswered[place].ticket, durable: false)
    }
  }

  private func startDueCollections(_ monotonic: MonotonicInstant) {
    for target in watchlist.takeDue(monotonic) {
      effects.append(
        .collect(
          target.collector, target.key, generation: target.generation,
          wasWell: target.newest?.succeeded == true))
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
    happened += JournalEntry.of(decisions, at: now)
    for event in decisions.events { effects.append(.note(Notice(event))) }
    let time = Moment(now: now, monotonic: monotonic)
    desk.take(decisions.events, at: time)
    judgeAlarms(time)
    if !suppressorsAreKnown, engine.everyRuleWasJudged {
      suppressorsAreKnown = true
      desk.reconcile(rules: engine.firingAlerts, at: time)
      desk.releaseStartHold()
    }
  }

  private func judgeAlarms(_ time: Moment) {
    let decisions = alarms.run(now: time.now, monotonic: time.monotonic)
    pendingChanges += decisions.changes
    for transition in decisions.transitions { effects.append(.note(Notice(transition))) }
    happened += decisions.events.map { JournalEntry(of: $0) }
    desk.take(decisions.events, at: time)
    guard alarmsAreNew || !decisions.transitions.isEmpty else { return }
    alarmsAreNew = false
    let all = alarms.snapshot()
    alarmRecorder.record(AlarmMetrics.readings(all), at: time.now)
    // Alarms that left ALARM without having anybody to tell, and those that are gone.
    let firing = Set(all.filter { $0.state == .alarm }.map { AlarmEngine.identity(of: $0.name) })
    for identity in desk.firingAlarms where !firing.contains(identity) { desk.alarmEnded(identity, at: time) }
  }

  /// What the desk decided goes into the outbox: with the alerts' states in one commit.
  private func page(now: Timestamp, monotonic: MonotonicInstant) {
    let decisions = desk.run(at: Moment(now: now, monotonic: monotonic))
    pendingChanges += decisions.changes
    happened += decisions.journal
    // Those of our own rules were noted when they were decided.
    for entry in decisions.journal where entry.kind == .firing || entry.kind == .resolved {
      effects.append(
        .note(
          Notice(
            entry.kind == .firing ? .warning : .info,
            entry.kind == .firing ? "alert fires" : "alert is over",
            ["alert": entry.labels?.description ?? "", "source": "posted"])))
    }
    for event in decisions.untold {
      effects.append(
        .note(
          Notice(
            .error, Notice.matchesNoRoute,
            ["alert": event.labels.description, "status": event.status.rawValue])))
    }
    guard !decisions.sendings.isEmpty else { return }
    pendingChanges += dispatcher.accept(
      decisions.sendings.filter { $0.subscription == nil }.map { ($0.notification, $0.topics) },
      ticket: CommitTicket(ticket + 1), now: now, monotonic: monotonic)
    for sending in decisions.sendings {
      guard let key = sending.subscription else { continue }
      pendingChanges += dispatcher.acceptProof(
        sending.notification, for: key, ticket: CommitTicket(ticket + 1), now: now, monotonic: monotonic)
    }
  }

  /// What this turn decided becomes durable together: an alert's state and its page, or neither.
  private func commit(_ monotonic: MonotonicInstant) {
    guard !pendingChanges.isEmpty else { return }
    ticket += 1
    unanswered.append(Unanswered(ticket: CommitTicket(ticket), since: monotonic))
    effects.append(.commit(pendingChanges, CommitTicket(ticket)))
    pendingChanges = []
  }

  /// The one place where entries of all parts come together: they leave with the commit of what they tell of.
  private func writeJournal(_ now: Timestamp, sweeping: Bool) {
    witness?(happened)
    pendingChanges += journal.append(happened, at: now)
    happened = []
    if sweeping { pendingChanges += journal.sweep(now: now) }
  }

  /// For the journal, with this turn's commit.
  func record(_ entry: JournalEntry) { happened.append(entry) }

  private func planHeartbeats(now: Timestamp, monotonic: MonotonicInstant) {
    pendingChanges += heartbeats.plan(
      { heartbeatFacts(monotonic, silence: monotonic - lastTurn) }, ticket: CommitTicket(ticket + 1),
      now: now,
      monotonic: monotonic)
  }

  // MARK: Operators and readers

  /// Puts a new configuration in force. What it does not change goes on undisturbed.
  func replace(
    targets: [TargetPlan], plan: RollUpPlan, groups: [RuleGroup], policies: [AlertPolicy],
    alarms: [Alarm],
    paging: PagingSettings, notifying: NotifyingSettings, heartbeats: [HeartbeatSettings],
    proofs: ProofSettings, journal: JournalSettings,
    identity: SigningIdentity, externalURL: String, at time: TurnTime
  ) {
    pendingChanges += watchlist.replace(
      with: targets, plan: plan, now: time.now, monotonic: time.monotonic)
    traffic.replace(with: plan.regions)
    engine.replaceRules(groups, policies: policies)
    self.alarms.replace(with: alarms, now: time.now)
    alarmsAreNew = true
    desk.replaceSettings(paging, at: Moment(now: time.now, monotonic: time.monotonic))
    pendingChanges += dispatcher.replaceSettings(
      notifying, identity: identity, externalURL: externalURL, now: time.now)
    pendingChanges += self.heartbeats.replaceSettings(heartbeats, monotonic: time.monotonic)
    pendingChanges += self.proofs.replace(
      settings: proofs, receivers: dispatcher.provableReceivers, now: time.now)
    proofsDueAt = time.monotonic
    self.journal.replaceSettings(journal)
    record(JournalEntry(at: time.now, kind: .reloaded))
  }

  func keep(_ changes: [StateChange]) { pendingChanges += changes }
}
