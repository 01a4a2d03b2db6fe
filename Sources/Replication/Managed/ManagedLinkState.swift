internal import Collecting
package import Model
package import PostgresClient

/// Turns what the databases of a managed link say into readings. Pure: the same passes give the same readings.
///
/// A recovery point moves on what a ``ManagedDialect`` finds proven; a silent region leaves it where it is. It moves back
/// with Farwatch's own clock, and with a target that says itself that it stands further back (it was restored).
package struct ManagedLinkState: Sendable {
  package struct Pass: Sendable {
    package let readings: [Reading]
    package let verdict: Outcome.Verdict
  }

  /// What clocks that are measured anew in each pass may make of one time.
  private static let fallTolerance = Duration.seconds(5)

  private let settings: ManagedLinkSettings
  private let dialect: any ManagedDialect
  private var points: [String: Timestamp] = [:]
  private var reasonsSeen: [String: Set<FailureReason>] = [:]
  private var lastPass: Timestamp?

  package init(_ settings: ManagedLinkSettings) {
    self.settings = settings
    dialect = settings.dialect
  }

  package mutating func observe(
    _ answers: [String: Result<ManagedAnswer, PostgresError>], at now: Timestamp
  ) -> Pass {
    if let lastPass, now < lastPass {
      // Farwatch's clock was set back: what was measured moves with it.
      let shift = lastPass - now + max(settings.basics.interval, settings.basics.timeout)
      points = points.mapValues { $0 - shift }
    }
    lastPass = now
    let evidence = dialect.evidence(answers, settings)
    let sourceAnswers = answers[settings.source.region].map { (try? $0.get()) != nil } ?? false
    let sourceIsFine = sourceAnswers && evidence[settings.source.region]?.isReplicating == true
    var readings: [Reading] = []
    var failures: [(region: String, error: PostgresError)] = []
    for node in settings.nodes {
      let found = evidence[node.region] ?? ManagedEvidence()
      readings += nodeReadings(node.region, answers[node.region], found.problem)
      if settings.engine == .aurora, (try? answers[node.region]?.get()) != nil {
        let labels: Labels = ["link": settings.basics.link, "region": node.region]
        readings.append(Reading(ReplicationFamilies.writer, found.isPrimary, labels: labels))
      }
      if let problem = found.problem { failures.append((node.region, problem)) }
      if node.region != settings.source.region {
        readings += targetReadings(node.region, found, sourceIsFine: sourceIsFine)
      }
    }
    if settings.engine == .aurora { readings += splitBrain(evidence, answers) }
    return Pass(
      readings: readings, verdict: .link(failures.map { ($0.region, $0.error.reason, "\($0.error)") }))
  }

  private mutating func nodeReadings(
    _ region: String, _ answer: Result<ManagedAnswer, PostgresError>?, _ problem: PostgresError?
  ) -> [Reading] {
    let labels: Labels = ["link": settings.basics.link, "region": region]
    if let problem { reasonsSeen[region, default: []].insert(problem.reason) }
    // A region that is not asked is not down.
    let up = answer.map { [Reading(ManagedLinkMetrics.up, (try? $0.get()) != nil, labels: labels)] } ?? []
    return up
      + FailureReason.allCases.filter { reasonsSeen[region]?.contains($0) == true }.map { reason in
        Reading(
          ManagedLinkMetrics.failureReason, reason == problem?.reason,
          labels: labels.setting("reason", to: reason.rawValue))
      }
  }

  private mutating func targetReadings(
    _ region: String, _ found: ManagedEvidence, sourceIsFine: Bool
  ) -> [Reading] {
    let labels = settings.basics.labels(target: region, engine: settings.engine.name)
    if let point = found.point { points[region] = Self.merge(points[region], point, found) }
    var out = [Reading(ReplicationFamilies.objective, settings.basics.rpo.inSeconds, labels: labels)]
    if let point = points[region] {
      out.append(Reading(ReplicationFamilies.recoveryPoint, point.seconds, labels: labels))
    }
    out.append(Reading(ReplicationFamilies.up, sourceIsFine && found.isReplicating, labels: labels))
    return out + found.readings.map { Reading($0.family, $0.value, labels: labels) }
  }

  private static func merge(
    _ before: Timestamp?, _ point: Timestamp, _ found: ManagedEvidence
  ) -> Timestamp {
    guard let before else { return point }
    let hasFallenBack = found.isStanding && before - point > fallTolerance
    return hasFallenBack ? point : max(before, point)
  }

  /// Each region speaks for itself; a silent one may be the other half.
  private func splitBrain(
    _ evidence: [String: ManagedEvidence], _ answers: [String: Result<ManagedAnswer, PostgresError>]
  ) -> [Reading] {
    let primaries = evidence.values.filter(\.isPrimary).count
    let silent = settings.nodes.filter { (try? answers[$0.region]?.get()) == nil && $0.dsn != nil }.count
    guard primaries > 1 || primaries + silent < 2 else { return [] }
    return [
      Reading(ReplicationFamilies.splitBrain, primaries > 1, labels: ["link": settings.basics.link])
    ]
  }
}
