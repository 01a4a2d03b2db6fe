internal import Model
internal import PromQL

/// A group and when it is due.
final class GroupState {
  let group: RuleGroup
  let interval: Duration
  /// nil: at the first run.
  var nextInterval: MonotonicInstant?
  var lastEvaluation: Timestamp?
  /// Failed evaluations of its rules, and failed templates, since the start of the process.
  var failures = 0
  var templateFailures = 0
  /// Intervals that passed without an evaluation, since the start of the process.
  var missedIntervals = 0
  var rules: [RuleState] = []

  init(_ group: RuleGroup, interval: Duration) {
    self.group = group
    // Anything shorter would do nothing else.
    self.interval = max(interval, .milliseconds(10))
  }

  /// Names it across reloads.
  struct Place: Hashable {
    var file: String
    var name: String
  }

  var place: Place { Place(file: group.file, name: group.name) }

  /// Takes over what `old`, the same group before a reload, knows.
  func adopt(_ old: GroupState) {
    if interval == old.interval { lastEvaluation = old.lastEvaluation }
    failures = old.failures
    templateFailures = old.templateFailures
    missedIntervals = old.missedIntervals
  }

  func count(_ statistics: RuleStatistics, since before: RuleStatistics) {
    failures += statistics.failures - before.failures
    templateFailures += statistics.templateFailures - before.templateFailures
  }

  /// Moves on to the next interval and returns how many passed unused. After the first evaluation groups are spread
  /// over their interval by their names, so that they do not all come at once.
  func advance(_ monotonic: MonotonicInstant) -> Int {
    guard let due = nextInterval else {
      let place = Labels(["group": group.name]).fingerprint % 1000 + 1
      nextInterval = monotonic + interval * Double(place) / 1000
      return 0
    }
    let missed = max(0, (monotonic - due).nanoseconds / max(1, interval.nanoseconds))
    nextInterval = due + interval * Int(missed + 1)
    missedIntervals += Int(missed)
    return Int(missed)
  }
}

/// A rule and all that it remembers between evaluations.
final class RuleState {
  /// The series that a rule writes for one of its alerts.
  struct AlertSeries {
    var state: AlertInstance.State
    var alerts: SeriesID?
    var forState: SeriesID?
  }

  /// A recorded series.
  struct Output {
    var series: SeriesID?
    var value: Double
    /// Then the value means nothing.
    var histogram: FloatHistogram?
  }

  let rule: Rule
  let group: RuleGroup
  let interval: Duration
  let identity: String
  /// nil when the expression cannot be evaluated: ``lastError`` says why.
  let plan: Plan?
  /// Those that may apply to its alerts, in order.
  let policies: [PolicyState]
  /// Names of the labels that the rule sets.
  let ownLabels: Set<String>

  /// A sample that the rule reads has changed since its last evaluation.
  var isDirty = false
  /// Its group's interval has come and the rule has not been evaluated for it.
  var isOwed = false
  /// Its last evaluation took long.
  var isSlow = false
  /// Evaluations in a row that ran out of time; after each the rule rests, for longer each time.
  private var timeouts = 0
  private(set) var restsUntil: MonotonicInstant?
  /// How many rules passed on the change that made it dirty.
  var wakeDepth = 0
  var lastEvaluated: MonotonicInstant?
  var lastTimestamp: Timestamp?
  /// Least time between two evaluations that samples cause.
  var spacing: Duration = .zero
  /// When an alert's `for` or `keep_firing_for` elapses.
  var clockDue: Timestamp?
  /// The last pass in which the rule was evaluated.
  var pass = 0

  var health = RuleHealth.unknown
  var lastError: String?
  /// Why a template failed when templates were last rendered.
  var templateError: String?
  var evaluationTrouble = RuleTrouble()
  var templateTrouble = RuleTrouble()
  var evaluationTime: Duration = .zero

  /// Alerts of the last process of which nothing has been seen yet; see ``RuleEngine/hold(on:_:at:_:)``.
  var unproven: Set<Labels> = []
  var unprovenUntil: Timestamp?

  /// By the alert's labels.
  var instances: [Labels: AlertInstance] = [:]
  var alertSeries: [Labels: AlertSeries] = [:]
  /// By the series' labels without the metric's name.
  var outputs: [Labels: Output] = [:]

  init(
    _ rule: Rule, in group: RuleGroup, interval: Duration, identity: String, plans: PlanLibrary,
    policies: [PolicyState]
  ) {
    self.rule = rule
    self.group = group
    self.interval = interval
    self.identity = identity
    self.policies = policies
    ownLabels = Set(rule.labels.map(\.name))
    do {
      plan = try plans.plan(for: rule.expression)
    } catch {
      plan = nil
      health = .err
      lastError = error.message
    }
  }

  /// Takes over what `old`, the same rule before a reload, remembers.
  func adopt(_ old: RuleState) {
    instances = old.instances
    unproven = old.unproven
    unprovenUntil = old.unprovenUntil
    alertSeries = old.alertSeries
    outputs = old.outputs
    lastEvaluated = old.lastEvaluated
    lastTimestamp = old.lastTimestamp
    health = old.health
    lastError = old.lastError
    templateError = old.templateError
    evaluationTrouble = old.evaluationTrouble
    templateTrouble = old.templateTrouble
    evaluationTime = old.evaluationTime
    updateClock()
  }

  var timing: AlertInstance.Timing {
    if case .alerting(let timing) = rule.kind { timing } else { .init(hold: .zero, keepFiring: .zero) }
  }

  var origin: AlertOrigin {
    AlertOrigin(
      group: group.name, alertName: rule.name, expression: rule.expressionText,
      holdSeconds: timing.hold.inSeconds, intervalSeconds: interval.inSeconds)
  }

  func policy(for labels: Labels) -> PolicyState? {
    policies.first { $0.policy.match.allSatisfy { $0.matches(labels) } }
  }

  /// Whether an alert of these labels does not end because its data is missing.
  func minds(_ labels: Labels) -> Bool {
    (policy(for: labels)?.policy.missingData ?? .resolve) != .resolve
  }

  /// The rule's timing with what the alert's policy adds.
  func timing(of labels: Labels) -> AlertInstance.Timing {
    var timing = timing
    if let policy = policy(for: labels) { timing.keepFiring = max(timing.keepFiring, policy.policy.holdDown) }
    return timing
  }

  func updateClock() {
    clockDue = instances.values.lazy.compactMap { $0.deadline(timing: self.timing(of: $0.labels)) }.min()
  }

  /// The first moment at which samples may cause an evaluation. Two evaluations never share a timestamp: the store
  /// takes one value for each.
  func earliestWake(now: Timestamp, monotonic: MonotonicInstant) -> MonotonicInstant {
    guard let lastEvaluated else { return monotonic }
    let spaced = max(lastEvaluated + spacing, restsUntil ?? lastEvaluated)
    return lastTimestamp == now ? max(spaced, monotonic + .milliseconds(1)) : spaced
  }

  func restsAfterTimeout(at monotonic: MonotonicInstant) -> Bool {
    restsUntil.map { monotonic < $0 } ?? false
  }

  /// Lets a rule rest that took `limit` or longer: 30 seconds, then twice as long each time, ten minutes at most.
  func noteDuration(limit: Duration, at monotonic: MonotonicInstant) {
    guard health == .err, evaluationTime >= limit else {
      (timeouts, restsUntil) = (0, nil)
      return
    }
    let rest = min(.seconds(30) * (1 << min(timeouts, 5)), Duration.seconds(600))
    timeouts += 1
    restsUntil = monotonic + evaluationTime + rest
    lastError = (lastError ?? "") + "; the rule rests for \(rest.milliseconds / 1000)s"
  }

  func isDue(now: Timestamp, monotonic: MonotonicInstant) -> Bool {
    if isDirty, earliestWake(now: now, monotonic: monotonic) <= monotonic { return true }
    guard let clockDue, lastTimestamp != now, !restsAfterTimeout(at: monotonic) else { return false }
    return clockDue <= now
  }
}
