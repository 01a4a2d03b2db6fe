internal import CloudWatchAlarms
internal import StrictYAML

/// `farwatch check alarms`.
package enum AlarmFileCheck {
  /// Checks alarm files: by themselves, so that actions may name any topic, or against the topics, regions, mapping
  /// and series of a configuration, whatever alarm files it names itself. Blocks.
  package static func run(_ files: [String], configuration: String? = nil) -> ConfigurationCheck.Report {
    do throws(StartFailure) {
      if let configuration {
        let loaded = try LoadedConfiguration(file: configuration, alarmFiles: files)
        return report(files, loaded.alarms.count, loaded.alarmWarnings + loaded.alarmsWithoutData)
      }
      do throws(YAMLProblems) {
        let loaded = try AlarmFile.load(files, AlarmContext())
        return report(files, loaded.alarms.count, loaded.warnings.map(\.description))
      } catch { throw StartFailure(error.list.map(\.description)) }
    } catch { return ConfigurationCheck.Report(problems: error.lines) }
  }

  private static func report(
    _ files: [String], _ count: Int, _ warnings: [String]
  ) -> ConfigurationCheck.Report {
    ConfigurationCheck.Report(
      warnings: warnings, summary: "\(files.joined(separator: ", ")): good: \(counted(count, "alarm"))")
  }

  /// The metric mapping that comes with Farwatch, as YAML.
  package static var shippedMapping: String { MetricMapping.shippedText }
}
