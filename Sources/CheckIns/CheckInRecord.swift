package import Model

/// What is known of one job by its own visits. Codable: it outlives the process.
package struct CheckInRecord: Hashable, Sendable, Codable {
  package var lastSuccess: Timestamp?
  package var lastStart: Timestamp?
  package var lastFailure: Timestamp?
  package var lastLog: Timestamp?
  /// From the last start to the end after it.
  package var lastDuration: Duration?
  package var exitStatus: UInt8?
  /// Whether the newest end was a failure: two ends may come in one millisecond.
  package var isFailed: Bool?
  package var visits: UInt64 = 0

  package init() {}

  package mutating func take(_ signal: CheckInSignal, at now: Timestamp) {
    visits &+= 1
    switch signal {
    case .log: lastLog = now
    case .start: lastStart = now
    case .success:
      lastDuration = duration(at: now)
      lastSuccess = now
      isFailed = false
      exitStatus = 0
    case .failure:
      lastDuration = duration(at: now)
      lastFailure = now
      isFailed = true
    case .exit(let status):
      lastDuration = duration(at: now)
      lastFailure = now
      isFailed = true
      exitStatus = status
    }
  }

  /// nil: the end had no start.
  private func duration(at now: Timestamp) -> Duration? {
    guard let lastStart, lastStart >= (lastEnd ?? lastStart) else { return nil }
    return max(.zero, now - lastStart)
  }

  private var lastEnd: Timestamp? {
    switch (lastSuccess, lastFailure) {
    case (let a?, let b?): max(a, b)
    case (let a, let b): a ?? b
    }
  }

  /// When the run began that has not ended; nil: none is under way.
  package var runningSince: Timestamp? {
    guard let lastStart else { return nil }
    return lastEnd.map { $0 >= lastStart } ?? false ? nil : lastStart
  }

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
    if now <= due { return lastSuccess == nil ? .new : .up }
    return now <= due + schedule.grace ? .late : .down
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
