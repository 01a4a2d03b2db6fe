internal import Alerting
internal import CloudWatchAlarms
internal import Configuration
internal import Model
internal import Notifying
internal import RuleTesting
internal import StrictYAML

/// `farwatch check config`.
package enum ConfigurationCheck {
  package struct Report: Sendable {
    /// `FILE:LINE:COLUMN: message`, in order; empty for a good file.
    package var problems: [String] = []
    package var warnings: [String] = []
    /// One line about a good file.
    package var summary = ""
  }

  /// Checks a configuration file and the rule files that it names. Blocks.
  package static func run(_ file: String) -> Report {
    do {
      let loaded = try LoadedConfiguration(file: file)
      let settings = loaded.settings
      let parts = [
        counted(settings.regions.count, "region"), counted(settings.checks.count, "check"),
        counted(settings.links.count, "replication link"), counted(settings.backups.count, "backup job"),
        counted(loaded.ruleCount, "rule"), counted(loaded.alarms.count, "alarm"),
        counted(settings.notifying.topics.count, "topic"),
      ]
      var context = LintContext()
      context.retention = settings.store.retention
      context.series = SeriesCatalogue(of: settings)
      context.series?.insertRecorded(loaded.groups.recorded)
      let lints = Lint.all.filter(\.isDefault)
      let findings = Lint.findings(in: loaded.groups, by: lints, context).map(\.text)
      return Report(
        warnings: loaded.warnings + findings + loaded.alarmsWithoutData,
        summary: "\(file): good: " + parts.joined(separator: ", "))
    } catch { return Report(problems: error.lines) }
  }
}

func counted(_ count: Int, _ what: String) -> String { "\(count) \(what)\(count == 1 ? "" : "s")" }

extension [RuleGroup] {
  /// Name and fixed labels of everything that the rules record.
  var recorded: [(name: String, labels: Labels)] {
    flatMap(\.rules).filter { $0.kind == .recording }.map { ($0.name, $0.labelTexts) }
  }
}

extension LoadedConfiguration {
  /// Metric alarms that will never have a data point, one line for each.
  var alarmsWithoutData: [String] {
    var catalogue = SeriesCatalogue(of: settings)
    catalogue.insertRecorded(groups.recorded)
    return alarms.compactMap { alarm in
      guard case .metric(let metric) = alarm.kind, let gap = catalogue.gaps(in: metric.expression).first
      else { return nil }
      return YAMLProblem(
        file: alarm.file, at: alarm.position, "alarm \"\(alarm.name)\" will never have data: \(gap)"
      ).description
    }
  }
}
