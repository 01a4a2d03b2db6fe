internal import Collecting
package import Model

/// Turns what CloudWatch says of a link's targets into readings. Pure.
///
/// A point of a period says that the target was never more than its maximum behind in it. So at the beginning of that
/// period it was complete up to the beginning minus the maximum: that is the recovery point, and it moves with a new
/// point only. A service that stops telling, and a region that is silent, prove nothing: the recovery point stays and
/// its age grows. The age is never less than the period and CloudWatch's own delay.
package struct CloudWatchLinkState: Sendable {
  /// What one pass over a target's region brought.
  package struct Answer: Sendable {
    package struct Entry: Sendable {
      package var metric: String
      package var dimensions: [CloudWatchDimension]
      package var point: CloudWatchPoint

      package init(_ metric: String, _ dimensions: [CloudWatchDimension] = [], _ point: CloudWatchPoint) {
        self.metric = metric
        self.dimensions = dimensions
        self.point = point
      }
    }

    package var points: [Entry]
    package var problem: (reason: FailureReason, detail: String)?

    package init(points: [Entry] = [], problem: (reason: FailureReason, detail: String)? = nil) {
      self.points = points
      self.problem = problem
    }
  }

  package struct Pass: Sendable {
    package let readings: [Reading]
    package let verdict: Outcome.Verdict
  }

  /// What the newest period says.
  private enum Finding {
    case lag(Double, at: Timestamp)
    case notReplicating(at: Timestamp)
    case unknown
  }

  private let settings: CloudWatchLinkSettings
  private var recoveryPoints: [String: Timestamp] = [:]

  package init(_ settings: CloudWatchLinkSettings) { self.settings = settings }

  /// `answers` by region; a region that is not in it did not answer.
  package mutating func observe(_ answers: [String: Answer], at now: Timestamp) -> Pass {
    var readings: [Reading] = []
    var problems: [(String, FailureReason, String)] = []
    for target in settings.targets {
      let answer = answers[target.region] ?? Answer(problem: (.timeout, "no answer"))
      let labels = settings.basics.labels(target: target.region, engine: settings.preset.engine)
      let finding = find(answer)
      readings.append(Reading(ReplicationFamilies.objective, settings.rpo.inSeconds, labels: labels))
      var isUp = false
      switch finding {
      case .lag(let seconds, let time):
        learn(min(time, now) - .milliseconds(Self.milliseconds(seconds)), target.region)
        readings.append(Reading(CloudWatchLinkFamilies.lag, seconds, labels: labels))
        readings.append(Reading(CloudWatchLinkFamilies.time, time.seconds, labels: labels))
        // One call that failed says nothing of the link while the last word is fresh.
        isUp = true
      case .notReplicating(let time):
        readings.append(Reading(CloudWatchLinkFamilies.time, time.seconds, labels: labels))
        problems.append(
          (target.region, .status, "does not replicate: CloudWatch says \(settings.preset.lags[0]) -1"))
      case .unknown:
        if answer.problem == nil {
          let place = "\(settings.preset.lags[0]) in \(target.awsRegion)"
          problems.append(
            (
              target.region, .missing,
              "CloudWatch has no fresh point of \(place): is it the primary now, gone, or are its dimensions others?"
            ))
        }
      }
      if let problem = answer.problem { problems.append((target.region, problem.reason, problem.detail)) }
      readings.append(Reading(ReplicationFamilies.up, isUp, labels: labels))
      if let point = recoveryPoints[target.region] {
        readings.append(Reading(ReplicationFamilies.recoveryPoint, point.seconds, labels: labels))
      }
    }
    guard let first = problems.first else { return Pass(readings: readings, verdict: .success) }
    let more = problems.count > 1 ? " (and \(problems.count - 1) more)" : ""
    return Pass(
      readings: readings, verdict: .failure(first.1, detail: "\(first.0): \(first.2)\(more)"))
  }

  /// What two periods prove may differ by a period's length, because within it the lag is not known moment by moment.
  /// By more: the target fell back (it was rebuilt from an older copy), and takes its recovery point back with it.
  private mutating func learn(_ point: Timestamp, _ region: String) {
    if let known = recoveryPoints[region], point <= known, point >= known - settings.period { return }
    recoveryPoints[region] = point
  }

  /// The worst of all sets of dimensions.
  private func find(_ answer: Answer) -> Finding {
    var worst = Finding.unknown
    for (_, points) in Dictionary(grouping: answer.points, by: \.dimensions) {
      let found = newest(points)
      switch (found, worst) {
      case (.unknown, _), (_, .notReplicating): continue
      case (_, .unknown), (.notReplicating, .lag): worst = found
      case (.lag(let lag, let time), .lag(let other, let otherTime)):
        if time - .milliseconds(Self.milliseconds(lag)) < otherTime - .milliseconds(Self.milliseconds(other))
        {
          worst = .lag(lag, at: time)
        }
      }
    }
    return worst
  }

  /// The newest period in which all that is needed was told.
  private func newest(_ points: [Answer.Entry]) -> Finding {
    let preset = settings.preset
    for (time, entries) in Dictionary(grouping: points, by: \.point.time).sorted(by: { $0.key > $1.key })
    where preset.needed.isSubset(of: entries.map(\.metric)) {
      // Below 0 is a word, not a lag: it does not replicate.
      if entries.contains(where: { $0.point.value < 0 }) { return .notReplicating(at: time) }
      guard let most = entries.map(\.point.value).max() else { continue }
      return .lag(most * preset.secondsPerUnit, at: time)
    }
    return .unknown
  }

  private static func milliseconds(_ seconds: Double) -> Int64 { Int64(min(seconds * 1000, 1e15)) }
}

/// What a link measured by CloudWatch brings beside ``ReplicationFamilies``.
package enum CloudWatchLinkFamilies {
  package static let lag = MetricFamily.gauge(
    "farwatch_replication_reported_lag_seconds",
    "Largest lag in the newest period that the service told of, in seconds.")
  package static let time = MetricFamily.gauge(
    "farwatch_replication_reported_timestamp_seconds",
    "When the reported lag was so: of a period its beginning.")

  package static let all = [lag, time]
}
