package import Collecting
package import Model
package import Secrets

/// A health check that a program makes: a monitoring plugin, or one that prints a metrics page.
package struct ExecCheckSettings: HealthCheckSettings {
  package enum Output: String, Sendable, CaseIterable {
    /// A line of text, and performance data behind a bar.
    case nagios
    /// A metrics page.
    case metrics
    case none
  }

  package var basics: CheckBasics
  /// The program's path and its arguments; no shell.
  package var command: [String]
  package var environment: [String: String] = [:]
  /// More of its environment, read anew for each run and never shown.
  package var secrets: [String: SecretSource] = [:]
  package var output = Output.nagios
  /// Whether exit code 1, a warning, counts as well.
  package var warningIsGood = true
  package var limits = PageLimits()

  package init(_ basics: CheckBasics, command: [String]) {
    self.basics = basics
    self.command = command
  }

  package static var families: [MetricFamily] { CheckFamilies.all + ExecFamilies.all }
  package var bringsForeignSeries: Bool { output == .metrics }
  package var description: CollectorDescription { basics.description(kind: "exec") }
  package var isMadeHere: Bool { true }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    ExecCheck(self, programs: try clients.programs, time: clients.time)
  }
}

/// What the program of a check said, beside what every check brings.
package enum ExecFamilies {
  package static let exitCode = MetricFamily.gauge(
    "probe_exec_exit_code", "Exit code of the check's program; absent when it did not end by itself.")
  package static let value = MetricFamily.gauge(
    "probe_exec_value", "Performance data of the check's program, by label and unit; seconds and bytes.")
  package static let refused = MetricFamily.gauge(
    "probe_exec_values_refused", "Parts of the performance data that could not be read or were too many.")

  package static let all = [exitCode, value, refused]
}
