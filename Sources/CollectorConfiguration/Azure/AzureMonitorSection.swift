internal import CloudMetrics
internal import Collecting
internal import ConfigurationTypes
internal import Model
internal import StrictYAML

/// `azure_monitor:` of a collector: presets and metrics of several resources.
enum AzureMonitorSection {
  static func read(_ m: MappingReader, _ basics: MeasurementBasics, _ scope: Scope) -> any CollectorSettings {
    let access = AzureAccessSection.read(m, scope)
    let period = m.optional("period", Self.period) ?? .seconds(60)
    let presets = m.optional("presets", .list(.mapping { readPreset($0, period) })) ?? []
    let metrics = m.optional("metrics", .list(.mapping { readMetrics($0, period) })) ?? []
    if presets.isEmpty, metrics.isEmpty, m.node("presets") == nil, m.node("metrics") == nil {
      m.problem("needs `presets` or `metrics`")
    }
    var settings = AzureMonitorSettings(basics, access: access, wishes: presets + metrics)
    settings.staleness =
      m.optional("staleness", .duration(.seconds(120) ... .seconds(14 * 86_400))) ?? settings.staleness
    settings.maximumSeries = m.optional("max_series", .int(1...10_000)) ?? settings.maximumSeries
    return settings
  }

  private enum Known: String, CaseIterable {
    case postgresFlexible = "postgres_flexible"
    case mysqlFlexible = "mysql_flexible"
    case redis
    case frontDoor = "front_door"
    case trafficManager = "traffic_manager"
    case sqlGeo = "sql_geo"
  }

  private static func readPreset(_ m: MappingReader, _ period: Duration) -> AzureMonitorSettings.Wish {
    let known = m.required("preset", YAMLType<Known>.choice())
    if known == .sqlGeo, m.has("preset") {
      m.problem(
        "Azure Monitor does not know the lag of Azure SQL's geo-replication: ask the database for "
          + "sys.dm_geo_replication_link_status", at: "preset")
    }
    let preset = AzurePreset(rawValue: known.rawValue)
    let type = preset.map { AzureAccessSection.resource(of: $0.type) } ?? AzureAccessSection.resource
    return AzureMonitorSettings.Wish(
      resources(m, type),
      (preset?.metrics ?? []).map { metric in
        var metric = metric
        metric.period = period
        return metric
      })
  }

  private static func readMetrics(_ m: MappingReader, _ period: Duration) -> AzureMonitorSettings.Wish {
    let names = m.required("names", .oneOrMore(name))
    if !(1...20).contains(names.count), m.has("names") {
      m.problem("must be 1 to 20 names, found \(names.count)", at: "names")
    }
    var metric = AzureMetric(names, m.required("aggregation", YAMLType<AzureMetric.Aggregation>.choice()))
    metric.dimensions = m.optional("dimensions", dimensions) ?? []
    metric.namespace = m.optional("namespace", .nonEmptyString)
    metric.period = m.optional("period", Self.period) ?? period
    metric.delay = m.optional("delay", .duration(.zero ... .seconds(86_400))) ?? .zero
    return AzureMonitorSettings.Wish(resources(m, AzureAccessSection.resource), [metric])
  }

  private static func resources(_ m: MappingReader, _ type: YAMLType<AzureResource>) -> [AzureResource] {
    let all = m.required("resources", .oneOrMore(type))
    if m.node("resources")?.content.isEmptyList == true {
      m.problem("needs at least one resource", at: "resources")
    }
    return all
  }

  /// Several are joined with commas.
  private static var name: YAMLType<String> {
    YAMLType<String>.nonEmptyString.validated {
      $0.contains(",") ? "must not hold a comma, found \"\($0)\"" : nil
    }
  }

  /// Names with a value, several, or `*` for any.
  private static var dimensions: YAMLType<[AzureMetric.Dimension]> {
    .converted(from: .map(.oneOrMore(.nonEmptyString)), placeholder: []) { pairs in
      pairs.sorted { byteOrder($0.key, $1.key) }.map { name, values in
        AzureMetric.Dimension(name, values.contains("*") ? nil : values)
      }
    }
  }

  private static var period: YAMLType<Duration> {
    YAMLType<Duration>.duration(.seconds(60) ... .seconds(86_400)).validated { period in
      AzureMetric.periods.contains { $0.period == period }
        ? nil : "must be 1m, 5m, 15m, 30m, 1h, 6h, 12h or 1d"
    }
  }
}
