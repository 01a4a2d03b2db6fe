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
  /// Values for what templates do not say: parameters, resources (`Name`), attributes (`Name.Attribute`), imports.
  package var parameters: [String: String] = [:]
  /// Alarms that are left out, by their names or logical names.
  package var leftOut: Set<String> = []

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
    let service = action.split(separator: ":", omittingEmptySubsequences: false).dropFirst(2).first
    if action.hasPrefix("arn:"), let service, service != "sns" {
      return .failure(
        Complaint(
          message: "\"\(action)\" is no topic: of AWS' actions only notifications are taken here; "
            + "`alarm_topics: {\"\(action)\": …}` may give a topic in its place"))
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
  /// Every name that was declared, also by alarms that could not be read.
  var declared: Set<String> = []
  /// Names of alarms that the configuration leaves out, or whose condition does not hold.
  var leftOut: Set<String> = []
  /// Entries of ``AlarmContext/leftOut`` that named an alarm.
  package var usedLeftOut: Set<String> = []

  package init() {}

  mutating func append(_ other: LoadedAlarms) {
    alarms += other.alarms
    warnings += other.warnings
    declared.formUnion(other.declared)
    leftOut.formUnion(other.leftOut)
    usedLeftOut.formUnion(other.usedLeftOut)
  }
}

/// Files of CloudWatch alarms: mappings of name → properties, in groups or not, and CloudFormation templates in YAML
/// or JSON.
package enum AlarmFile {
  /// The alarms of all `files`, or everything that is wrong with any of them. Blocks: for start, reload and the
  /// command line.
  package static func load(_ files: [String], _ context: AlarmContext) throws(YAMLProblems) -> LoadedAlarms {
    var loaded = LoadedAlarms()
    var wrong: [YAMLProblem] = []
    var allAreRead = true
    for file in files {
      let problems = Problems(file: file)
      if let text = YAML.text(ofFile: file, problems) {
        loaded.append(read(text, file: file, context, problems))
      } else {
        allAreRead = false
      }
      wrong += problems.list
    }
    wrong += link(&loaded, allNamesAreKnown: allAreRead && !(loaded.declared.isEmpty && !wrong.isEmpty))
    if !wrong.isEmpty { throw YAMLProblems(wrong) }
    return loaded
  }

  /// Puts the alarms in order and says what is wrong between them.
  ///
  /// - Parameter allNamesAreKnown: false when a file could not be read: what it declares would look as if it were
  ///   missing.
  static func link(_ loaded: inout LoadedAlarms, allNamesAreKnown: Bool = true) -> [YAMLProblem] {
    let graph = AlarmGraph(loaded, reportsStrangers: allNamesAreKnown)
    let (alarms, complaints) = graph.ordered()
    loaded.alarms = alarms
    loaded.warnings += Twins.warnings(about: alarms)
    return complaints
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
