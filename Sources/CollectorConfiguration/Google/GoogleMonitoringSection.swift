internal import CloudMetrics
internal import Collecting
internal import ConfigurationTypes
internal import Model
internal import StrictYAML

/// `google_monitoring:` of a collector: presets and metrics of several projects.
enum GoogleMonitoringSection {
  static func read(_ m: MappingReader, _ basics: MeasurementBasics, _ scope: Scope) -> any CollectorSettings {
    let projects = m.required("projects", .oneOrMore(GoogleAccessSection.project))
    if m.node("projects")?.content.isEmptyList == true {
      m.problem("needs at least one project", at: "projects")
    }
    for (place, project) in projects.enumerated() where projects[..<place].contains(project) {
      m.problem("names the project \(project) twice", at: "projects")
    }
    let access = GoogleAccessSection.read(m, scope)
    let period = m.optional("period", Self.period) ?? .seconds(60)
    let presets = m.optional("presets", .oneOrMore(preset)) ?? []
    let written = m.optional("metrics", .list(.located(.mapping { readMetric($0, period) }))) ?? []
    if presets.isEmpty, written.isEmpty, m.node("presets") == nil, m.node("metrics") == nil {
      m.problem("needs `presets` or `metrics`")
    }
    scope.reportDuplicates("metric", written.map { ([$0.value.type], $0.node) }, m.problems)
    let metrics = presets.flatMap { $0 }.map { metric in
      var metric = metric
      metric.period = period
      return metric
    }
    var settings = GoogleMonitoringSettings(
      basics, projects: projects, access: access, metrics: metrics + written.map(\.value))
    settings.staleness =
      m.optional("staleness", .duration(.seconds(60) ... .seconds(14 * 86_400))) ?? settings.staleness
    settings.maximumSeries = m.optional("max_series", .int(1...100_000)) ?? settings.maximumSeries
    return settings
  }

  private static func readMetric(_ m: MappingReader, _ period: Duration) -> GoogleMetric {
    let type = m.required("type", metricType)
    var metric = GoogleMetric(type, labels: m.required("labels", .list(.nonEmptyString)))
    metric.resourceType = m.optional("resource_type", metricType)
    metric.filter = m.optional("filter", .nonEmptyString)
    metric.aligner = m.optional("aligner", word("ALIGN_"))
    metric.reducer = m.optional("reducer", word("REDUCE_"))
    metric.groupBy = m.optional("group_by", .oneOrMore(.nonEmptyString)) ?? []
    metric.period = m.optional("period", Self.period) ?? period
    metric.delay = m.optional("delay", .duration(.zero ... .seconds(86_400))) ?? .zero
    if metric.reducer != nil, !m.has("aligner") { m.problem("`reducer` needs `aligner`", at: "reducer") }
    if m.has("group_by"), !m.has("reducer") { m.problem("`group_by` needs `reducer`", at: "group_by") }
    return metric
  }

  /// `cloud_sql`, or `{preset: cloud_sql, filter: …}`.
  private static var preset: YAMLType<[GoogleMetric]> {
    let name = YAMLType<GooglePreset>.choice()
    let limited = YAMLType<[GoogleMetric]>.mapping { m in
      let preset = m.required("preset", name)
      let filter = m.required("filter", .nonEmptyString)
      return preset.metrics.map { metric in
        var metric = metric
        metric.filter = filter
        return metric
      }
    }
    return YAMLType(expected: name.expected, placeholder: []) { node, problems in
      if case .mapping = node.content { return limited.read(node, problems) }
      return name.read(node, problems)?.metrics
    }
  }

  /// Cloud Monitoring aligns to whole minutes.
  private static var period: YAMLType<Duration> {
    YAMLType<Duration>.duration(.seconds(60) ... .seconds(86_400)).validated {
      $0.milliseconds % 60_000 == 0 ? nil : "must be whole minutes"
    }
  }

  private static var metricType: YAMLType<String> {
    YAMLType<String>.nonEmptyString.validated { text in
      text.contains("\"") || text.contains("\\") ? "must not hold a quote or a backslash" : nil
    }
  }

  private static func word(_ prefix: String) -> YAMLType<String> {
    YAMLType<String>.nonEmptyString.validated { text in
      let isGood =
        text.hasPrefix(prefix)
        && text.utf8.allSatisfy {
          (0x41...0x5a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f
        }
      return isGood ? nil : "must be one of Cloud Monitoring's words \(prefix)…, found \"\(text)\""
    }
  }
}
