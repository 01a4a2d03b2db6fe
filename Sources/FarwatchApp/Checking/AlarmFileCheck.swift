internal import CloudWatchAlarms
internal import StrictYAML

/// `farwatch check alarms`.
package enum AlarmFileCheck {
  /// Checks alarm files by themselves: actions may name any topic. Blocks.
  package static func run(_ files: [String]) -> ConfigurationCheck.Report {
    do throws(YAMLProblems) {
      let loaded = try AlarmFile.load(files, AlarmContext())
      return ConfigurationCheck.Report(
        warnings: loaded.warnings.map(\.description),
        summary: "\(files.joined(separator: ", ")): good: \(counted(loaded.alarms.count, "alarm"))")
    } catch { return ConfigurationCheck.Report(problems: error.list.map(\.description)) }
  }

  /// The metric mapping that comes with Farwatch, as YAML.
  package static var shippedMapping: String { MetricMapping.shippedText }
}
