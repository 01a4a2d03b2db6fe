package import Model

extension StatusSnapshot {
  /// One failover or drill, as it was seen.
  package struct Failover: Sendable {
    package struct Step: Sendable {
      /// `confirmed`, `role changed` …
      package var name: String
      package var at: Timestamp

      package init(name: String, at: Timestamp) {
        self.name = name
        self.at = at
      }
    }

    package var workload: String
    package var from: String
    /// nil: nothing has taken over yet.
    package var to: String?
    /// The drill that it was part of.
    package var drill: String?
    package var startedAt: Timestamp
    /// Nothing more of it is waited for.
    package var isOver: Bool
    /// In the order in which they happened.
    package var steps: [Step]
    /// From the first bad sample until the other region served; nil: not yet.
    package var recoveryTime: Duration?
    package var recoveryTimeObjective: Duration?
    /// What was lost, as time; nil: not known.
    package var lost: Duration?
    package var lostObjective: Duration?

    package init(
      workload: String, from: String, to: String? = nil, drill: String? = nil, startedAt: Timestamp,
      isOver: Bool, steps: [Step], recoveryTime: Duration? = nil, recoveryTimeObjective: Duration? = nil,
      lost: Duration? = nil, lostObjective: Duration? = nil
    ) {
      self.workload = workload
      self.from = from
      self.to = to
      self.drill = drill
      self.startedAt = startedAt
      self.isOver = isOver
      self.steps = steps
      self.recoveryTime = recoveryTime
      self.recoveryTimeObjective = recoveryTimeObjective
      self.lost = lost
      self.lostObjective = lostObjective
    }

    /// Whether it kept what was promised; unknown where nothing was, or nothing measured.
    package var verdict: Verdict {
      let kept = [(recoveryTime, recoveryTimeObjective), (lost, lostObjective)].compactMap {
        measured, limit in
        measured.flatMap { measured in limit.map { measured <= $0 } }
      }
      if kept.contains(false) { return .bad }
      return kept.isEmpty || recoveryTime == nil ? .unknown : .good
    }
  }
}
