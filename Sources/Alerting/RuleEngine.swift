package import Model
package import PromQL

/// What the rule engine needs to know beyond its rules.
package struct RuleSettings: Sendable {
  /// Interval of groups that do not say their own.
  package var evaluationInterval: Duration = .seconds(60)
  /// For templates.
  package var externalLabels: Labels = .empty
  package var externalURL = ""
  package var limits = EvaluationOptions(maximumSamples: 10_000_000)
  /// What the rule files do not say of their alerts; the first that matches holds.
  package var policies: [AlertPolicy] = []
  /// A rule that reads n series is woken by samples at most once in n times this.
  package var spacingPerSeries: Duration = .microseconds(50)
  /// An evaluation that takes longer fails, so that no rule can hold up the pages of the others.
  package var evaluationTimeLimit: Duration = .seconds(1)
  /// A rule that takes longer waits for all the others from then on.
  package var quickTimeLimit: Duration = .milliseconds(50)
  /// A run that took longer ends early and is gone on with by the next: what it decided may leave in between.
  package var runTimeLimit: Duration = .milliseconds(250)

  package init() {}
}

/// Evaluates rules and keeps the state of their alerts. Confined to one thread.
///
/// A rule is evaluated
/// - when a sample that it reads changed (``seriesChanged(_:)``), at once while it is cheap: see
///   ``RuleSettings/spacingPerSeries``;
/// - at its group's interval, because expressions depend on time and series go stale in silence;
/// - exactly when the `for` or `keep_firing_for` of one of its alerts elapses.
///
/// Nothing happens outside ``run(now:monotonic:)``. Its owner calls it after each batch of samples and at
/// ``nextDeadline``. Rules see the samples that rules before them recorded in the same run; each rule is evaluated at
/// most once in a run.
///
/// **Restart.** The rows that earlier runs asked to store are given to the initializer; alerts go on where they were.
/// A firing alert is not told again, and it ends only by an evaluation: so the first run must wait until the
/// collectors have reported.
package final class RuleEngine {
  static let alertsFamily = MetricFamily.gauge("ALERTS", "Active alerts, by state: 1 for each.")
  static let forStateFamily = MetricFamily.gauge(
    "ALERTS_FOR_STATE", "When each active alert became active, in Unix seconds.")

  private(set) var settings: RuleSettings
  let reader: any SeriesReader
  let appender: any SampleAppender
  private let clock: any TimeSource
  /// Of the evaluation under way.
  private(set) var limits: EvaluationOptions

  private(set) var groups: [GroupState] = []
  private var rules: [RuleState] = []
  private var index = DependencyIndex(selectors: [])
  /// All rules' expressions: what they have in common is evaluated once in a run.
  private var plans = PlanLibrary()
  /// Rules that a reload removed and alerts whose rule was gone at the start: ended by the next run.
  private var retired: [RuleState] = []
  private var orphans: [AlertRow] = []
  private var queuedChanges: [StateChange] = []
  private var passNumber = 0
  /// Moves on whenever a rule stops being dirty.
  private var wakeRound = 0
  /// How many rules before the one at work passed the change on that woke it.
  private var currentDepth = 0
  private static let longestChain = 16
  private var lastRun: (now: Timestamp, monotonic: MonotonicInstant)?

  /// When ``run(now:monotonic:)`` wants to be called; nil: only after samples. May lie in the past: call now.
  package private(set) var nextDeadline: MonotonicInstant? = MonotonicInstant(nanoseconds: .min)
  /// Sum over all runs.
  package private(set) var totals = RuleStatistics()
  /// One text for each remembered row that could not be read: its alert is forgotten.
  package private(set) var restoreProblems: [String] = []

  /// - Parameters:
  ///   - clock: for measuring how long evaluations take, and for nothing else.
  ///   - rows: the table of alerts as stored.
  package init(
    groups: [RuleGroup], settings: RuleSettings, reader: any SeriesReader, appender: any SampleAppender,
    clock: any TimeSource, restoring rows: [(key: String, value: [UInt8])]
  ) {
    self.settings = settings
    self.reader = reader
    self.appender = appender
    self.clock = clock
    limits = settings.limits
    limits.clock = clock
    install(groups, keeping: [:])
    restore(rows)
  }

  // MARK: - Rules

  /// Goes on with other rules and policies (nil: those of before). Rules that stay (same group name, name, expression
  /// and labels, in whatever file) keep their alerts; the firing alerts of the others end with the next run.
  package func replaceRules(_ newGroups: [RuleGroup], policies: [AlertPolicy]? = nil) {
    if let policies { settings.policies = policies }
    // A rule that an earlier reload removed, with no run since, may be back.
    let old = Dictionary(uniqueKeysWithValues: (rules + retired).map { ($0.identity, $0) })
    let oldGroups = Dictionary(groups.map { ($0.place, $0) }) { first, _ in first }
    install(newGroups, keeping: old)
    let kept = Set(rules.map(\.identity))
    retired = old.values.filter { !kept.contains($0.identity) }.sorted { $0.identity < $1.identity }
    claimOrphans()
    for group in groups { oldGroups[group.place].map(group.adopt) }
    nextDeadline = MonotonicInstant(nanoseconds: .min)
  }

  private func install(_ newGroups: [RuleGroup], keeping old: [String: RuleState]) {
    var ordinals: [String: Int] = [:]
    plans = PlanLibrary()
    let policies = settings.policies.map(PolicyState.init)
    groups = newGroups.map { group in
      let state = GroupState(group, interval: group.interval ?? settings.evaluationInterval)
      state.rules = group.rules.map { rule in
        let base = ruleIdentity(group: group.name, rule: rule, ordinal: 0)
        let ordinal = ordinals[base, default: 0]
        ordinals[base] = ordinal + 1
        let identity =
          ordinal == 0 ? base : ruleIdentity(group: group.name, rule: rule, ordinal: ordinal)
        let new = RuleState(
          rule, in: group, interval: state.interval, identity: identity, plans: plans,
          policies: rule.kind == .recording ? [] : policies.filter { $0.policy.mayApply(to: rule) })
        if let before = old[identity] { new.adopt(before) }
        return new
      }
      return state
    }
    rules = groups.flatMap(\.rules)
    index = DependencyIndex(
      selectors: rules.map { rule in
        (rule.plan?.selectors ?? []) + rule.policies.flatMap { $0.clear?.selectors ?? [] }
      })
  }

  private func restore(_ rows: [(key: String, value: [UInt8])]) {
    for (key, value) in rows.sorted(by: { $0.key < $1.key }) {
      do {
        orphans.append(try AlertRow(key: key, bytes: value))
      } catch {
        restoreProblems.append(error.message)
        // Nobody else would ever remove it.
        queuedChanges.append(StateChange(.alerts, key, nil))
      }
    }
    claimOrphans()
  }

  /// Gives remembered alerts to their rules.
  private func claimOrphans() {
    let byIdentity = Dictionary(uniqueKeysWithValues: rules.map { ($0.identity, $0) })
    for row in orphans {
      byIdentity[row.rule]?.instances[row.labels] = row.instance
      byIdentity[row.rule]?.unproven.insert(row.labels)
    }
    orphans.removeAll { byIdentity[$0.rule] != nil }
    for rule in rules { rule.updateClock() }
  }

  // MARK: - Running

  /// Says that the value of `series` changed, or that it began or ended. Cheap; evaluates nothing.
  package func seriesChanged(_ series: SeriesID) { wake(dependentsOf: series, depth: 0) }

  /// The same for a series that the engine wrote: rules that feed each other in a circle come to rest after
  /// ``longestChain`` rounds and go on at their interval.
  func wroteChange(_ series: SeriesID, _ decisions: inout Decisions) {
    if currentDepth < Self.longestChain {
      wake(dependentsOf: series, depth: currentDepth + 1)
    } else {
      decisions.statistics.wakesCut += index.dependents(of: series, in: reader).rules.count
    }
  }

  private func wake(dependentsOf series: SeriesID, depth: Int) {
    let dependents = index.dependents(of: series, in: reader)
    // All of them are dirty already, and none has been evaluated since.
    if depth == 0, dependents.wokenInRound == wakeRound { return }
    dependents.wokenInRound = wakeRound
    for rule in dependents.rules {
      rules[rule].wakeDepth = max(rules[rule].wakeDepth, depth)
      if rules[rule].isDirty { continue }
      rules[rule].isDirty = true
      let wake =
        lastRun.map { rules[rule].earliestWake(now: $0.now, monotonic: $0.monotonic) }
        ?? MonotonicInstant(nanoseconds: .min)
      nextDeadline = min(nextDeadline ?? wake, wake)
    }
  }

  /// Evaluates what is due at `now`.
  package func run(now: Timestamp, monotonic: MonotonicInstant) -> Decisions {
    var decisions = Decisions()
    guard let nextDeadline, nextDeadline <= monotonic else { return decisions }
    passNumber += 1
    plans.dataChanged()
    endRetired(at: now, &decisions)
    for group in groups where group.nextInterval.map({ $0 <= monotonic }) ?? true {
      for rule in group.rules { rule.isOwed = !rule.restsAfterTimeout(at: monotonic) }
      decisions.statistics.missedIntervals += group.advance(monotonic)
      group.lastEvaluation = now
    }
    evaluateDue(now, monotonic, &decisions)
    lastRun = (now, monotonic)
    updateDeadline(now, monotonic)
    totals += decisions.statistics
    return decisions
  }

  /// Evaluates what is owed or due, until nothing is or the time of a run is up. Slow rules come last, out of their
  /// group's order: none of the others waits for them.
  private func evaluateDue(_ now: Timestamp, _ monotonic: MonotonicInstant, _ decisions: inout Decisions) {
    let end = clock.monotonic + settings.runTimeLimit
    for slow in [false, true] {
      // What a rule records may wake rules before it: go round until nothing new is due.
      var evaluatedSome = true
      while evaluatedSome {
        evaluatedSome = false
        for group in groups {
          for rule in group.rules where rule.pass != passNumber && rule.isSlow == slow {
            guard rule.isOwed || rule.isDue(now: now, monotonic: monotonic) else { continue }
            rule.pass = passNumber
            let isInterval = rule.isOwed
            rule.isOwed = false
            let before = decisions.statistics
            evaluate(rule, at: now, monotonic, isInterval: isInterval, &decisions)
            group.count(decisions.statistics, since: before)
            evaluatedSome = true
            if rule.plan != nil, clock.monotonic > end { return }
          }
        }
      }
    }
  }

  private func evaluate(
    _ rule: RuleState, at now: Timestamp, _ monotonic: MonotonicInstant, isInterval: Bool,
    _ decisions: inout Decisions
  ) {
    guard let plan = rule.plan else {
      (rule.isDirty, rule.clockDue) = (false, nil)
      tellEvaluationProblem(rule, at: monotonic, &decisions)
      wakeRound += 1
      return
    }
    let start = clock.monotonic
    limits.deadline = start + (rule.isSlow ? settings.evaluationTimeLimit : settings.quickTimeLimit)
    rule.isDirty = false
    wakeRound += 1
    currentDepth = rule.wakeDepth
    rule.wakeDepth = 0
    rule.lastTimestamp = now
    rule.lastEvaluated = monotonic
    decisions.statistics.evaluations += 1
    do {
      let time = now - rule.group.queryOffset
      let elements = try plan.elements(at: time, in: reader, limits: limits)
      switch rule.rule.kind {
      case .alerting:
        try apply(elements, toAlertsOf: rule, at: now, monotonic, isInterval: isInterval, &decisions)
      case .recording: try record(elements, of: rule, at: time, isInterval: isInterval, &decisions)
      }
      evaluationWorked(rule, &decisions)
      rule.updateClock()
    } catch {
      if !rule.isSlow, clock.monotonic - start >= settings.quickTimeLimit {
        // It gets its full time when its turn comes again.
        rule.isSlow = true
        (rule.isOwed, rule.isDirty, rule.pass) = (isInterval, true, 0)
        decisions.statistics.evaluations -= 1
        return
      }
      evaluationFailed(rule, error.message, at: monotonic, &decisions)
      // A clock that has run out would try again without end: samples and the interval will.
      rule.clockDue = nil
    }
    rule.evaluationTime = clock.monotonic - start
    rule.noteDuration(limit: settings.evaluationTimeLimit, at: monotonic)
    if rule.evaluationTime < settings.quickTimeLimit * 0.5 { rule.isSlow = false }
    // Samples may keep the core busy with one rule for a tenth of its time.
    rule.spacing = max(settings.spacingPerSeries * plan.seriesTouched, rule.evaluationTime * 10)
  }

  private func updateDeadline(_ now: Timestamp, _ monotonic: MonotonicInstant) {
    var next: MonotonicInstant?
    func consider(_ moment: MonotonicInstant) { next = min(next ?? moment, moment) }
    for group in groups {
      if let moment = group.nextInterval { consider(moment) }
      for rule in group.rules {
        if rule.isOwed { consider(monotonic) }
        if rule.isDirty { consider(rule.earliestWake(now: now, monotonic: monotonic)) }
        // At least a millisecond ahead: what is due now was done now.
        if let due = rule.clockDue {
          consider(max(monotonic + max(due - now, .milliseconds(1)), rule.restsUntil ?? monotonic))
        }
      }
    }
    nextDeadline = next
  }

  // MARK: - Endings

  /// Ends the alerts and series of rules that are no more.
  private func endRetired(at now: Timestamp, _ decisions: inout Decisions) {
    currentDepth = 0
    decisions.changes += queuedChanges
    queuedChanges = []
    for rule in retired {
      let time = now - rule.group.queryOffset
      for labels in ordered(rule.instances.keys) {
        guard let instance = rule.instances[labels] else { continue }
        let ending = AlertEnding(.ruleRemoved, ceasedAt: instance.ceasedAt)
        end(instance, rule: rule.identity, origin: rule.origin, ending, at: now, &decisions)
      }
      for labels in ordered(rule.alertSeries.keys) {
        endSeries(ofAlert: labels, in: rule, at: time, &decisions)
      }
      for output in rule.outputs.values.sorted(by: { $0.order < $1.order }) {
        write(StaleMarker.value, at: time, to: output.series, &decisions)
        if let series = output.series { wroteChange(series, &decisions) }
      }
    }
    retired = []
    for row in orphans {
      let ending = AlertEnding(.ruleRemoved, ceasedAt: row.ceasedAt)
      end(row.instance, rule: row.rule, origin: row.origin, ending, at: now, &decisions)
    }
    orphans = []
  }

  /// Forgets an alert, and tells its end if its beginning was told.
  func end(
    _ instance: AlertInstance, rule: String, origin: AlertOrigin, _ ending: AlertEnding?,
    at now: Timestamp, _ decisions: inout Decisions
  ) {
    let identity = alertIdentity(rule: rule, labels: instance.labels)
    decisions.changes.append(StateChange(.alerts, identity, nil))
    guard instance.state == .firing else {
      decisions.notePending(instance, identity, isOver: true)
      return
    }
    decisions.statistics.resolved += 1
    decisions.events.append(
      AlertEvent(
        status: .resolved, identity: identity, startsAt: instance.activeAt,
        episode: instance.episode, endsAt: now, labels: instance.labels,
        annotations: instance.annotations, value: instance.value, origin: origin, decidedAt: now,
        ending: ending))
  }

  /// Appends to the store; nothing when the store has refused the series.
  func write(_ value: Double, at time: Timestamp, to series: SeriesID?, _ decisions: inout Decisions) {
    guard let series else { return }
    appender.append(value, at: time, to: series)
    noteWritten(to: series, &decisions)
  }

  func write(
    _ histogram: FloatHistogram, at time: Timestamp, to series: SeriesID?, _ decisions: inout Decisions
  ) {
    guard let series else { return }
    appender.append(histogram, at: time, to: series)
    noteWritten(to: series, &decisions)
  }

  private func noteWritten(to series: SeriesID, _ decisions: inout Decisions) {
    if !index.dependents(of: series, in: reader).rules.isEmpty { plans.sampleCame(to: series) }
    decisions.statistics.samplesWritten += 1
  }
}

extension RuleState.Output {
  fileprivate var order: UInt32 { series?.raw ?? .max }
}

/// Label sets in an order that does not change from process to process.
func ordered(_ labels: some Sequence<Labels>) -> [Labels] {
  labels.sorted { a, b in
    a.entries.lexicographicallyPrecedes(b.entries) { x, y in
      x.name == y.name ? byteOrder(x.value, y.value) : byteOrder(x.name, y.name)
    }
  }
}
