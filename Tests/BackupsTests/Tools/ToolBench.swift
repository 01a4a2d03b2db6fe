import Collecting
import FarwatchTesting
import Model

@testable import Backups

/// Everything that a backup tool's tests ask of an outcome.
extension Outcome {
  func value(_ family: MetricFamily, _ labels: Labels = .empty) -> Double? {
    readings.first { $0.family == family && $0.labels == labels }?.value
  }

  var detail: String { if case .failure(_, let detail) = verdict { detail } else { "" } }
  func rejected(_ reason: String) -> Double? { value(BackupFamilies.rejected, ["reason": reason]) }
  func unanswered(_ question: String) -> Double? {
    value(BackupToolFamilies.questionFailed, ["question": question])
  }
}

/// One collection.
func collected(_ collector: any Collector) async -> Outcome {
  await withCheckedContinuation { waiting in collector.collect { waiting.resume(returning: $0) } }
}

func basics(every: Duration = .seconds(86_400), timeout: Duration = .seconds(30)) -> BackupBasics {
  var basics = BackupBasics(job: "orders", region: "eu", repo: "", every: every)
  basics.timeout = timeout
  return basics
}
