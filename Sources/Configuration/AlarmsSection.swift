internal import ConfigurationTypes
internal import CloudWatchAlarms
internal import Model
internal import StrictYAML

/// `alarms:`, `alarm_topics:`, `alarm_mapping:`, `alarm_parameters:` and `alarm_skip:`.
enum AlarmsSection {
  struct Read {
    var files: [String] = []
    var context = AlarmContext()
    /// Where alarms are named: under `alarm_skip/NAME` and `alarm_mapping/NAME`.
    var places: [String: YAMLPosition] = [:]
  }

  static func read(_ m: MappingReader, _ scope: Scope, topics: [String]) -> Read {
    var read = Read()
    let patterns = m.optional("alarms", .list(.located(YAMLType<String>.nonEmptyString))) ?? []
    for (pattern, node) in patterns where !scope.paths.isFormOnly {
      let files = scope.paths.matching(scope.paths.resolve(pattern))
      if files.isEmpty {
        m.problems.add("no file matches \"\(pattern)\" (looked in \(scope.paths.directory))", at: node)
      }
      for file in files where !read.files.contains(file) { read.files.append(file) }
    }
    read.context.topics = topics
    read.context.regions = scope.regions
    read.context.topicNames = m.optional("alarm_topics", .map(topic(topics))) ?? [:]
    read.context.mapping =
      m.optional("alarm_mapping", .mapping { mapping($0, scope) }) ?? MetricMapping()
    let text = YAMLType<String>.scalar("a text or a number", placeholder: "") { $0 }
    read.context.parameters = m.optional("alarm_parameters", .map(text)) ?? [:]
    let skipped = m.optional("alarm_skip", .list(.located(YAMLType<String>.nonEmptyString))) ?? []
    read.context.leftOut = Set(skipped.map(\.value))
    for (name, node) in skipped { read.places["alarm_skip/\(name)"] = node.position }
    if case .mapping(let entries)? = m.node("alarm_mapping")?["dimensions"]?.content {
      for entry in entries { read.places["alarm_mapping/\(entry.key)"] = entry.keyPosition }
    }
    return read
  }

  private static func mapping(_ m: MappingReader, _ scope: Scope) -> MetricMapping {
    let metrics = m.optional("metrics", .list(.mapping(MetricMapping.Entry.init))) ?? []
    let regions = m.optional("regions", .map(scope.region)) ?? [:]
    let dimensions = m.optional("dimensions", .map(.map(.nonEmptyString))) ?? [:]
    return MetricMapping(entries: metrics, regions: regions, alarmDimensions: dimensions)
  }

  private static func topic(_ topics: [String]) -> YAMLType<String> {
    YAMLType<String>.nonEmptyString.validated { name in
      if topics.contains(name) { return nil }
      let near = suggestion(for: name, among: topics)
      return "unknown topic \"\(name)\""
        + (near.map { "; did you mean \"\($0)\"?" }
          ?? "; `topics` declares \(topics.isEmpty ? "none" : topics.joined(separator: ", "))")
    }
  }
}
