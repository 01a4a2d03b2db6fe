package import Model

/// How often something is to be rehearsed.
package enum DrillPeriod: Hashable, Sendable {
  /// Calendar months: monthly is 1, quarterly 3, yearly 12.
  case months(Int)
  case duration(Duration)

  /// When the next one is due after one that ended at `moment`: the same day of a later month, or the last of that month
  /// where it has no such day.
  package func next(after moment: Timestamp) -> Timestamp {
    switch self {
    case .duration(let length): return moment + length
    case .months(let count):
      let from = moment.civil
      let months = from.year * 12 + from.month - 1 + count
      let (year, month) = (months / 12, months % 12 + 1)
      let first = Timestamp(year: year, month: month, day: 1)
      let following = Timestamp(
        year: month == 12 ? year + 1 : year, month: month == 12 ? 1 : month + 1, day: 1)
      let days = Int((following - first).milliseconds / 86_400_000)
      return Timestamp(
        year: year, month: month, day: min(from.day, days), hour: from.hour, minute: from.minute,
        second: from.second, millisecond: from.millisecond)
    }
  }
}

/// A stage of a drill that is to be reached in time.
package struct DrillPhase: Hashable, Sendable, Codable {
  /// Unique in a plan.
  package var name: String
  /// Since the start, in milliseconds; nil: whenever.
  package var within: Int64?

  package init(name: String, within: Duration? = nil) {
    self.name = name
    self.within = within?.milliseconds
  }
}

/// What is rehearsed of one workload, and how often.
package struct DrillPlan: Hashable, Sendable {
  package var workload: String
  /// In the order in which they are to be reached.
  package var phases: [DrillPhase]
  package var calendar: [DrillKind: DrillPeriod]

  package init(workload: String, phases: [DrillPhase] = [], calendar: [DrillKind: DrillPeriod] = [:]) {
    self.workload = workload
    self.phases = phases
    self.calendar = calendar
  }
}

/// `drills:` of the configuration.
package struct DrillSettings: Hashable, Sendable {
  /// Of workloads whose plan says nothing of a kind.
  package var calendar: [DrillKind: DrillPeriod] = [:]
  /// At most one for a workload.
  package var plans: [DrillPlan] = []

  package init() {}

  package func phases(of workload: String) -> [DrillPhase] {
    plans.first { $0.workload == workload }?.phases ?? []
  }

  package func period(of kind: DrillKind, _ workload: String) -> DrillPeriod? {
    plans.first { $0.workload == workload }?.calendar[kind] ?? calendar[kind]
  }
}
