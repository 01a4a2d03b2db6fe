package import Model

/// What every replication link has, whatever its engine: one source and the regions that must follow it.
package struct LinkBasics: Hashable, Sendable {
  /// Unique among the links of a configuration.
  package var link: String
  package var sourceRegion: String
  /// At least one; a region occurs once in a link, because the region tells its series apart.
  package var targetRegions: [String]
  /// How old the recovery point may get: the objective that rules compare with.
  package var rpo: Duration
  package var interval: Duration
  package var timeout: Duration

  package init(
    link: String, sourceRegion: String, targetRegions: [String], rpo: Duration,
    interval: Duration = .seconds(1), timeout: Duration = .seconds(3)
  ) {
    self.link = link
    self.sourceRegion = sourceRegion
    self.targetRegions = targetRegions
    self.rpo = rpo
    self.interval = interval
    self.timeout = timeout
  }

  /// Every reading of a link names its link and regions itself.
  package func description(engine: String) -> CollectorDescription {
    CollectorDescription(kind: engine, name: link, labels: .empty, interval: interval, timeout: timeout)
  }

  /// Labels of what belongs to a pair of source and target.
  package func labels(target: String, engine: String) -> Labels {
    ["link": link, "source_region": sourceRegion, "target_region": target, "engine": engine]
  }
}
