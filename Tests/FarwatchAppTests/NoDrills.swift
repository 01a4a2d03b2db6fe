import DrillReports
import Drills

@testable import FarwatchApp

/// For stand-ins that know nothing of drills.
extension DrillDaemonFace {
  func drills() -> DrillOverview? { nil }
  func startDrill(_ request: DrillRequest) -> DrillAnswer { .busy }
  func noteDrill(_ text: String, workload: String?, by: String) -> DrillAnswer { .busy }
  func reachPhase(_ name: String, workload: String?, by: String) -> DrillAnswer { .busy }
  func stopDrill(_ workload: String?, _ outcome: Drill.Outcome, by: String, comment: String) -> DrillAnswer {
    .busy
  }
  func drillReport(_ id: String?, _ format: ReportFormat) -> DrillReportAnswer { .busy }
}
