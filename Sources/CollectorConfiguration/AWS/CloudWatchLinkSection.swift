internal import CloudMetrics
internal import Collecting
internal import ConfigurationTypes
internal import Model
internal import StrictYAML

/// A link whose lag AWS measures itself: `preset`, `source` and `targets`.
enum CloudWatchLinkSection {
  static func read(_ m: MappingReader, _ pace: LinkPace, _ scope: Scope) -> (any ReplicationLinkSettings)? {
    let preset = m.required("preset", YAMLType<CloudWatchLinkPreset>.choice())
    let source = m.required("source", .mapping { $0.required("region", scope.region) })
    let target = YAMLType<CloudWatchLinkSettings.Target>.mapping { readTarget($0, scope) }
    let targets = m.required("targets", .list(target))
    if m.node("targets")?.content.isEmptyList == true {
      m.problem("needs at least one target", at: "targets")
    }
    let access = AWSAccessSection.read(m, scope, region: targets.first?.awsRegion ?? "")
    var seen: Set<String> = [source]
    for target in targets where !target.region.isEmpty && !seen.insert(target.region).inserted {
      m.problem("link \(pace.link) names the region \(target.region) twice", at: "targets")
    }
    // What is asked every second of a server is asked once a period of CloudWatch, which is further away.
    let basics = LinkBasics(
      link: pace.link, sourceRegion: source, targetRegions: targets.map(\.region), rpo: pace.rpo,
      interval: m.has("interval") ? pace.interval : .seconds(15),
      timeout: m.has("timeout") ? pace.timeout : .seconds(10))
    var settings = CloudWatchLinkSettings(basics, preset: preset, targets: targets, identity: access.identity)
    settings.endpoint = access.endpoint
    settings.caFile = access.caFile
    settings.period = m.optional("period", CloudWatchMetricSection.period) ?? settings.period
    settings.staleness = m.optional("staleness", .duration(.seconds(60) ... .seconds(86_400)))
    return settings
  }

  private static func readTarget(_ m: MappingReader, _ scope: Scope) -> CloudWatchLinkSettings.Target {
    let region = m.required("region", scope.region)
    let awsRegion = m.required("aws_region", AWSAccessSection.region)
    let dimensions = m.optional("dimensions", .map(.nonEmptyString)) ?? [:]
    return CloudWatchLinkSettings.Target(
      region: region, awsRegion: awsRegion,
      dimensions: dimensions.sorted { byteOrder($0.key, $1.key) }.map { .init($0.key, $0.value) })
  }
}
