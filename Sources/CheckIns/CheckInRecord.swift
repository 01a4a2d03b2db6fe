package import Model

/// What is known of one job by its own visits. Codable: it outlives the process.
package struct CheckInRecord: Hashable, Sendable, Codable {
  package var lastSuccess: Timestamp?
  package var lastStart: Timestamp?
  package var lastFailure: Timestamp?
  package var lastLog: Timestamp?
  /// Of the run that ended last, where it said that it began.
  package var lastDuration: Duration?
  package var exitStatus: UInt8?
  /// Whether the newest end was a failure: two ends may come in one millisecond.
  package var isFailed: Bool?
  package var visits: UInt64 = 0
  /// nil in rows of versions that knew of one run at a time.
  private var runs: CheckInRuns?

  package init() {}

  /// - Parameter run: as ``CheckInVisit/run``.
  package mutating func take(_ signal: CheckInSignal, run: String? = nil, at now: Timestamp) {
    visits &+= 1
    switch signal {
    case .log: lastLog = now
    case .start:
      begin(run, at: now)
      lastStart = now
    case .success:
      end(run, wasGood: true, at: now)
      lastSuccess = now
      isFailed = false
      exitStatus = 0
    case .failure:
      end(run, wasGood: false, at: now)
      lastFailure = now
      isFailed = true
    case .exit(let status):
      end(run, wasGood: false, at: now)
      lastFailure = now
      isFailed = true
      exitStatus = status
    }
  }

  private mutating func begin(_ run: String?, at now: Timestamp) {
    var known = knownRuns
    known.begin(run, at: now)
    runs = known
  }

  private mutating func end(_ run: String?, wasGood: Bool, at now: Timestamp) {
    var known = knownRuns
    lastDuration = known.end(run, wasGood: wasGood, at: now)
    runs = known
  }

  private var knownRuns: CheckInRuns {
    if let runs { return runs }
    guard let lastStart else { return CheckInRuns() }
    let lastEnd = [lastSuccess, lastFailure].compactMap { $0 }.max()
    return CheckInRuns(start: lastEnd.map { $0 >= lastStart } ?? false ? nil : lastStart)
  }

  /// When the run began that is waited for; nil: none is under way.
  package var runningSince: Timestamp? { knownRuns.since }

  package enum State: String, Sendable, CaseIterable {
    /// It has never been heard of, and its time is not over.
    case new
    case up
    /// Late, and still within its grace.
    case late
    /// Too late, begun and not ended in time, or ended badly.
    case down
  }

  /// - Parameter expectedSince: when waiting began for a job that was never heard of.
  package func state(at now: Timestamp, expectedSince: Timestamp, _ schedule: CheckInSchedule) -> State {
    if isFailed == true { return .down }
    if let runningSince, now - runningSince > schedule.grace { return .down }
    let due = (lastSuccess ?? expectedSince) + schedule.period
    if now > due + schedule.grace { return .down }
    if lastSuccess == nil { return .new }
    return now <= due ? .up : .late
  }
}

/// When a job is to be heard of.
package struct CheckInSchedule: Hashable, Sendable {
  /// From one success to the next.
  package var period: Duration
  /// How much later it may come, and how long a run may take that said when it began.
  package var grace: Duration

  package init(period: Duration, grace: Duration) {
    self.period = period
    self.grace = grace
  }
}
