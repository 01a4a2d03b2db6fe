internal import Alerting
internal import Configuration
internal import StrictYAML

/// A configuration file and the rule files it names, all of them without a problem.
struct LoadedConfiguration: Sendable {
  let settings: Settings
  let groups: [RuleGroup]

  var ruleCount: Int { groups.reduce(0) { $0 + $1.rules.count } }

  /// Collects the problems of every file before it gives up.
  init(file: String) throws(StartFailure) {
    let settings: Settings
    do {
      settings = try ConfigurationFile.load(file)
    } catch { throw StartFailure(error.list.map(\.description)) }
    var groups: [RuleGroup] = []
    var lines: [String] = []
    for path in settings.ruleFiles {
      do {
        groups += try RuleFile.load(path).groups
      } catch { lines += error.list.map(\.description) }
    }
    if !lines.isEmpty { throw StartFailure(lines) }
    self.settings = settings
    self.groups = groups
  }
}

/// `farwatch check`.
package enum Checks {
  package struct Report: Sendable {
    /// `FILE:LINE:COLUMN: message`, in order.
    package var problems: [String]
    /// One line about a good file.
    package var summary: String
  }

  package static func configuration(_ file: String) -> Report {
    do {
      let loaded = try LoadedConfiguration(file: file)
      let settings = loaded.settings
      let parts = [
        (settings.regions.count, "region"), (settings.checks.count, "check"),
        (settings.links.count, "replication link"), (settings.backups.count, "backup job"),
        (loaded.ruleCount, "rule"), (settings.notifying.topics.count, "topic"),
      ]
      return Report(
        problems: [],
        summary: "\(file): good: "
          + parts.map { "\($0.0) \($0.1)\($0.0 == 1 ? "" : "s")" }.joined(separator: ", "))
    } catch { return Report(problems: error.lines, summary: "") }
  }

  package static func rules(_ file: String) -> Report {
    do {
      let groups = try RuleFile.load(file).groups
      let rules = groups.reduce(0) { $0 + $1.rules.count }
      return Report(
        problems: [],
        summary: "\(file): good: \(groups.count) group\(groups.count == 1 ? "" : "s"), \(rules) rule\(rules == 1 ? "" : "s")")
    } catch { return Report(problems: error.list.map(\.description), summary: "") }
  }
}
