internal import CloudMetrics
internal import Collecting
internal import ConfigurationTypes
internal import Model
internal import StrictYAML

/// A link to read replicas of Cloud SQL: `source` and `targets`.
enum CloudSQLLinkSection {
  static func read(_ m: MappingReader, _ pace: LinkPace, _ scope: Scope) -> (any ReplicationLinkSettings)? {
    let target = YAMLType<CloudSQLLinkSettings.Target>.mapping { m in
      CloudSQLLinkSettings.Target(
        region: m.required("region", scope.region),
        project: m.required("project", GoogleAccessSection.project),
        instance: m.required("instance", GoogleAccessSection.instance))
    }
    let ends = CloudLinkEnds.read(m, pace, scope, target) { $0.region }
    var settings = CloudSQLLinkSettings(
      ends.basics, targets: ends.targets, access: GoogleAccessSection.read(m, scope))
    settings.staleness =
      m.optional("staleness", .duration(.seconds(180) ... .seconds(86_400))) ?? settings.staleness
    return settings
  }
}

/// What links have in common whose lag a cloud tells: a source that is only named, and targets.
enum CloudLinkEnds {
  static func read<Target>(
    _ m: MappingReader, _ pace: LinkPace, _ scope: Scope, _ type: YAMLType<Target>,
    region: (Target) -> String
  ) -> (basics: LinkBasics, targets: [Target]) {
    let source = m.required("source", .mapping { $0.required("region", scope.region) })
    let targets = m.required("targets", .list(type))
    if m.node("targets")?.content.isEmptyList == true {
      m.problem("needs at least one target", at: "targets")
    }
    var seen: Set<String> = [source]
    for name in targets.map(region) where !name.isEmpty && !seen.insert(name).inserted {
      m.problem("link \(pace.link) names the region \(name) twice", at: "targets")
    }
    // What is asked every second of a server is asked once a minute of a monitoring service.
    let basics = LinkBasics(
      link: pace.link, sourceRegion: source, targetRegions: targets.map(region), rpo: pace.rpo,
      interval: m.has("interval") ? pace.interval : .seconds(15),
      timeout: m.has("timeout") ? pace.timeout : .seconds(10))
    return (basics, targets)
  }
}
