package import Model

/// Keeps every alarm's state: judges metric alarms when a minute (or 10 seconds) is over, composite ones when an alarm
/// they look at changes, and says what must be told and made durable.
///
/// Confined to the thread that owns the store's writes. Metric alarms with a period of a minute or more are judged at
/// every full minute, over periods that end there; shorter ones every 10 seconds: as AWS does. A new alarm begins as
/// INSUFFICIENT_DATA without a word; an alarm whose definition changes keeps its state.
package final class AlarmEngine {
  /// One alarm and all that is remembered of it.
  final class Entry {
    let alarm: Alarm
    let definition: String
    var row: AlarmRow
    var sampler: MetricSampler?
    /// Alarms whose change led to the newest change of this composite one.
    var triggers: [String] = []

    init(_ alarm: Alarm, row: AlarmRow, sampler: MetricSampler?) {
      self.alarm = alarm
      definition = row.definition
      self.row = row
      self.sampler = sampler
    }
  }

  /// What one run decided. Events and changes belong together: commit them as one.
  package struct Decisions: Sendable {
    package var events: [AlertEvent] = []
    package var changes: [StateChange] = []
    /// Alarms that changed their state, told or not.
    package var transitions: [Transition] = []
    package init() {}
  }

  package struct Transition: Sendable, Equatable {
    package var alarm: String
    package var from: AlarmState
    package var to: AlarmState
    package var reason: String
  }

  package struct Settings: Sendable {
    /// What the ARNs of reasons name.
    package var region: String
    package var account: String
    package init(region: String, account: String = "000000000000") {
      self.region = region
      self.account = account
    }
  }

  var entries: [String: Entry] = [:]
  /// Composite alarms behind those that they look at.
  private(set) var order: [String] = []
  let settings: Settings
  private let reader: any SeriesReader
  private var restored: [String: AlarmRow] = [:]
  /// Stored rows that could not be read, for people.
  package private(set) var restoreProblems: [String] = []
  private var pendingChanges: [StateChange] = []
  /// Milliseconds between two runs that are still an unbroken watch.
  private static let longestGap: Int64 = 60_000
  private var watchingSince: Timestamp
  private var lastMark: Int64?
  private var due: MonotonicInstant?
  private var isNew = true
  /// What one turn spends on making up for the past, in evaluations and series touched: some milliseconds.
  private static let backfillBudget = 2000
  /// Metric alarms whose past is not made up for yet, and what was filled when that began.
  private var behind: [String: Int64?] = [:]
  /// Metric alarms that changed while others were behind: composite ones wait for all.
  private var changedMeanwhile: [String] = []

  /// - Parameter rows: the table of alarms as the last process left it.
  package init(
    alarms: [Alarm], settings: Settings, reader: any SeriesReader,
    restoring rows: [(key: String, value: [UInt8])],
    now: Timestamp
  ) {
    self.settings = settings
    self.reader = reader
    watchingSince = now
    for row in rows {
      if let read = AlarmRow(bytes: row.value) {
        restored[row.key] = read
      } else {
        restoreProblems.append("alarm row \(row.key) cannot be read")
      }
    }
    replace(with: alarms, now: now)
  }

  /// Puts other alarms in force. State is kept by name, collected data points where nothing changed about them.
  package func replace(with alarms: [Alarm], now: Timestamp) {
    var next: [String: Entry] = [:]
    for alarm in alarms {
      let old = entries[alarm.name]
      let definition = Self.fingerprint(alarm.definition)
      var row = old?.row ?? restored[alarm.name] ?? AlarmRow(beginning: definition, at: now)
      let isKnown = old != nil || restored[alarm.name] != nil
      if row.definition != definition {
        row.definition = definition
        row.configuredAt = now
      }
      var sampler: MetricSampler?
      switch alarm.kind {
      case .metric(let metric):
        let kept = old?.sampler.flatMap { $0.metric.measureIdentity == metric.measureIdentity ? $0 : nil }
        sampler = kept.map { $0.adopted(by: metric) } ?? MetricSampler(metric)
        row.suppression = nil
      case .composite(let composite):
        if composite.suppressor == nil { row.suppression = nil }
        if composite.suppressor != nil, row.suppression == nil {
          row.suppression = ActionSuppression(told: row.state)
        }
      }
      let entry = Entry(alarm, row: row, sampler: sampler)
      entry.triggers = old?.triggers ?? []
      next[alarm.name] = entry
      if !isKnown || row != old?.row && row != restored[alarm.name] { save(entry) }
    }
    for name in Set(entries.keys).union(restored.keys) where next[name] == nil {
      pendingChanges.append(StateChange(.alarms, name, nil))
    }
    restored = [:]
    entries = next
    behind = [:]
    order = alarms.map(\.name)
    isNew = true
    due = nil
  }

  private static func fingerprint(_ definition: String) -> String {
    String(Labels(["definition": definition]).fingerprint, radix: 16)
  }

  /// When ``run(now:monotonic:)`` has work that no call announces; nil: there is no alarm.
  package var nextDeadline: MonotonicInstant? {
    entries.isEmpty ? nil : due ?? MonotonicInstant(nanoseconds: 0)
  }

  /// The clock was set back and the store has moved its samples along: data points are collected anew from there.
  package func clockWasSetBack(by shift: Duration) {
    for entry in entries.values {
      entry.sampler?.forget()
      entry.row.changedAt = entry.row.changedAt + shift
      entry.row.suppression?.move(by: shift)
      entry.row.toldAt = entry.row.toldAt.map { $0 + shift }
    }
    watchingSince = watchingSince + shift
    lastMark = nil
    behind = [:]
    due = nil
  }

  /// Judges what is due at `now`.
  package func run(now: Timestamp, monotonic: MonotonicInstant) -> Decisions {
    var decisions = Decisions()
    decisions.changes = pendingChanges
    pendingChanges = []
    if entries.isEmpty { return decisions }
    if let due, monotonic < due, !isNew { return decisions }
    let step = MetricSampler.markMilliseconds
    let mark = now.milliseconds / step * step
    var changed: [String] = []
    if lastMark.map({ mark > $0 }) ?? true {
      // The machine slept or the clock leapt: nobody was watching meanwhile.
      if let lastMark, mark - lastMark > Self.longestGap { watchingSince = now }
      changed = judgeMetrics(order, at: mark, now, &decisions)
      lastMark = mark
    } else if let lastMark, !behind.isEmpty {
      changed = judgeMetrics(order.filter { behind[$0] != nil }, at: lastMark, now, &decisions)
    }
    changedMeanwhile += changed
    if !behind.isEmpty {
      // Others of the core's work come in between.
      decisions.changes += pendingChanges
      pendingChanges = []
      due = monotonic + .milliseconds(1)
      return decisions
    }
    changed = changedMeanwhile
    changedMeanwhile = []
    if isNew || !changed.isEmpty || suppressionDeadline.map({ $0 <= now }) == true {
      judgeComposites(changed, now, &decisions)
      isNew = false
    }
    decisions.changes += pendingChanges
    pendingChanges = []
    let next = min(Timestamp(milliseconds: mark + step), suppressionDeadline ?? .init(milliseconds: .max))
    due = monotonic + max(.milliseconds(1), min(next - now, .milliseconds(step)))
    return decisions
  }

  private var suppressionDeadline: Timestamp? {
    entries.values.lazy.compactMap { $0.row.suppression?.deadline }.min()
  }

  private func judgeMetrics(
    _ names: [String], at mark: Int64, _ now: Timestamp, _ decisions: inout Decisions
  ) -> [String] {
    var changed: [String] = []
    var budget = Self.backfillBudget
    for name in names {
      guard let entry = entries[name], let sampler = entry.sampler else { continue }
      let filledBefore = behind[name] ?? sampler.filledTo
      guard sampler.fill(to: mark, from: reader, budget: &budget) else {
        behind[name] = .some(filledBefore)
        continue
      }
      behind[name] = nil
      // At the newest full minute that was not judged yet; at the start at once, for what the store remembers.
      guard let tick = sampler.newestTick(upTo: mark, after: filledBefore) else { continue }
      let before = entry.row.state
      let verdict = evaluator(sampler.metric, at: tick).judge(sampler.points(at: tick), current: before)
      guard verdict.state != before else { continue }
      change(entry, to: verdict.state, because: verdict.reason, now, &decisions)
      changed.append(name)
      tell(entry, from: before, now, &decisions)
      save(entry)
    }
    return changed
  }

  /// Data that is missing from before the start says nothing: nobody was watching. While the evaluation periods reach
  /// back that far, only what was measured changes a state.
  private func evaluator(_ metric: MetricAlarm, at tick: Int64) -> AlarmEvaluator {
    var evaluator = metric.evaluator
    let first = tick - Int64(evaluator.evaluationPeriods) * Int64(metric.periodSeconds) * 1000
    if first < watchingSince.milliseconds { evaluator.missingData = .ignore }
    return evaluator
  }

  private func judgeComposites(_ changedMetrics: [String], _ now: Timestamp, _ decisions: inout Decisions) {
    var changed = changedMetrics
    for name in order {
      guard let entry = entries[name], case .composite(let composite) = entry.alarm.kind else { continue }
      let holds = composite.rule.holds { self.entries[$0]?.row.state ?? .insufficientData }
      let state: AlarmState = holds ? .alarm : .ok
      let before = entry.row
      if state != entry.row.state {
        entry.triggers = composite.rule.children.filter { changed.contains($0) }
        change(entry, to: state, because: compositeReason(entry, now), now, &decisions)
        changed.append(name)
        if composite.suppressor == nil { tell(entry, from: before.state, now, &decisions) }
      }
      if let suppressor = composite.suppressor, var suppression = entry.row.suppression {
        let told = suppression.advance(
          to: entry.row.state, suppressor: entries[suppressor.alarm]?.row.state ?? .insufficientData,
          wait: suppressor.wait, extension: suppressor.extensionPeriod, now: now)
        entry.row.suppression = suppression
        if let told { tell(entry, from: told, now, &decisions) }
      }
      if entry.row != before { save(entry) }
    }
  }

  private func change(
    _ entry: Entry, to state: AlarmState, because reason: String, _ now: Timestamp,
    _ decisions: inout Decisions
  ) {
    decisions.transitions.append(
      Transition(alarm: entry.alarm.name, from: entry.row.state, to: state, reason: reason))
    entry.row.state = state
    entry.row.reason = reason
    entry.row.changedAt = now
  }

  private func save(_ entry: Entry) {
    guard let bytes = entry.row.bytes else { return }
    pendingChanges.append(StateChange(.alarms, entry.alarm.name, bytes))
  }

  private func tell(_ entry: Entry, from old: AlarmState, _ now: Timestamp, _ decisions: inout Decisions) {
    guard let event = event(entry, from: old, now) else { return }
    entry.row.toldAt = now
    decisions.events.append(event)
  }
}
