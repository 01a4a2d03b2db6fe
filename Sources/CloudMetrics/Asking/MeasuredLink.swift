package import Collecting
package import Model
internal import Synchronization

/// What a service's newest words say of one target.
package enum LinkFinding: Hashable, Sendable {
  /// At `at` the target was complete up to so many seconds before.
  case lag(Double, at: Timestamp)
  case notReplicating(String, at: Timestamp)
  /// With what to look for.
  case unknown(String)
}

/// Turns findings into readings. Pure.
///
/// The recovery point is a point's time minus its lag: it moves with a new point only. A service that stops telling,
/// and one that does not answer, prove nothing: the recovery point stays and its age grows.
package struct MeasuredLinkState: Sendable {
  package struct Pass: Sendable {
    package let readings: [Reading]
    package let verdict: Outcome.Verdict
  }

  private let basics: LinkBasics
  private let engine: String
  private let period: Duration
  private var recoveryPoints: [String: Timestamp] = [:]

  package init(_ basics: LinkBasics, engine: String, period: Duration) {
    self.basics = basics
    self.engine = engine
    self.period = period
  }

  /// By region, with what went wrong when it was asked.
  package mutating func observe(
    _ found: [String: (finding: LinkFinding, problem: CloudFailure?)], at now: Timestamp
  ) -> Pass {
    var readings: [Reading] = []
    var problems: [(FailureReason, String)] = []
    for region in basics.targetRegions {
      let labels = basics.labels(target: region, engine: engine)
      let (finding, problem) = found[region] ?? (.unknown(""), CloudFailure(.timeout, "no answer"))
      readings.append(Reading(ReplicationFamilies.objective, basics.rpo.inSeconds, labels: labels))
      var isUp = false
      switch finding {
      case .lag(let seconds, let time):
        learn(min(time, now) - .milliseconds(Int64(min(max(seconds, 0) * 1000, 1e15))), region)
        readings.append(Reading(CloudWatchLinkFamilies.lag, seconds, labels: labels))
        readings.append(Reading(CloudWatchLinkFamilies.time, time.seconds, labels: labels))
        // One request that failed says nothing of the link while the last word is fresh.
        isUp = true
      case .notReplicating(let word, let time):
        readings.append(Reading(CloudWatchLinkFamilies.time, time.seconds, labels: labels))
        problems.append((.status, "\(region): does not replicate: \(word)"))
      case .unknown(let hint):
        if problem == nil { problems.append((.missing, "\(region): \(hint)")) }
      }
      if let problem { problems.append((problem.reason, "\(region): \(problem)")) }
      readings.append(Reading(ReplicationFamilies.up, isUp, labels: labels))
      if let point = recoveryPoints[region] {
        readings.append(Reading(ReplicationFamilies.recoveryPoint, point.seconds, labels: labels))
      }
    }
    guard let first = problems.first else { return Pass(readings: readings, verdict: .success) }
    let more = problems.count > 1 ? " (and \(problems.count - 1) more)" : ""
    return Pass(readings: readings, verdict: .failure(first.0, detail: first.1 + more))
  }

  /// What two points prove may differ by a period, because between them the lag is not known moment by moment. By more:
  /// the target fell back (it was rebuilt from an older copy), and takes its recovery point back with it.
  private mutating func learn(_ point: Timestamp, _ region: String) {
    if let known = recoveryPoints[region], point <= known, point >= known - period { return }
    recoveryPoints[region] = point
  }
}

/// Asks what tells the lag of every target at once and judges the answers together.
package final class MeasuredLinkCollector: Collector {
  package typealias Finder =
    @Sendable ([(query: Int, series: MetricSeries, points: [MetricPoint])]) -> LinkFinding

  package let description: CollectorDescription
  private let readers: [(region: String, reader: MetricReader)]
  private let find: Finder
  private let time: any TimeSource
  private let state: Mutex<MeasuredLinkState>

  init(
    _ description: CollectorDescription, _ state: MeasuredLinkState,
    _ readers: [(region: String, reader: MetricReader)], time: any TimeSource, find: @escaping Finder
  ) {
    self.description = description
    self.readers = readers
    self.find = find
    self.time = time
    self.state = Mutex(state)
  }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let (startedAt, began) = (time.now, time.monotonic)
    let pass = Gathering<Int, Bool>(expected: readers.count) { [self] _ in
      let now = time.now
      var found: [String: (finding: LinkFinding, problem: CloudFailure?)] = [:]
      for (region, reader) in readers {
        let known = reader.known(now)
        found[region] = (find(known.points), known.problem)
      }
      let read = state.withLock { $0.observe(found, at: now) }
      completion(
        Outcome(
          startedAt: startedAt, finishedAt: now, took: time.monotonic - began, verdict: read.verdict,
          readings: read.readings))
    }
    for (index, (_, reader)) in readers.enumerated() {
      reader.read(timeout: description.timeout) { pass.add(index, true) }
    }
  }
}
