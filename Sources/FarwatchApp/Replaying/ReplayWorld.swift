internal import Alerting
internal import CloudWatchAlarms
internal import Configuration
internal import Journal
internal import Model
internal import Notifying
internal import Paging
internal import SampleStore

/// The core in simulated time: everything that decides is what the daemon has; collectors, disk and receivers are
/// rehearsed. Nothing waits and nothing leaves.
final class ReplayWorld {
  private static let commitTime: Duration = .milliseconds(3)
  /// An attempt is answered after so long and up to as much again.
  private static let answerTime = 20

  private let plan: ReplayPlan
  private let clock: ReplayClock
  private let store: SampleStore
  private let conductor: Conductor
  private let outbox = DryOutbox()
  private let timeline: Timeline
  private var steady = SteadyClock()
  private var agenda = Agenda<() -> Event?>()
  private var random: SeededRandom
  private var recorder: RecordingPlayer

  init(_ plan: ReplayPlan) throws(ReplayFailure) {
    self.plan = plan
    clock = plan.clock
    random = SeededRandom(seed: plan.seed)
    timeline = Timeline(clock: clock, losses: plan.losses.all)
    let settings = plan.loaded.settings
    var storeSettings = SampleStoreSettings()
    storeSettings.retention = settings.store.retention
    storeSettings.seriesLimit = settings.store.seriesLimit
    store = SampleStore(storeSettings)
    recorder = RecordingPlayer(plan.recording, store)
    let moment = Moment(now: clock.now, monotonic: clock.monotonic)
    let watchlist = Watchlist(store: store, restoring: [], plan: RollUpPlan(settings))
    _ = watchlist.replace(
      with: plan.rehearses ? RehearsedCollector.plans(for: settings, plan.losses) : [], now: moment.now,
      monotonic: moment.monotonic)
    let externalURL = settings.externalURL ?? "http://\(settings.listen)"
    var ruleSettings = RuleSettings()
    ruleSettings.externalLabels = settings.externalLabels
    ruleSettings.externalURL = externalURL
    ruleSettings.policies = settings.alertPolicies
    let engine = RuleEngine(
      groups: plan.loaded.groups, settings: ruleSettings, reader: store, appender: RuleOutput(store),
      clock: clock, restoring: [])
    let alarms = AlarmEngine(
      alarms: plan.loaded.alarms,
      settings: .init(region: settings.notifying.arnRegion, account: settings.notifying.account),
      reader: store, restoring: [], now: moment.now)
    let desk = PagingDesk.start(settings: settings.paging, restoring: [], at: moment)
    let identity: SigningIdentity
    do {
      identity = try SigningIdentity.generate(commonName: "farwatch replay", now: moment.now)
    } catch { throw ReplayFailure("no key for signing could be made: \(error)") }
    let (dispatcher, _) = Dispatcher.start(
      settings: settings.notifying.dry(outbox), identity: identity, externalURL: externalURL, restoring: [],
      now: moment.now, monotonic: moment.monotonic, random: SeededRandom(seed: plan.seed))
    conductor = Conductor(
      watchlist: watchlist, engine: engine, alarms: alarms, desk: desk, dispatcher: dispatcher,
      store: store, monotonic: moment.monotonic, measureSelf: { _, _ in })
    conductor.witness = { [timeline] in timeline.take($0) }
  }

  /// Lets the whole time pass.
  func run(progress: (Double) -> Void = { _ in }) throws(ReplayFailure) -> Timeline {
    try announce()
    recorder.play(before: clock.start)
    var turns = 0
    while true {
      var next = conductor.nextDeadline
      if let due = agenda.next { next = min(next, due) }
      if let sample = recorder.next { next = min(next, clock.moment(sample - clock.start)) }
      let elapsed = max(next - clock.moment(.zero), clock.elapsed + .milliseconds(1))
      if elapsed > plan.duration { break }
      clock.advance(to: elapsed)
      turns &+= 1
      if turns % 256 == 0 { progress(elapsed / plan.duration) }
      recorder.play(before: clock.now + .milliseconds(1))
      // Taken out first: what happens then may put more in.
      let due = agenda.take(upTo: clock.monotonic)
      turn(due.compactMap { $0() })
    }
    clock.advance(to: plan.duration)
    timeline.sort()
    return timeline
  }

  /// What could not be taken of the recorded samples.
  var refused: (samples: UInt64, series: UInt64) {
    let statistics = store.statistics
    return (
      statistics.outOfOrder + statistics.duplicates + statistics.refusedHistograms, statistics.refusedSeries
    )
  }

  /// Puts what was asked for on the agenda.
  private func announce() throws(ReplayFailure) {
    for loss in plan.losses.all {
      note(.lost, loss.name, at: loss.window.from)
      if let until = loss.window.until { note(.back, loss.name, at: until) }
    }
    for silence in plan.silences {
      let (from, until) = (silence.window.from, silence.window.until ?? plan.duration + .seconds(1))
      let draft = SilenceDraft(
        matchers: silence.matchers, startsAt: clock.start + from, endsAt: clock.start + until,
        createdBy: "replay", comment: silence.text)
      let name = "silence \(silence.text)"
      do throws(SilenceProblem) {
        let id = try conductor.desk.set(draft, at: Moment(now: clock.now, monotonic: clock.monotonic))
        timeline.silenceNames[id] = name
      } catch { throw ReplayFailure("--silence: \(quoted(silence.text)): \(error)") }
      note(
        .silence, name, at: from, [("until", silence.window.until.map { "+" + elapsedText($0) } ?? "the end")]
      )
    }
  }

  private func note(
    _ kind: TimelineEntry.Kind, _ subject: String, at elapsed: Duration,
    _ detail: [(name: String, value: String)] = []
  ) {
    agenda.add(at: clock.moment(elapsed)) { [timeline] in
      timeline.add(kind, subject, detail)
      return nil
    }
  }

  private func turn(_ events: [Event]) {
    let now = steady.read(wall: clock.now, monotonic: clock.monotonic)
    conductor.movePast(by: steady.takeShift())
    for effect in conductor.turn(events, now: now, monotonic: clock.monotonic) { perform(effect) }
  }

  private func perform(_ effect: Effect) {
    switch effect {
    case .collect(let collector, let key, let generation, _):
      // A rehearsed collector answers before it returns.
      let answer = AnswerSlot()
      collector.collect { answer.put($0) }
      guard let outcome = answer.outcome else { return }
      schedule(outcome.took, .collected(key, generation: generation, outcome))
    case .commit(_, let ticket): schedule(Self.commitTime, .committed(ticket, durable: true))
    case .send(let delivery): send(delivery)
    case .beat(let attempt): schedule(.zero, .beaten(attempt.id, .answered(200)))
    case .note(let notice):
      if notice.message == Notice.matchesNoRoute { timeline.noRoute(notice.metadata["alert"] ?? "") }
    }
  }

  private func send(_ delivery: Delivery) {
    _ = try? delivery.makeRequest()
    let page = outbox.take()
    let took = Duration.milliseconds(Self.answerTime + Int(random.next() % UInt64(Self.answerTime)))
    agenda.add(at: clock.monotonic + took) { [timeline, plan, clock] in
      let fails = page.map { page in plan.outages.contains { $0.holds(page, at: clock.elapsed) } } ?? false
      if let page { timeline.tried(page, taken: !fails) }
      return .delivered(delivery.id, .answered(fails ? 503 : 200))
    }
  }

  private func schedule(_ delay: Duration, _ event: Event) {
    agenda.add(at: clock.monotonic + delay) { event }
  }
}
