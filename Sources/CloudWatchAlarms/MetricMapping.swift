internal import Model
package import StrictYAML

/// Says what a CloudWatch metric is among our series.
package struct MetricMapping: Sendable {
  /// One metric: `$dimensions` in its expression stands for the label conditions that an alarm's dimensions make.
  package struct Entry: Sendable, Equatable {
    package var metric: String
    /// nil: of any namespace.
    package var namespace: String?
    package var expression: String
    /// Names of dimensions and the labels that they are.
    package var dimensions: [String: String]
    /// What holds where an alarm outside of a CloudFormation template does not say its own.
    package var statistic: String?
    package var comparison: ComparisonOperator?
    /// Between which every value lies, as far as that is known.
    package var minimum: Double?
    package var maximum: Double?

    /// Whether every value breaches, or none; nil: some do. Comparisons are monotone, so the bounds tell.
    func certainty(_ comparison: ComparisonOperator, _ threshold: Double) -> Bool? {
      let bounds = [minimum ?? -.infinity, maximum ?? .infinity].map { comparison.breaches($0, threshold) }
      return bounds[0] == bounds[1] ? bounds[0] : nil
    }
  }

  /// The first that fits counts.
  package var entries: [Entry]
  /// Other names for regions, such as `ap-northeast-1: japan`.
  package var regions: [String: String]
  /// Dimensions that a file leaves out, by the alarm's name.
  package var alarmDimensions: [String: [String: String]]

  package init(
    entries: [Entry] = [], regions: [String: String] = [:],
    alarmDimensions: [String: [String: String]] = [:]
  ) {
    self.entries = entries + Self.shippedEntries
    self.regions = regions
    self.alarmDimensions = alarmDimensions
  }

  /// Alarms of this namespace name a series of ours and its labels.
  package static let ownNamespace = "Farwatch"
  private static let regionLabels: Set<String> = ["region", "source_region", "target_region"]
  private static let placeholder = "$dimensions"

  struct Fault: Error {
    var message: String
    /// The dimension that is wrong; nil: the metric.
    var dimension: String?
  }

  struct Found {
    var entry: Entry
    var expression: String
  }

  /// The expression of a metric.
  ///
  /// - Parameter known: regions of the configuration; empty when not known.
  func find(
    _ metric: String, namespace: String?, dimensions: [Label], regions known: [String] = []
  ) throws(Fault) -> Found {
    if namespace == Self.ownNamespace { return try ownSeries(metric, dimensions) }
    let fitting = entries.first {
      $0.metric == metric && (namespace == nil || $0.namespace == nil || $0.namespace == namespace)
    }
    guard let entry = fitting else { throw unknown(metric, namespace) }
    var conditions: [String] = []
    for dimension in dimensions {
      guard let label = entry.dimensions[dimension.name] else {
        let known = entry.dimensions.keys.sorted()
        let near = suggestion(for: dimension.name, among: known)
        throw Fault(
          message: "\(metric) has no dimension \"\(dimension.name)\" here; "
            + (near.map { "did you mean \"\($0)\"?" } ?? "it has \(known.joined(separator: ", "))"),
          dimension: dimension.name)
      }
      var value = dimension.value
      if Self.regionLabels.contains(label) {
        value = regions[value] ?? value
        if !known.isEmpty, !known.contains(value) {
          let near = suggestion(for: value, among: known)
          throw Fault(
            message: "unknown region \"\(value)\"; "
              + (near.map { "did you mean \"\($0)\"?" }
                ?? "`alarm_mapping: {regions: {\(value): …}}` may say which of \(known.joined(separator: ", ")) it is"),
            dimension: dimension.name)
        }
      }
      conditions.append("\(label)=\(quoted(value))")
    }
    let text = entry.expression.replacing(Self.placeholder, with: conditions.joined(separator: ","))
    return Found(entry: entry, expression: text)
  }

  private func ownSeries(_ metric: String, _ dimensions: [Label]) throws(Fault) -> Found {
    for dimension in dimensions where !Self.isLabelName(dimension.name) {
      throw Fault(message: "\"\(dimension.name)\" is no label name", dimension: dimension.name)
    }
    let conditions = ["__name__=\(quoted(metric))"] + dimensions.map { "\($0.name)=\(quoted($0.value))" }
    let text = "{\(conditions.joined(separator: ","))}"
    let entry = Entry(metric: metric, namespace: Self.ownNamespace, expression: text, dimensions: [:])
    return Found(entry: entry, expression: text)
  }

  private func unknown(_ metric: String, _ namespace: String?) -> Fault {
    let same = entries.filter { $0.metric == metric }.compactMap(\.namespace)
    let name = namespace.map { "\($0) \(metric)" } ?? metric
    if let other = same.first, let namespace {
      return Fault(
        message: "no mapping for \(metric) in \(namespace); there is one in \(other)", dimension: nil)
    }
    let near = suggestion(for: metric, among: Set(entries.map(\.metric)).sorted())
    return Fault(
      message: "no mapping for the metric \(name); "
        + (near.map { "did you mean \"\($0)\"?" }
          ?? "add one under `alarm_mapping: {metrics: …}`, or write `PromQL:` in its place"),
      dimension: nil)
  }

  static func isLabelName(_ name: String) -> Bool {
    guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return name.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x5f
    }
  }
}

extension MetricMapping.Entry {
  /// Reads one entry of a mapping file or of `alarm_mapping: {metrics: …}`.
  package init(_ m: MappingReader) {
    metric = m.required("metric", .nonEmptyString)
    namespace = m.optional("namespace", .nonEmptyString)
    let expression = m.required("promql", .located(.nonEmptyString))
    self.expression = expression.value
    dimensions =
      m.optional(
        "dimensions",
        .map(.string.validated { MetricMapping.isLabelName($0) ? nil : "\"\($0)\" is no label name" })) ?? [:]
    statistic = m.optional("statistic", .nonEmptyString.validated(Statistic.complaint))
    comparison = m.optional("comparison", .choice())
    minimum = m.optional("minimum", .double)
    maximum = m.optional("maximum", .double)
    if let minimum, let maximum, minimum > maximum {
      m.problem(
        "`minimum` (\(NumberText.plain(minimum))) is above `maximum` (\(NumberText.plain(maximum)))",
        at: "minimum")
    }
    if !expression.value.isEmpty {
      let bare = expression.value.replacing("$dimensions", with: "")
      if let fault = MetricExpression.fault(in: bare) {
        m.problem("`promql` of \(metric), without dimensions: \(fault.message)", at: "promql")
      }
    }
    if !dimensions.isEmpty, !expression.value.contains("$dimensions") {
      m.problem(
        "`dimensions` need a place in the expression: write $dimensions between its braces", at: "promql")
    }
  }
}

extension MetricMapping {
  /// The mapping that comes with Farwatch, in the form of `alarm_mapping: {metrics: …}`.
  package static let shippedText = """
    # Health checks: 1 while the check is up, 0 while it is down, nothing while that is not known.
    - metric: HealthCheckStatus
      namespace: AWS/Route53
      dimensions: {HealthCheckId: check, Region: region}
      promql: >-
        min(farwatch_check_state{state="up",$dimensions}
        unless on (check, region, vantage) farwatch_check_state{state="unknown",$dimensions} == 1)
      statistic: Minimum
      comparison: LessThanOrEqualToThreshold
      minimum: 0
      maximum: 1
    - metric: HealthCheckPercentageHealthy
      namespace: AWS/Route53
      dimensions: {HealthCheckId: check, Region: region}
      promql: >-
        100 * avg(farwatch_check_state{state="up",$dimensions}
        unless on (check, region, vantage) farwatch_check_state{state="unknown",$dimensions} == 1)
      statistic: Average
      comparison: LessThanThreshold
      minimum: 0
      maximum: 100
    - metric: ConnectionTime
      namespace: AWS/Route53
      dimensions: {HealthCheckId: check, Region: region}
      promql: 1000 * max(probe_http_duration_seconds{phase="connect",$dimensions})
      statistic: Average
      comparison: GreaterThanThreshold
    - metric: SSLHandshakeTime
      namespace: AWS/Route53
      dimensions: {HealthCheckId: check, Region: region}
      promql: 1000 * max(probe_http_duration_seconds{phase="tls",$dimensions})
      statistic: Average
      comparison: GreaterThanThreshold
    # Replication. Milliseconds: how far the target was behind when it was last measured.
    - metric: AuroraGlobalDBReplicationLag
      namespace: AWS/RDS
      dimensions: &link {DBClusterIdentifier: link, SourceRegion: source_region, SecondaryRegion: target_region, Region: target_region}
      promql: >-
        1000 * max(
        timestamp(farwatch_replication_recovery_point_timestamp_seconds{engine!~"kafka|mirrormaker2|redis|valkey",$dimensions})
        - farwatch_replication_recovery_point_timestamp_seconds{engine!~"kafka|mirrormaker2|redis|valkey",$dimensions})
      statistic: Maximum
      comparison: GreaterThanThreshold
    - metric: AuroraGlobalDBProgressLag
      namespace: AWS/RDS
      dimensions: *link
      promql: >-
        1000 * max(
        timestamp(farwatch_replication_recovery_point_timestamp_seconds{engine!~"kafka|mirrormaker2|redis|valkey",$dimensions})
        - farwatch_replication_recovery_point_timestamp_seconds{engine!~"kafka|mirrormaker2|redis|valkey",$dimensions})
      statistic: Maximum
      comparison: GreaterThanThreshold
    # What failing over now would lose: it ages also while nothing is measured.
    - metric: AuroraGlobalDBRPOLag
      namespace: AWS/RDS
      dimensions: *link
      promql: >-
        1000 * max(time()
        - farwatch_replication_recovery_point_timestamp_seconds{engine!~"kafka|mirrormaker2|redis|valkey",$dimensions})
      statistic: Maximum
      comparison: GreaterThanThreshold
    # Seconds.
    - metric: ReplicaLag
      namespace: AWS/RDS
      dimensions: {DBInstanceIdentifier: link, DBClusterIdentifier: link, SourceRegion: source_region, Region: target_region}
      promql: >-
        max(timestamp(farwatch_replication_recovery_point_timestamp_seconds{engine!~"kafka|mirrormaker2|redis|valkey",$dimensions})
        - farwatch_replication_recovery_point_timestamp_seconds{engine!~"kafka|mirrormaker2|redis|valkey",$dimensions})
      statistic: Maximum
      comparison: GreaterThanThreshold
    - metric: OldestReplicationSlotLag
      namespace: AWS/RDS
      dimensions: {DBInstanceIdentifier: link, DBClusterIdentifier: link, Region: region}
      promql: max(farwatch_postgres_slot_retained_bytes{$dimensions})
      statistic: Maximum
      comparison: GreaterThanThreshold
    - metric: GlobalDatastoreReplicationLag
      namespace: AWS/ElastiCache
      dimensions: {ReplicationGroupId: link, SourceRegion: source_region, Region: target_region}
      promql: >-
        max(timestamp(farwatch_replication_recovery_point_timestamp_seconds{engine=~"redis|valkey",$dimensions})
        - farwatch_replication_recovery_point_timestamp_seconds{engine=~"redis|valkey",$dimensions})
      statistic: Maximum
      comparison: GreaterThanThreshold
    # Milliseconds.
    - metric: MirrorMaker2Lag
      dimensions: {ClusterName: link, Link: link, SourceRegion: source_region, Region: target_region}
      promql: >-
        1000 * max(
        timestamp(farwatch_replication_recovery_point_timestamp_seconds{engine=~"kafka|mirrormaker2",$dimensions})
        - farwatch_replication_recovery_point_timestamp_seconds{engine=~"kafka|mirrormaker2",$dimensions})
      statistic: Maximum
      comparison: GreaterThanThreshold
    # Seconds since the newest good backup.
    - metric: BackupAge
      namespace: Custom/Backup
      dimensions: {Job: job, Region: region, Repository: repo}
      promql: max(time() - backup_last_success_timestamp_seconds{$dimensions})
      statistic: Maximum
      comparison: GreaterThanThreshold

    """

  static let shippedEntries: [Entry] = {
    let problems = Problems(file: "shipped mapping")
    let entries: [Entry] =
      YAML.parse(shippedText, problems).flatMap {
        YAMLType<[Entry]>.list(.mapping(Entry.init)).read($0, problems)
      } ?? []
    // The text is ours and a test reads it; a user's alarms find the gap told as an unknown metric.
    assert(problems.isEmpty, "\(problems.list)")
    return entries
  }()
}
