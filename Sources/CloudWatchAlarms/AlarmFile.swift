internal import Model
package import StrictYAML

/// What reading alarm files needs to know of the rest of the configuration.
package struct AlarmContext: Sendable {
  package var mapping: MetricMapping
  /// Topics that actions may name; nil: any, for a file that is checked by itself.
  package var topics: [String]?
  /// Other names and ARNs for topics.
  package var topicNames: [String: String]
  /// ARNs of topics, as far as they are known.
  package var topicARNs: [String: String] = [:]
  /// Regions of the configuration; empty when not known.
  package var regions: [String]

  package init(
    mapping: MetricMapping = MetricMapping(), topics: [String]? = nil, topicNames: [String: String] = [:],
    regions: [String] = []
  ) {
    self.mapping = mapping
    self.topics = topics
    self.topicNames = topicNames
    self.regions = regions
  }

  /// The topic that an action means, or why there is none. An ARN means the topic of its last part.
  func topic(of action: String) -> Result<String, Complaint> {
    let last =
      action.hasPrefix("arn:") ? action.split(separator: ":").last.map(String.init) ?? action : action
    for name in [action, last] {
      if let topic = topicNames[name] { return .success(topic) }
    }
    guard let topics else { return .success(last) }
    if topics.contains(last) { return .success(last) }
    let near = suggestion(for: last, among: topics)
    return .failure(
      Complaint(
        message: "unknown topic \"\(action)\"; "
          + (near.map { "did you mean \"\($0)\"?" }
            ?? "`topics` declares \(topics.isEmpty ? "none" : topics.joined(separator: ", "))")
          + (near == nil ? ", and `alarm_topics` may give it a name" : "")))
  }

  struct Complaint: Error { var message: String }
}

/// What was read from alarm files.
package struct LoadedAlarms: Sendable {
  /// Composite alarms stand behind those that they depend on.
  package var alarms: [Alarm] = []
  /// What does not stop a file from being used.
  package var warnings: [YAMLProblem] = []

  package init() {}
}

/// Files of CloudWatch alarms: mappings of name → properties, in groups or not, and CloudFormation templates in YAML
/// or JSON.
package enum AlarmFile {
  /// The alarms of all `files`, or everything that is wrong with any of them. Blocks: for start, reload and the
  /// command line.
  package static func load(_ files: [String], _ context: AlarmContext) throws(YAMLProblems) -> LoadedAlarms {
    var loaded = LoadedAlarms()
    var wrong: [YAMLProblem] = []
    for file in files {
      let problems = Problems(file: file)
      if let text = YAML.text(ofFile: file, problems) {
        let one = read(text, file: file, context, problems)
        loaded.alarms += one.alarms
        loaded.warnings += one.warnings
      }
      wrong += problems.list
    }
    // Names that were not read would look as if they were missing.
    if wrong.isEmpty {
      let (alarms, complaints) = AlarmGraph.ordered(loaded.alarms)
      loaded.alarms = alarms
      wrong += complaints
      loaded.warnings += Twins.warnings(about: loaded.alarms)
    }
    if !wrong.isEmpty { throw YAMLProblems(wrong) }
    return loaded
  }

  /// The alarms of one file's text, composite ones not yet held against the others. Not to be used when `problems` is
  /// not empty afterwards.
  package static func read(
    _ text: String, file: String, _ context: AlarmContext, _ problems: Problems
  ) -> LoadedAlarms {
    var reader = AlarmFileReader(file: file, context: context, problems: problems)
    return reader.read(text)
  }
}

/// What alarms say about each other.
enum AlarmGraph {
  /// The alarms with each composite one behind its children, and what is wrong: names that are used twice or not
  /// known, and circles.
  static func ordered(_ alarms: [Alarm]) -> ([Alarm], [YAMLProblem]) {
    var wrong: [YAMLProblem] = []
    var byName: [String: Alarm] = [:]
    for alarm in alarms {
      if let first = byName[alarm.name] {
        wrong.append(
          YAMLProblem(
            file: alarm.file, at: alarm.position,
            "alarm \"\(alarm.name)\" is declared a second time; first in \(first.file):\(first.position.line)"
          ))
      } else {
        byName[alarm.name] = alarm
      }
    }
    for alarm in alarms {
      for child in alarm.dependencies where byName[child] == nil {
        let near = suggestion(for: child, among: byName.keys.sorted())
        wrong.append(
          YAMLProblem(
            file: alarm.file, at: alarm.position,
            "alarm \"\(alarm.name)\" depends on \"\(child)\", which no file declares"
              + (near.map { "; did you mean \"\($0)\"?" } ?? "")))
      }
    }
    // Repeatedly those whose children are all placed: bounded, and what remains is on a circle or behind one.
    var placed: Set<String> = []
    var out: [Alarm] = []
    var rest = alarms
    while !rest.isEmpty {
      let ready = rest.filter { $0.dependencies.allSatisfy { placed.contains($0) || byName[$0] == nil } }
      if ready.isEmpty { break }
      for alarm in ready { placed.insert(alarm.name) }
      out += ready
      rest.removeAll { placed.contains($0.name) }
    }
    for alarm in rest {
      wrong.append(
        YAMLProblem(
          file: alarm.file, at: alarm.position,
          "alarm \"\(alarm.name)\" depends on itself, over \(alarm.dependencies.joined(separator: ", "))"))
    }
    wrong.sort { ($0.file, $0.line, $0.column) < ($1.file, $1.line, $1.column) }
    return (out, wrong)
  }
}

extension Alarm {
  /// Names of the alarms that this one looks at.
  var dependencies: [String] {
    guard case .composite(let composite) = kind else { return [] }
    return composite.rule.children + (composite.suppressor.map { [$0.alarm] } ?? [])
  }
}

/// Alarms that are named for different things and watch one.
private enum Twins {
  static func warnings(about alarms: [Alarm]) -> [YAMLProblem] {
    var first: [String: Alarm] = [:]
    return alarms.compactMap { alarm in
      guard case .metric(let metric) = alarm.kind, let name = metric.metricName else { return nil }
      let key = "\(metric.measureIdentity)\u{ff}\(metric.evaluator)"
      guard let other = first[key] else {
        first[key] = alarm
        return nil
      }
      return YAMLProblem(
        file: alarm.file, at: alarm.position,
        "alarms \"\(other.name)\" and \"\(alarm.name)\" watch the same \(name) in the same way; `Dimensions` in the "
          + "file, or `alarm_mapping: {dimensions: {\(alarm.name): {…}}}`, say which one each means")
    }
  }
}
