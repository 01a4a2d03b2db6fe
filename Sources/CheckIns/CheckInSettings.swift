package import Collecting
package import Model

/// A job that says itself that it ran, by visiting `/ping/<id>`: a health check that waits instead of asking.
package struct CheckInSettings: HealthCheckSettings {
  package var basics: CheckBasics
  /// What the job is known by. Who knows it may speak for the job: a secret where strangers reach the listener. One with
  /// a slash stands in no address: such a job is visited by its slug only.
  package var id: String
  package var slug: CheckInSlug?
  package var schedule: CheckInSchedule

  /// Its state follows from times: one look decides.
  package init(_ basics: CheckBasics, id: String, schedule: CheckInSchedule) {
    self.basics = basics
    self.basics.failures = 1
    self.basics.successes = 1
    self.id = id
    self.schedule = schedule
  }

  package static var families: [MetricFamily] { CheckFamilies.all + CheckInFamilies.all }
  package var description: CollectorDescription { basics.description(kind: "push") }
  package var isMadeHere: Bool { true }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    CheckInCollector(self, board: try clients.checkIns, time: clients.time)
  }
}

/// What is known of a job by its visits.
package enum CheckInFamilies {
  package static let lastSuccess = MetricFamily.gauge(
    "farwatch_checkin_last_success_timestamp_seconds", "When the job last said that it ended well.")
  package static let lastStart = MetricFamily.gauge(
    "farwatch_checkin_last_start_timestamp_seconds", "When the job last said that it began.")
  package static let lastFailure = MetricFamily.gauge(
    "farwatch_checkin_last_failure_timestamp_seconds", "When the job last said that it failed.")
  package static let duration = MetricFamily.gauge(
    "farwatch_checkin_last_duration_seconds", "From the job's last start to the end after it.")
  package static let exitStatus = MetricFamily.gauge(
    "farwatch_checkin_exit_status", "Exit status that the job told last.")
  package static let period = MetricFamily.gauge(
    "farwatch_checkin_period_seconds", "How often the job is to be heard of.")
  package static let state = MetricFamily.gauge(
    "farwatch_checkin_state", "1 for the state that holds: new, up, late (within its grace) or down.")
  package static let visits = MetricFamily.counter(
    "farwatch_checkin_visits_total", "Visits of the job, whatever they said.")

  package static let all = [
    lastSuccess, lastStart, lastFailure, duration, exitStatus, period, state, visits,
  ]
}

/// Looks at the board; asks nobody.
final class CheckInCollector: Collector {
  let description: CollectorDescription
  private let settings: CheckInSettings
  private let board: CheckInBoard
  private let time: any TimeSource

  init(_ settings: CheckInSettings, board: CheckInBoard, time: any TimeSource) {
    self.settings = settings
    self.board = board
    self.time = time
    description = settings.description
  }

  func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let now = time.now
    let start = time.monotonic
    guard let (record, since) = board.record(of: settings.id) else {
      let verdict = Outcome.Verdict.failure(
        .configuration, detail: "no daemon is running that jobs could visit")
      return completion(CheckFamilies.outcome(verdict, startedAt: now, start: start, time: time))
    }
    let state = record.state(at: now, expectedSince: since, settings.schedule)
    completion(
      CheckFamilies.outcome(
        verdict(state, record, since, now), startedAt: now, start: start, time: time, readings(record, state))
    )
  }

  private func verdict(
    _ state: CheckInRecord.State, _ record: CheckInRecord, _ since: Timestamp, _ now: Timestamp
  ) -> Outcome.Verdict {
    switch state {
    case .new: return .failure(.unknown, detail: "not heard of yet")
    case .up, .late: return .success
    case .down:
      if record.isFailed == true, let failed = record.lastFailure {
        let status = record.exitStatus.flatMap { $0 == 0 ? nil : " with exit status \($0)" } ?? ""
        return .failure(.status, detail: "said that it failed\(status), \(age(failed, now)) ago")
      }
      if let began = record.runningSince, now - began > settings.schedule.grace {
        return .failure(.timeout, detail: "began \(age(began, now)) ago and did not say that it ended")
      }
      guard let last = record.lastSuccess else {
        return .failure(.missing, detail: "never heard of in \(age(since, now))")
      }
      return .failure(.missing, detail: "last heard of \(age(last, now)) ago")
    }
  }

  private func age(_ time: Timestamp, _ now: Timestamp) -> String {
    DurationText.format(.seconds(max(0, (now - time).milliseconds / 1000)))
  }

  private func readings(_ record: CheckInRecord, _ state: CheckInRecord.State) -> [Reading] {
    var readings = stateSet(
      CheckInFamilies.state, "state", CheckInRecord.State.allCases.map(\.rawValue), current: state.rawValue)
    func add(_ family: MetricFamily, _ value: Double?) {
      if let value { readings.append(Reading(family, value)) }
    }
    add(CheckInFamilies.period, settings.schedule.period.inSeconds)
    add(CheckInFamilies.visits, Double(record.visits))
    add(CheckInFamilies.lastSuccess, record.lastSuccess?.seconds)
    add(CheckInFamilies.lastStart, record.lastStart?.seconds)
    add(CheckInFamilies.lastFailure, record.lastFailure?.seconds)
    add(CheckInFamilies.duration, record.lastDuration?.inSeconds)
    add(CheckInFamilies.exitStatus, record.exitStatus.map { Double($0) })
    return readings
  }
}
