internal import Alerting
internal import Configuration
internal import Model
internal import Notifying
internal import StrictYAML

/// A configuration file and the rule files it names, all of them without a problem.
struct LoadedConfiguration: Sendable {
  let settings: Settings
  let groups: [RuleGroup]
  /// What is hardly meant, in the file itself and in the rule files; what they say holds nevertheless.
  let warnings: [String]

  var ruleCount: Int { groups.reduce(0) { $0 + $1.rules.count } }

  /// Collects the problems of all rule files before it gives up.
  init(file: String) throws(StartFailure) {
    let settings: Settings
    do {
      settings = try ConfigurationFile.load(file)
    } catch { throw StartFailure(error.list.map(\.description)) }
    do throws(YAMLProblems) {
      let rules = try RuleFile.load(settings.ruleFiles)
      groups = rules.groups
      warnings =
        settings.warnings + rules.warnings.map(\.description)
        + untoldAlerts(rules.groups, settings.notifying.routes)
    } catch { throw StartFailure(error.list.map(\.description)) }
    self.settings = settings
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
