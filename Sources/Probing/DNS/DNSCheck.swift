internal import Collecting
package import DNSClient
package import HTTPClient
package import Model

/// A DNS health check: asks every server one question and judges the answers.
///
/// The readings that blackbox_exporter has too are those of the worst server: the first in the order of the settings
/// that answers wrongly, or the slowest when all are well.
package final class DNSCheck: Collector {
  package let description: CollectorDescription
  private let panel: DNSPanel
  private let verdict: DNSVerdict
  private let time: any TimeSource

  /// - Throws: `InvalidSettings`, or `RegularExpressionError` of a bad expression.
  package init(
    _ settings: DNSCheckSettings, client: DNSClient, resolver: HostResolver,
    time: any TimeSource = SystemTime()
  ) throws {
    try settings.validate()
    description = settings.description
    panel = DNSPanel(question: settings.panel, client: client, resolver: resolver, time: time)
    verdict = try DNSVerdict(settings.expectation, settings.panel.question, quorum: settings.quorum)
    self.time = time
  }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let startedAt = time.now
    let start = time.monotonic
    panel.ask(timeout: description.timeout) { [self] answers in
      let decision = verdict.decide(answers)
      completion(
        CheckFamilies.outcome(
          decision.verdict, startedAt: startedAt, start: start, time: time,
          DNSCheckMetrics.readings(decision, panel.question.question, verdict)))
    }
  }
}
