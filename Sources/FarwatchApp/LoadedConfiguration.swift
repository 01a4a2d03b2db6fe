internal import Alerting
internal import Configuration
internal import Model
internal import Notifying
internal import PromQL
internal import SampleStore
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
      let tooFar = Memory.complaints(about: rules.groups, kept: settings.store.retention)
      if !tooFar.isEmpty { throw YAMLProblems(tooFar) }
      warnings =
        settings.warnings + rules.warnings.map(\.description)
        + untoldAlerts(rules.groups, settings.notifying.routes)
    } catch { throw StartFailure(error.list.map(\.description)) }
    self.settings = settings
  }
}

/// How far back rules may look: what is older is deleted, and a rule that looks there would load, never find anything
/// and never fire, so it is refused.
enum Memory {
  static func complaints(
    about groups: [RuleGroup], kept: Duration = SampleStoreSettings().retention
  ) -> [YAMLProblem] {
    groups.flatMap { group in
      group.rules.compactMap { rule -> YAMLProblem? in
        // With a fixed moment (`@`) it depends on the day.
        guard let reach = rule.expression.reach, reach + group.queryOffset > kept else { return nil }
        return YAMLProblem(
          file: rule.file, at: YAMLPosition(line: rule.line, column: 1),
          "rule \(rule.name): looks back \(DurationText.format(reach + group.queryOffset)) by offset; samples are "
            + "kept for \(DurationText.format(kept))")
      }
    }
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

/// `farwatch check`.
package enum Checks {
  package struct Report: Sendable {
    /// `FILE:LINE:COLUMN: message`, in order; empty for a good file.
    package var problems: [String] = []
    package var warnings: [String] = []
    /// One line about a good file.
    package var summary = ""
  }

  package static func configuration(_ file: String) -> Report {
    do {
      let loaded = try LoadedConfiguration(file: file)
      let settings = loaded.settings
      let parts = [
        counted(settings.regions.count, "region"), counted(settings.checks.count, "check"),
        counted(settings.links.count, "replication link"), counted(settings.backups.count, "backup job"),
        counted(loaded.ruleCount, "rule"), counted(settings.notifying.topics.count, "topic"),
      ]
      return Report(warnings: loaded.warnings, summary: "\(file): good: " + parts.joined(separator: ", "))
    } catch { return Report(problems: error.lines) }
  }

  package static func rules(_ file: String) -> Report {
    do throws(YAMLProblems) {
      let loaded = try RuleFile.load([file])
      let tooFar = Memory.complaints(about: loaded.groups)
      if !tooFar.isEmpty { throw YAMLProblems(tooFar) }
      let rules = loaded.groups.reduce(0) { $0 + $1.rules.count }
      return Report(
        warnings: loaded.warnings.map(\.description),
        summary: "\(file): good: \(counted(loaded.groups.count, "group")), \(counted(rules, "rule"))")
    } catch { return Report(problems: error.list.map(\.description)) }
  }

  private static func counted(_ count: Int, _ what: String) -> String {
    "\(count) \(what)\(count == 1 ? "" : "s")"
  }
}
