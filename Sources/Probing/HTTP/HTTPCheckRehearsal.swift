internal import Collecting
internal import HTTPClient
package import Model

/// An HTTP check with all readings of a real one, but those of single addresses.
struct HTTPCheckRehearsal: Rehearsal {
  private let settings: HTTPCheckSettings

  init(_ settings: HTTPCheckSettings) { self.settings = settings }

  func outcome(_ loss: RehearsedLoss, at moment: Timestamp) -> Outcome {
    settings.rehearsed(answering: !loss.isTarget, at: moment)
  }
}

extension HTTPCheckSettings {
  /// What a collection of this check brings when nothing is asked: of a target that answers well, or of one that does
  /// not answer at all. With the readings of a real one, but those of single addresses.
  package func rehearsed(answering: Bool, at moment: Timestamp) -> Outcome {
    var result = HTTPResult()
    let isSecure = url.lowercased().hasPrefix("https:")
    guard answering else {
      result.failure = HTTPFailure(.timeout, "no answer within \(DurationText.format(basics.timeout))")
      result.total = basics.timeout.inSeconds
      return outcome(result, .failure(.timeout, detail: result.failure?.detail ?? ""), [], moment)
    }
    result.status = statuses.first?.lowerBound ?? 200
    result.total = 0.02
    result.phases.resolve = 0.001
    result.phases.connect = 0.004
    if isSecure { result.phases.tls = 0.006 }
    result.phases.processing = 0.008
    result.phases.transfer = 0.001
    result.httpVersion = version == .http11 ? 1.1 : 2
    result.primaryAddress = "192.0.2.1"
    result.finalURL = url
    result.bodyBytesTotal = 2
    // The certificates of a rehearsal are renewed in time.
    let expiry = (moment + .seconds(60 * 86_400)).seconds
    let certificates =
      isSecure
      ? [Reading(CheckFamilies.earliestExpiry, expiry), Reading(CheckFamilies.lastChainExpiry, expiry)]
      : []
    return outcome(result, .success, certificates, moment)
  }

  private func outcome(
    _ result: HTTPResult, _ verdict: Outcome.Verdict, _ more: [Reading], _ moment: Timestamp
  ) -> Outcome {
    let took = Duration.milliseconds(Int64(result.total * 1000))
    return Outcome(
      startedAt: moment, finishedAt: moment + took, took: took, verdict: verdict,
      readings: HTTPCheckMetrics.readings(result, .init(verdict: verdict), now: moment) + more)
  }
}
