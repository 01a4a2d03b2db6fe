internal import CloudAccess
internal import CloudMetrics
internal import Collecting
internal import ConfigurationTypes
internal import Model
internal import StrictYAML

/// `cloudwatch:` of a collector: presets and metrics of several regions and accounts.
enum CloudWatchSection {
  static func read(_ m: MappingReader, _ basics: MeasurementBasics, _ scope: Scope) -> any CollectorSettings {
    let regions = m.required("regions", .oneOrMore(AWSAccessSection.region))
    if m.node("regions")?.content.isEmptyList == true {
      m.problem("needs at least one region", at: "regions")
    }
    let home = regions.first ?? "us-east-1"
    let access = AWSAccessSection.read(m, scope, region: home)
    let period = m.optional("period", CloudWatchMetricSection.period) ?? .seconds(60)
    let presets = m.optional("presets", .oneOrMore(CloudWatchMetricSection.preset)) ?? []
    let written =
      m.optional("metrics", .list(.mapping { CloudWatchMetricSection.read($0, period: period) })) ?? []
    if presets.isEmpty, written.isEmpty, m.node("presets") == nil, m.node("metrics") == nil {
      m.problem("needs `presets` or `metrics`")
    }
    let metrics = presets.flatMap { $0 }.map { metric in
      var metric = metric
      metric.period = period
      return metric
    }
    var settings = CloudWatchSettings(
      basics, regions: regions, metrics: (metrics + written).map { inChina($0, regions) })
    settings.accounts = accounts(m, scope, access, home)
    settings.endpoint = access.endpoint
    settings.caFile = access.caFile
    settings.staleness = m.optional("staleness", .duration(.seconds(60) ... .seconds(14 * 86_400)))
    settings.rediscovery =
      m.optional("discovery_interval", .duration(.seconds(60) ... .seconds(86_400))) ?? settings.rediscovery
    settings.maximumSeries = m.optional("max_series", .int(1...100_000)) ?? settings.maximumSeries
    return settings
  }

  /// Services of the whole world have another home there.
  private static func inChina(_ metric: CloudWatchMetric, _ regions: [String]) -> CloudWatchMetric {
    var metric = metric
    if metric.homeRegion != nil, !regions.isEmpty, regions.allSatisfy({ $0.hasPrefix("cn-") }) {
      metric.homeRegion = "cn-northwest-1"
    }
    return metric
  }

  private static func accounts(
    _ m: MappingReader, _ scope: Scope, _ access: AWSAccess, _ home: String
  ) -> [CloudWatchSettings.Account] {
    let account = YAMLType<CloudWatchSettings.Account>.mapping { m in
      let name = m.required("name", .nonEmptyString)
      var identity = AWSAccessSection.identity(m, scope, region: home)
      identity.endpoint = access.identity.endpoint
      identity.caFile = access.caFile
      return CloudWatchSettings.Account(name: name, identity: identity)
    }
    guard let accounts = m.optional("accounts", .list(.located(account))), !accounts.isEmpty else {
      if m.node("accounts")?.content.isEmptyList == true {
        m.problem("needs at least one account", at: "accounts")
      }
      return [.init(identity: access.identity)]
    }
    let alone = [
      "credentials", "shared_credentials_file", "profile", "web_identity_token_file", "web_identity_role",
      "assume_role", "external_id", "session_name",
    ]
    for key in alone where m.has(key) {
      m.problem("say it in each of the `accounts`", at: key)
    }
    scope.reportDuplicates("account", accounts.map { ([$0.value.name], $0.node) }, m.problems)
    return accounts.map(\.value)
  }
}

/// Metrics to ask for.
enum CloudWatchMetricSection {
  static func read(_ m: MappingReader, period: Duration) -> CloudWatchMetric {
    let namespace = m.required("namespace", .nonEmptyString)
    let name = m.required("name", .nonEmptyString)
    let statistics = m.required("statistics", .oneOrMore(statistic))
    if m.node("statistics")?.content.isEmptyList == true {
      m.problem("needs at least one statistic", at: "statistics")
    }
    var metric = CloudWatchMetric(
      namespace, name, statistics: statistics, dimensions: m.optional("dimensions", dimensions) ?? [])
    metric.isExactSet = !(m.optional("more_dimensions", .bool) ?? false)
    metric.period = m.optional("period", Self.period) ?? period
    metric.delay = m.optional("delay", .duration(.zero ... .seconds(86_400))) ?? .zero
    return metric
  }

  /// `rds`, or `{preset: rds, dimensions: {…}}`.
  static var preset: YAMLType<[CloudWatchMetric]> {
    let name = YAMLType<CloudWatchPreset>.choice()
    let limited = YAMLType<[CloudWatchMetric]>.mapping { m in
      let preset = m.required("preset", name)
      let filters = m.optional("dimensions", dimensions) ?? []
      return preset.metrics.map { limit($0, filters) }
    }
    return YAMLType(expected: name.expected, placeholder: []) { node, problems in
      if case .mapping = node.content { return limited.read(node, problems) }
      return name.read(node, problems)?.metrics
    }
  }

  /// A metric with one certain set of dimensions is not narrowed by one that it does not have.
  private static func limit(
    _ metric: CloudWatchMetric, _ filters: [CloudWatchDimensionFilter]
  ) -> CloudWatchMetric {
    var metric = metric
    for filter in filters {
      if let place = metric.dimensions.firstIndex(where: { $0.name == filter.name }) {
        metric.dimensions[place] = filter
      } else if !metric.isExactSet {
        metric.dimensions.append(filter)
      }
    }
    return metric
  }

  /// Names with a value, several, or `*` for any.
  private static var dimensions: YAMLType<[CloudWatchDimensionFilter]> {
    .converted(from: .map(.oneOrMore(.nonEmptyString)), placeholder: []) { pairs in
      pairs.sorted { byteOrder($0.key, $1.key) }.map { name, values in
        CloudWatchDimensionFilter(name, values.contains("*") ? nil : values)
      }
    }
  }

  static var period: YAMLType<Duration> {
    YAMLType<Duration>.duration(.seconds(1) ... .seconds(86_400)).validated { period in
      let milliseconds = period.milliseconds
      let isGood = milliseconds % 60_000 == 0 || [1000, 5000, 10_000, 30_000].contains(milliseconds)
      return isGood ? nil : "must be whole minutes, or 1s, 5s, 10s or 30s"
    }
  }

  private static var statistic: YAMLType<String> {
    YAMLType<String>.nonEmptyString.validated { text in
      if ["Average", "Sum", "Minimum", "Maximum", "SampleCount", "IQM"].contains(text) { return nil }
      let kind = ["tm", "wm", "tc", "ts", "p"].first { text.hasPrefix($0) }
      let number = kind.map { text.dropFirst($0.utf8.count) }.flatMap { Double($0) }
      if let number, (0...100).contains(number), text.utf8.allSatisfy({ $0 != 0x2b && $0 != 0x2d }) {
        return nil
      }
      return "must be Average, Sum, Minimum, Maximum, SampleCount or a percentile as p99, found \"\(text)\""
    }
  }
}
