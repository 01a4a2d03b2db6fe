internal import Collecting
internal import Model

/// What is known of each target between two collections. No clock, no network.
///
/// The recovery point is the moment at which a comparison that missed nothing began, or the time of the oldest object
/// that is missing: all that came before that is there. It goes back only when two comparisons in a row miss the same
/// object, because one that was deleted between two questions looks like one that is missing.
struct ObjectStoreLinkState {
  private struct Target {
    var recoveryPoint: Timestamp?
    var found: ObjectComparison.Found?
    var comparedAt: Timestamp?
    var isUp = false
    var failure: (reason: FailureReason, detail: String)?
    /// What the comparison before missed first, if that would have set the recovery point back.
    var suspect: String?
  }

  private let settings: ObjectStoreLinkSettings
  private var targets: [String: Target] = [:]

  init(_ settings: ObjectStoreLinkSettings) { self.settings = settings }

  /// - Parameter began: when the source's listing began, by our clock.
  mutating func compared(_ found: ObjectComparison.Found, _ region: String, began: Timestamp) {
    guard found.objects > 0 else {
      return failed(
        .missing, "the source shows no object under \"\(settings.source.prefix)\": nothing can be concluded",
        region)
    }
    var target = targets[region] ?? Target()
    let point = min(began, found.oldestMissing ?? began)
    if let known = target.recoveryPoint, point < known {
      if target.suspect != nil, target.suspect == found.oldestMissingName { target.recoveryPoint = point }
      target.suspect = found.oldestMissingName
    } else {
      target.recoveryPoint = point
      target.suspect = nil
    }
    target.found = found
    target.comparedAt = began
    target.isUp = true
    target.failure = nil
    targets[region] = target
  }

  mutating func failed(_ reason: FailureReason, _ detail: String, _ region: String) {
    targets[region, default: Target()].isUp = false
    targets[region, default: Target()].failure = (reason, detail)
  }

  var verdict: Outcome.Verdict {
    for region in settings.basics.targetRegions {
      if let failure = targets[region]?.failure {
        return .failure(failure.reason, detail: "target \(region): \(failure.detail)")
      }
    }
    return .success
  }

  var readings: [Reading] {
    settings.basics.targetRegions.flatMap { region -> [Reading] in
      let labels = settings.basics.labels(target: region, engine: ObjectStoreLinkSettings.engine)
      var readings = [
        Reading(ReplicationFamilies.objective, settings.basics.rpo.inSeconds, labels: labels)
      ]
      guard let target = targets[region] else { return readings }
      func add(_ family: MetricFamily, _ value: Double?) {
        if let value { readings.append(Reading(family, value, labels: labels)) }
      }
      add(ReplicationFamilies.up, target.isUp ? 1 : 0)
      add(ReplicationFamilies.recoveryPoint, target.recoveryPoint?.seconds)
      guard target.isUp, let found = target.found else { return readings }
      add(ObjectStoreLinkFamilies.missing, Double(found.missing))
      add(ObjectStoreLinkFamilies.missingBytes, Double(found.missingBytes))
      add(ObjectStoreLinkFamilies.objects, Double(found.objects))
      add(ObjectStoreLinkFamilies.newestSource, found.newestSource?.seconds)
      add(ObjectStoreLinkFamilies.newestCopied, found.newestCopied?.seconds)
      add(ObjectStoreLinkFamilies.compared, target.comparedAt?.seconds)
      return readings
    }
  }
}
