internal import Alerting
internal import CloudWatchAlarms
internal import Configuration
internal import Model
internal import Notifying
internal import Paging
internal import Readiness
internal import ServiceLevels
internal import StrictYAML

/// A configuration file and the rule files it names, all of them without a problem.
struct LoadedConfiguration: Sendable {
  let settings: Settings
  let groups: [RuleGroup]
  let alarms: [Alarm]
  /// What is hardly meant, in the file itself and in the rule files; what they say holds nevertheless.
  let warnings: [String]
  /// What the file says, for others to see: see ``RedactedConfiguration``.
  let text: String
  /// Those of the alarm files alone.
  let alarmWarnings: [String]

  var ruleCount: Int { groups.reduce(0) { $0 + $1.rules.count } }

  /// Collects the problems of all rule files before it gives up.
  ///
  /// - Parameter alarmFiles: in place of those that the file names.
  /// - Parameter isFromInput: see ``ConfigurationFile/load(_:isFormOnly:isFromInput:)``; ``text`` is empty then.
  init(file: String, alarmFiles: [String]? = nil, isFromInput: Bool = false) throws(StartFailure) {
    var settings: Settings
    do {
      settings = try ConfigurationFile.load(file, isFromInput: isFromInput)
    } catch { throw StartFailure(error.list.map(\.description)) }
    text = isFromInput ? "" : RedactedConfiguration.text(ofFile: file)
    if let alarmFiles { settings.alarmFiles = alarmFiles }
    let files = settings.alarmFiles
    var context = settings.alarmContext
    for topic in settings.notifying.topics {
      context.topicARNs[topic.name] = settings.notifying.arn(of: topic)
    }
    do throws(YAMLProblems) {
      let loadedAlarms: Result<LoadedAlarms, YAMLProblems> = Result { () throws(YAMLProblems) in
        try AlarmFile.load(files, context)
      }
      let loadedRules: Result<LoadedRules, YAMLProblems> = Result { () throws(YAMLProblems) in
        try RuleFile.load(settings.ruleFiles)
      }
      // Both are read before either is refused: all problems at once.
      let wrong = loadedRules.problems + loadedAlarms.problems
      if !wrong.isEmpty { throw YAMLProblems(wrong) }
      let rules = try loadedRules.get()
      let alarmFiles = try loadedAlarms.get()
      groups = rules.groups + (try Self.serviceLevels(settings))
      alarms = alarmFiles.alarms
      alarmWarnings = alarmFiles.warnings.map(\.description)
      warnings =
        settings.warnings + rules.warnings.map(\.description)
        + untoldAlerts(groups, settings.paging.routes) + alarmWarnings
        + unusedAlarmSettings(settings, alarmFiles, file: file)
    } catch { throw StartFailure(error.list.map(\.description)) }
    self.settings = settings
  }

  /// The rules that follow from what workloads promise; a person reads them by `farwatch service-levels`.
  private static func serviceLevels(_ settings: Settings) throws(YAMLProblems) -> [RuleGroup] {
    let text = ServiceLevelRules.text(settings.serviceLevels)
    guard !text.isEmpty else { return [] }
    let problems = Problems(file: "workloads")
    let rules = RuleFile.read(text, file: "workloads", problems)
    try problems.throwIfAny()
    return rules.groups
  }
}

extension Settings {
  /// Of workloads with an objective for their availability and a check that shows it.
  var serviceLevels: [ServiceLevel] {
    workloads.compactMap { workload in
      guard let check = workload.check, let goal = workload.objectives.availability else { return nil }
      return ServiceLevel(workload: workload.name, check: check, objective: goal)
    }
  }
}

/// Rules that are made of a configuration, for people to read.
package enum ServiceLevelText {
  /// - Throws: every problem of the configuration, a line each.
  package static func rules(configurationFile: String) throws(StartFailure) -> String {
    do {
      let settings = try ConfigurationFile.load(configurationFile, isFormOnly: true)
      return ServiceLevelRules.text(settings.serviceLevels)
    } catch { throw StartFailure(error.list.map(\.description)) }
  }
}

/// Alerting rules that no route takes, whatever labels their series bring.
func untoldAlerts(_ groups: [RuleGroup], _ routes: [RouteSettings]) -> [String] {
  guard !routes.isEmpty else { return [] }
  return groups.flatMap(\.rules).compactMap { rule in
    guard case .alerting = rule.kind else { return nil }
    // A label that is a template, or comes from the series, may have any value.
    let known = ["alertname": rule.name].merging(
      rule.labels.filter { !$0.text.contains("{{") }.map { ($0.name, $0.text) }
    ) { $1 }
    let isTaken = routes.contains { route in
      route.match.allSatisfy { matcher in known[matcher.name].map { matcher.matches($0) } ?? true }
    }
    return isTaken ? nil : "\(rule.file):\(rule.line):1: alert \(rule.name) matches no route: nobody is told"
  }
}

/// What the configuration says for alarms and no alarm asks for.
func unusedAlarmSettings(_ settings: Settings, _ loaded: LoadedAlarms, file: String) -> [String] {
  guard !settings.alarmFiles.isEmpty else { return [] }
  let alarms = loaded.alarms
  let names = alarms.map(\.name)
  func warning(_ key: String, _ message: String, _ name: String) -> String {
    let near = suggestion(for: name, among: names).map { "; did you mean \"\($0)\"?" } ?? ""
    return YAMLProblem(
      file: file, at: settings.alarmPlaces["\(key)/\(name)"] ?? .start, message + near
    ).description
  }
  let context = settings.alarmContext
  let reached = Set(
    settings.paging.routes.flatMap(\.topicsBelow) + settings.notifying.topicsToldByOthers
      + alarms.flatMap { ($0.alarmActions + $0.okActions + $0.insufficientDataActions).map(\.topic) })
  return context.mapping.alarmDimensions.keys.sorted().filter {
    !names.contains($0) && !context.leftOut.contains($0)
  }.map {
    warning(
      "alarm_mapping", "alarm_mapping gives dimensions to the alarm \"\($0)\", which no file declares", $0)
  }
    + context.leftOut.subtracting(loaded.usedLeftOut).sorted().map {
      warning("alarm_skip", "alarm_skip leaves out the alarm \"\($0)\", which no file declares", $0)
    }
    + settings.notifying.topics.map(\.name).filter { !reached.contains($0) }.map {
      "no route and no alarm leads to the topic \"\($0)\""
    }
}

extension Result where Failure == YAMLProblems {
  fileprivate var problems: [YAMLProblem] { if case .failure(let wrong) = self { wrong.list } else { [] } }
}
