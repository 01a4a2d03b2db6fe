internal import Collecting
internal import Model

/// Reads what another Farwatch sees of the regions.
final class PeerCollector: Collector {
  let description: CollectorDescription
  private let name: String
  private let page: ScrapeCollector

  static let wanted = [
    ScheduleMetrics.regionState.name, ScheduleMetrics.vantageOffline.name, QuorumFamilies.looked.name,
  ]
  /// Regions that are taken of one peer, at most.
  static let regionLimit = 1000

  init(_ settings: PeerSettings, _ page: ScrapeCollector) {
    description = settings.description
    name = settings.scrape.basics.name
    self.page = page
  }

  func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    page.collect { [name] outcome in
      var outcome = outcome
      outcome.readings = Self.readings(outcome, peer: name)
      completion(outcome)
    }
  }

  /// The peer's series under names and labels of our own.
  static func readings(_ outcome: Outcome, peer: String) -> [Reading] {
    var out = [Reading(PeerFamilies.up, outcome.succeeded, labels: ["peer": peer])]
    guard outcome.succeeded else { return out }
    var isOffline = false
    var regions: Set<String> = []
    for reading in outcome.readings {
      if reading.family.name == ScheduleMetrics.vantageOffline.name { isOffline = reading.value == 1 }
      // A page's own label of a target's name stands under another.
      guard let region = reading.labels["exported_region"] ?? reading.labels["region"],
        regions.contains(region) || regions.count < regionLimit
      else { continue }
      let labels: Labels = ["peer": peer, "region": region]
      if reading.family.name == ScheduleMetrics.regionState.name, let state = reading.labels["state"],
        RegionHealth(rawValue: state) != nil
      {
        regions.insert(region)
        out.append(
          Reading(PeerFamilies.regionState, reading.value, labels: labels.setting("state", to: state)))
      } else if reading.family.name == QuorumFamilies.looked.name {
        regions.insert(region)
        out.append(Reading(PeerFamilies.looked, reading.value, labels: labels))
      }
    }
    out.append(Reading(PeerFamilies.offline, isOffline, labels: ["peer": peer]))
    return out
  }
}
