internal import CloudMetrics
internal import Collecting
internal import ConfigurationTypes
internal import Model
internal import StrictYAML

/// A link to read replicas of Azure's flexible servers: `source` and `targets`.
enum AzureLinkSection {
  static func postgres(_ m: MappingReader, _ pace: LinkPace, _ scope: Scope)
    -> (any ReplicationLinkSettings)?
  {
    read(m, pace, scope, .postgres)
  }

  static func mysql(_ m: MappingReader, _ pace: LinkPace, _ scope: Scope) -> (any ReplicationLinkSettings)? {
    read(m, pace, scope, .mysql)
  }

  private static func read(
    _ m: MappingReader, _ pace: LinkPace, _ scope: Scope, _ engine: AzureLinkSettings.Engine
  ) -> any ReplicationLinkSettings {
    let target = YAMLType<AzureLinkSettings.Target>.mapping { m in
      AzureLinkSettings.Target(
        region: m.required("region", scope.region),
        resource: m.required("resource", AzureAccessSection.resource(of: engine.type)))
    }
    let ends = CloudLinkEnds.read(m, pace, scope, target) { $0.region }
    var settings = AzureLinkSettings(
      ends.basics, engine: engine, targets: ends.targets, access: AzureAccessSection.read(m, scope))
    settings.staleness =
      m.optional("staleness", .duration(.seconds(180) ... .seconds(86_400))) ?? settings.staleness
    return settings
  }
}
