package import Model

/// What is lost in a rehearsed world, as one collector sees it.
package struct RehearsedLoss: Sendable, Equatable {
  /// Regions of which nothing answers.
  package var regions: Set<String>
  /// Whether this very collector's target is lost, with its region or by itself.
  package var isTarget: Bool

  package init(regions: Set<String> = [], isTarget: Bool = false) {
    self.regions = regions
    self.isTarget = isTarget
  }
}

/// Answers for a collector without asking anybody, at once: all that is not lost is well.
package protocol Rehearsal: Sendable {
  /// What a collection that begins at `moment` brings; how long it took is in the outcome.
  mutating func outcome(_ loss: RehearsedLoss, at moment: Timestamp) -> Outcome
}

/// A health check whose target answers well, or not at all.
package struct CheckRehearsal: Rehearsal {
  private let basics: CheckBasics

  package init(_ basics: CheckBasics) { self.basics = basics }

  package func outcome(_ loss: RehearsedLoss, at moment: Timestamp) -> Outcome {
    let took = loss.isTarget ? basics.timeout : .milliseconds(20)
    let verdict: Outcome.Verdict =
      loss.isTarget
      ? .failure(.timeout, detail: "no answer within \(DurationText.format(basics.timeout))") : .success
    return Outcome(
      startedAt: moment, finishedAt: moment + took, took: took, verdict: verdict,
      readings: CheckFamilies.readings(verdict, took: took.inSeconds))
  }
}

/// A link whose targets are complete up to now for as long as both ends answer.
package struct LinkRehearsal: Rehearsal {
  private let basics: LinkBasics
  private let engine: String
  private var recoveryPoints: [String: Timestamp] = [:]

  package init(_ basics: LinkBasics, engine: String) {
    self.basics = basics
    self.engine = engine
  }

  package mutating func outcome(_ loss: RehearsedLoss, at moment: Timestamp) -> Outcome {
    let isSourceLost = loss.regions.contains(basics.sourceRegion)
    var readings: [Reading] = []
    for region in basics.targetRegions {
      let labels = basics.labels(target: region, engine: engine)
      let isUp = !isSourceLost && !loss.regions.contains(region)
      if isUp { recoveryPoints[region] = moment }
      readings.append(Reading(ReplicationFamilies.objective, basics.rpo.inSeconds, labels: labels))
      readings.append(Reading(ReplicationFamilies.up, isUp, labels: labels))
      if let point = recoveryPoints[region] {
        readings.append(Reading(ReplicationFamilies.recoveryPoint, point.seconds, labels: labels))
      }
    }
    let isWhole = loss.regions.isDisjoint(with: basics.targetRegions + [basics.sourceRegion])
    let took = isWhole ? .milliseconds(20) : basics.timeout
    return Outcome(
      startedAt: moment, finishedAt: moment + took, took: took,
      verdict: isWhole ? .success : .failure(.timeout, detail: "no answer"), readings: readings)
  }
}
