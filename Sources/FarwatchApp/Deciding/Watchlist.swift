internal import Collecting
internal import Configuration
internal import Model
internal import RowCoding
internal import SampleStore

/// Names a collector across reloads.
struct TargetKey: Hashable, Sendable {
  var kind: String
  var name: String

  init(_ description: CollectorDescription) {
    kind = description.kind
    name = description.name
  }
}

/// A collector that is to run, with the settings that it was made from: equal settings mean that the one which runs
/// already, and what it remembers, can stay.
struct TargetPlan: Sendable {
  var settings: any CollectorSettings
  var description: CollectorDescription
  /// Whether a success shows that we are not offline, as that of a canary does.
  var provesWayOut: Bool
  /// Whether a program of ours judges, or what is known here: no answer of its own is one of the world.
  var isMadeHere: Bool
  /// Whether a failure may be that of our own way out.
  var needsWayOut: Bool
  /// Called only when the collector does not run already.
  var make: @Sendable () -> any Collector

  /// - Parameter thisHost: reaching it proves no way out.
  init(
    _ settings: any CollectorSettings, thisHost: ThisHost = ThisHost(),
    make: @escaping @Sendable () -> any Collector
  ) {
    self.settings = settings
    description = settings.description
    let check = settings as? any HealthCheckSettings
    provesWayOut =
      check.map { $0.basics.provesWayOut && !$0.basics.isCanary && thisHost.isLeft(by: $0) } ?? false
    isMadeHere = check?.isMadeHere ?? false
    needsWayOut = check.map(thisHost.mayBeLeft) ?? true
    self.make = make
  }

  /// Of a health check.
  var check: CheckBasics? { (settings as? any HealthCheckSettings)?.basics }
}

/// One collector as the core sees it.
final class WatchedTarget {
  let key: TargetKey
  let plan: TargetPlan
  let collector: any Collector
  /// Tells outcomes of this collector from those of an earlier one with the same name.
  let generation: UInt64
  /// Its place in the timetable; nil until it has one.
  var slot: Timetable.TargetID?
  /// Generation of the newest run in this place, maybe of a collector before this one: only its end ends what runs.
  var running: UInt64?
  /// When its newest run began.
  var startedAt: MonotonicInstant?
  /// What it measures, the state that follows from it, and how the collector itself is.
  let readings: ReadingRecorder
  let state: ReadingRecorder
  let health: ReadingRecorder
  var check = CheckState()
  /// When the first of the failures in a row began that the newest outcome is one of.
  var failingSince: Timestamp?
  /// Of a health check.
  let basics: CheckBasics?
  /// Without its readings.
  var newest: Outcome?

  init(plan: TargetPlan, generation: UInt64, store: SampleStore) {
    key = TargetKey(plan.description)
    self.plan = plan
    self.generation = generation
    basics = plan.check
    collector = plan.make()
    readings = ReadingRecorder(store, base: plan.description.labels)
    state = ReadingRecorder(store, base: plan.description.labels)
    health = ReadingRecorder(store, base: .empty)
  }

  var isCheck: Bool { basics != nil }
}

/// All collectors: when each runs, what its outcomes mean, and what the regions' states follow from it.
/// Confined to the core's thread.
final class Watchlist {
  private let store: SampleStore
  private var timetable = Timetable()
  private(set) var targets: [TargetKey: WatchedTarget] = [:]
  private var slots: [Timetable.TargetID: WatchedTarget] = [:]
  private let rollUp: RollUp
  private var canaries = CanaryWatch()
  private var withheld: UInt64 = 0
  /// Confirmed states of the last process, until their checks take them over.
  private var remembered: [String: CheckState] = [:]
  private var generation: UInt64 = 0
  private var checksChanged = false
  private var notices: [Notice] = []
  private var chronicle = CheckChronicle()
  private var happened: [JournalEntry] = []
  /// Of checks made of others: what they were when that was last known.
  private var calculatedWere: [CheckChronicle.Name: CheckState.Health] = [:]
  private var overrunsSeen: UInt64 = 0
  private var overrunsOfLate = RecentCount()
  private var delays = RecentMaximum()
  private var lastAsked = MonotonicInstant(nanoseconds: 0)
  private var unheard: Set<TargetKey> = []
  private static let overdueAfter: Duration = .seconds(60)

  init(store: SampleStore, restoring rows: [(key: String, value: [UInt8])], plan: RollUpPlan) {
    self.store = store
    rollUp = RollUp(store: store, plan: plan)
    for row in rows {
      // A row that cannot be read costs one confirmation, not the start.
      remembered[row.key] = try? RowCoding.decode(CheckState.self, row.value)
    }
  }

  var regions: [Settings.Region] { rollUp.plan.regions }
  var regionHealth: [String: RegionHealth] { rollUp.health }
  var healthTrees: [String: HealthTree] { rollUp.trees }
  /// nil where there are no canaries.
  var isOffline: Bool? { canaries.isOffline }
  /// Collections left out because the one before still ran, since each collector was made.
  var overruns: UInt64 { slots.keys.reduce(0) { $0 &+ timetable.overruns($1) } }
  /// Those of the last five minutes.
  func recentOverruns(at now: MonotonicInstant) -> UInt64 { overrunsOfLate.value(at: now) }
  /// Changes of checks that the journal does not have when they happened: their checks flap.
  var changesLeftOut: UInt64 { chronicle.leftOut }
  /// States of the checks that are made of others.
  var calculatedHealth: [(check: CalculatedCheck, health: CheckState.Health)] { rollUp.calculated }

  var nextDeadline: MonotonicInstant? { timetable.nextDeadline }

  /// Whether every collector has come back at least once since it was made.
  var everyoneReported: Bool { unheard.isEmpty }

  /// Collectors that have not come back though twice their own time limit, and half a minute, is over.
  func stuck(at now: MonotonicInstant) -> Int {
    targets.values.count { target in
      guard let id = target.slot, let began = target.startedAt, timetable.isRunning(id) else { return false }
      return now - began > target.plan.description.timeout * 2 + .seconds(30)
    }
  }

  /// By how much a collection began too late, at most, in the last five minutes.
  var longestDelay: Duration { delays.value(at: lastAsked) }

  /// The collectors to start now.
  func takeDue(_ now: MonotonicInstant) -> [WatchedTarget] {
    let started = timetable.due(now).compactMap { slots[$0] }
    delays.note(timetable.takeLongestDelay(), at: now)
    lastAsked = now
    for target in started { (target.running, target.startedAt) = (target.generation, now) }
    return started
  }

  /// Makes `plans` the whole list. A collector whose settings stayed goes on with what it knows.
  func replace(
    with plans: [TargetPlan], plan rollUpPlan: RollUpPlan? = nil, now: Timestamp, monotonic: MonotonicInstant
  ) -> [StateChange] {
    if let rollUpPlan { rollUp.replace(rollUpPlan, at: now) }
    canaries = canaries.replaced(
      by: Set(plans.compactMap { $0.check.flatMap { $0.isCanary ? $0.name : nil } }),
      needed: rollUp.plan.canariesNeeded,
      others: Set(plans.compactMap { $0.provesWayOut ? Self.row(TargetKey($0.description)) : nil }))
    var changes: [StateChange] = []
    var next: [TargetKey: WatchedTarget] = [:]
    for plan in plans {
      let key = TargetKey(plan.description)
      if let running = targets[key], running.plan.settings.isSame(as: plan.settings) {
        next[key] = running
        continue
      }
      generation += 1
      let new = WatchedTarget(plan: plan, generation: generation, store: store)
      new.running = targets[key]?.running
      let row = Self.row(key)
      if let known = targets[key]?.check ?? remembered[row] { new.check = known }
      next[key] = new
      unheard.insert(key)
    }
    for (key, old) in targets where next[key] !== old {
      old.readings.end(at: now)
      if next[key] == nil {
        old.state.end(at: now)
        old.health.end(at: now)
        unheard.remove(key)
        if old.isCheck { changes.append(StateChange(.checks, Self.row(key), nil)) }
      }
    }
    // Checks that the new file no longer has leave no memory behind.
    let rows = Set(next.keys.map(Self.row))
    changes += remembered.keys.filter { !rows.contains($0) }.map { StateChange(.checks, $0, nil) }
    remembered = [:]
    targets = next
    let names = Set(targets.values.compactMap { $0.basics.map { CheckChronicle.Name($0) } })
      .union(rollUp.plan.calculated.map { CheckChronicle.Name($0) })
    chronicle.keep(only: names)
    calculatedWere = calculatedWere.filter { names.contains($0.key) }
    let ids = timetable.replace(with: plans.map { Timetable.Target($0.description) }, now: monotonic)
    slots = [:]
    for (plan, id) in zip(plans, ids) {
      let target = next[TargetKey(plan.description)]
      target?.slot = id
      slots[id] = target
    }
    for target in targets.values
    where target.isCheck && target.check.health != .unknown && target.newest == nil {
      recordState(of: target, at: now)
    }
    checksChanged = true
    overrunsSeen = overruns
    return changes
  }

  /// To be called now and then: counts what was left out since, and lets flapping checks say what holds.
  func tend(at monotonic: MonotonicInstant) {
    let all = overruns
    overrunsOfLate.add(all &- min(all, overrunsSeen), at: monotonic)
    overrunsSeen = all
    happened += chronicle.settle(at: monotonic)
  }

  /// Takes up what a collector brought; returns what must outlive the process.
  func take(
    _ outcome: Outcome, from key: TargetKey, generation: UInt64, now: Timestamp, monotonic: MonotonicInstant
  ) -> [StateChange] {
    guard let target = targets[key], let id = target.slot else { return [] }
    if target.running == generation { timetable.finished(id) }
    // The collector that sent this was replaced meanwhile.
    guard target.generation == generation else { return [] }
    if !unheard.isEmpty { unheard.remove(key) }
    noteChange(of: target, to: outcome)
    target.newest = outcome
    // They are in the store now; kept a second time they would cost a kilobyte for each collector.
    target.newest?.readings = []
    target.readings.record(outcome.readings, at: now)
    guard let settings = target.basics else {
      recordState(of: target, at: now)
      return []
    }
    let evidence = evidence(of: outcome, for: target, settings, monotonic)
    let since = target.check.since
    let step = target.check.record(evidence, at: now, settings.rules)
    if step.nextProbe < settings.interval { timetable.requestSoon(id, at: monotonic + step.nextProbe) }
    recordState(of: target, at: now)
    guard let change = step.change else { return [] }
    checksChanged = true
    notices.append(
      Notice(
        change.to == .down ? .warning : .info, "check changed state",
        [
          "check": settings.name, "region": settings.region, "from": change.from.rawValue,
          "to": change.to.rawValue, "problem": target.problem ?? "none",
        ]))
    write(
      .init(
        name: .init(settings), zone: settings.zone, tier: settings.tier, isDown: change.to == .down, at: now,
        lasted: since.map { now - $0 }, problem: change.to == .down ? target.problem : nil),
      from: change.from, monotonic)
    let value = try? RowCoding.encode(target.check)
    return value.map { [StateChange(.checks, Self.row(key), $0)] } ?? []
  }

  /// What the outcome says of the target, once it is clear that it says nothing of ourselves.
  private func evidence(
    of outcome: Outcome, for target: WatchedTarget, _ settings: CheckBasics, _ now: MonotonicInstant
  ) -> CheckState.Evidence {
    let found = CheckState.Evidence(outcome)
    if settings.isCanary || target.plan.provesWayOut {
      let wasOffline = canaries.isOffline
      if settings.isCanary {
        let wasReached = canaries.newest[settings.name]
        let isReached = outcome.wasReached(isMadeHere: target.plan.isMadeHere)
        canaries.record(settings.name, isReached: isReached, began: outcome.startedAt)
        if canaries.newest[settings.name] != wasReached { checksChanged = true }
      } else if found != .none {
        // An answer that is not the wanted one may come from what stands in the target's place.
        canaries.record(other: Self.row(target.key), succeeded: found == .success, began: outcome.startedAt)
      }
      if canaries.isOffline != wasOffline {
        checksChanged = true
        noteOffline()
      }
      if settings.isCanary { return found }
    }
    // What is judged here is judged as ever: our way out has nothing to do with it.
    guard target.plan.needsWayOut else { return found }
    guard found == .failure else {
      if target.failingSince != nil, found == .success {
        target.failingSince = nil
        checksChanged = checksChanged || canaries.isOffline == true
      }
      return found
    }
    // While we are offline it is unknown from now on.
    checksChanged = checksChanged || target.failingSince == nil && canaries.isOffline == true
    let since = target.failingSince ?? outcome.startedAt
    target.failingSince = since
    let wouldTurn = target.check.health != .down && target.check.consecutiveFailures + 1 >= settings.failures
    // Who vouched before our way out went says nothing of what fails now.
    let isVouchedFor = canaries.isOffline != true && canaries.vouches(since: since)
    guard wouldTurn, !isVouchedFor else { return found }
    withheld += 1
    for canary in targets.values where canary.basics?.isCanary == true {
      if let slot = canary.slot { timetable.requestSoon(slot, at: now) }
    }
    if let slot = target.slot {
      timetable.requestSoon(slot, at: now + min(settings.confirm ?? settings.interval, settings.interval))
    }
    return .none
  }

  private func noteOffline() {
    let isOffline = canaries.isOffline == true
    notices.append(
      isOffline
        ? Notice(.error, "this vantage is offline: no canary answers, and no region is blamed", [:])
        : Notice(.info, "this vantage is online: canaries or other targets answer", [:]))
  }

  /// A check that is up when it is first looked at is no news.
  private func write(
    _ change: CheckChronicle.Change, from: CheckState.Health, _ monotonic: MonotonicInstant
  ) {
    if from == .unknown, !change.isDown { return }
    var change = change
    if from == .unknown { change.lasted = nil }
    if let entry = chronicle.take(change, at: monotonic) { happened.append(entry) }
  }

  /// What happened since the last call that belongs in the journal.
  func takeJournal() -> [JournalEntry] {
    defer { happened = [] }
    return happened
  }

  /// What happened since the last call that belongs in the log.
  func takeNotices() -> [Notice] {
    defer { notices = [] }
    return notices
  }

  /// Collectors that measure go into the log when they begin to fail and when they work again. Health checks are
  /// spared it: a failing target is their result, and its confirmed state is what counts.
  private func noteChange(of target: WatchedTarget, to outcome: Outcome) {
    guard !target.isCheck, (target.newest?.succeeded ?? true) != outcome.succeeded else { return }
    let name = ["kind": target.key.kind, "name": target.key.name]
    if case .failure(let reason, let detail) = outcome.verdict {
      notices.append(
        Notice(
          .warning, "collector fails",
          name.merging(["reason": reason.rawValue, "detail": detail]) { $1 }))
    } else {
      notices.append(Notice(.info, "collector works again", name))
    }
  }

  private func recordState(of target: WatchedTarget, at time: Timestamp) {
    if target.isCheck { target.state.record(ScheduleMetrics.readings(of: target.check), at: time) }
    guard let newest = target.newest, let id = target.slot else { return }
    let description = target.plan.description
    target.health.record(
      ScheduleMetrics.readings(
        of: description, newest, isCheck: target.isCheck, overruns: timetable.overruns(id)), at: time)
  }

  /// Rolls the checks up into their regions and writes that down, if one changed or `always`. Once a turn, because a
  /// series takes one sample a moment: with `always` now and then, so that the states stay within a query's reach.
  func rollUp(at time: Timestamp, monotonic: MonotonicInstant, always: Bool) {
    guard always || checksChanged else { return }
    checksChanged = false
    let members = targets.values.compactMap { target -> RollUp.Member? in
      guard let basics = target.basics, !basics.isCanary else { return nil }
      // Of what begins to fail while we are offline nothing is known; what was confirmed as down before stays so.
      let isBlurred = canaries.isOffline == true && target.failingSince != nil && target.check.health != .down
      return RollUp.Member(basics: basics, health: isBlurred ? .unknown : target.check.health)
    }
    rollUp.record(
      members, canaries: canaries.newest, isOffline: canaries.isOffline, withheld: withheld, at: time)
    for (check, health) in rollUp.calculated where health != .unknown {
      let name = CheckChronicle.Name(check)
      let before = calculatedWere.updateValue(health, forKey: name) ?? .unknown
      guard before != health else { continue }
      write(
        .init(name: name, zone: check.zone, tier: check.tier, isDown: health == .down, at: time),
        from: before, monotonic)
    }
  }

  /// Keeps the readings of collectors that run seldom within a query's reach, for as long as they are not overdue.
  func refresh(at time: Timestamp) {
    for target in targets.values {
      let description = target.plan.description
      guard let newest = target.newest,
        time - newest.finishedAt <= description.interval + description.timeout + Self.overdueAfter
      else { continue }
      for recorder in [target.readings, target.state, target.health] { recorder.refresh(at: time) }
    }
  }

  private static func row(_ key: TargetKey) -> String { "\(key.kind)/\(key.name)" }
}

extension CheckChronicle.Name {
  init(_ check: CheckBasics) { self.init(region: check.region, check: check.name) }
  init(_ check: CalculatedCheck) { self.init(region: check.region, check: check.name) }
}
