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

  /// In place of a path: the standard input.
  private static let input = "-"

  private static func name(_ file: String) -> String { file == input ? "<stdin>" : file }

  /// Checks the configuration file alone: no file, program or variable that it names need be there. Blocks.
  package static func runOnForm(_ file: String) -> Report {
    do throws(YAMLProblems) {
      let settings = try ConfigurationFile.load(name(file), isFormOnly: true, isFromInput: file == input)
      return Report(
        warnings: settings.warnings,
        summary: "\(name(file)): good in its form: " + parts(of: settings).joined(separator: ", "))
    } catch { return Report(problems: error.list.map(\.description)) }
  }

  private static func parts(of settings: Settings) -> [String] {
    [
      counted(settings.regions.count, "region"), counted(settings.checks.count, "check"),
      counted(settings.links.count, "replication link"), counted(settings.backups.count, "backup job"),
      counted(settings.notifying.topics.count, "topic"),
    ]
  }

  /// Checks a configuration file and what the daemon reads with it when it starts: rule files, alarms, the web
  /// configuration file with its certificates. Blocks.
  ///
  /// - Parameter file: `-` is the standard input.
  package static func run(_ file: String) -> Report {
    do throws(StartFailure) {
      let loaded = try LoadedConfiguration(file: name(file), isFromInput: file == input)
      try WebPapers.check(loaded.settings.access)
      let settings = loaded.settings
      var parts = parts(of: settings)
      parts.insert(
        contentsOf: [counted(loaded.ruleCount, "rule"), counted(loaded.alarms.count, "alarm")],
        at: parts.count - 1)
      var context = LintContext()
      context.retention = settings.store.retention
      context.series = SeriesCatalogue(of: settings)
      context.series?.insertRecorded(loaded.groups.recorded)
      let lints = Lint.all.filter(\.isDefault)
      let findings = Lint.findings(in: loaded.groups, by: lints, context).map(\.text)
      return Report(
        warnings: loaded.warnings + settings.unsetVariables + findings + loaded.alarmsWithoutData,
        summary: "\(name(file)): good: " + parts.joined(separator: ", "))
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
