internal import Collecting
package import Model
package import PostgresClient
internal import Synchronization

/// A PostgreSQL health check: one round trip of questions, and one more for the canary where there is one.
package final class PostgresCheck: Collector {
  package let description: CollectorDescription

  private let settings: PostgresCheckSettings
  private let verdict: PostgresCheckVerdict
  private let client: PostgresClient
  private let time: any TimeSource
  private let session: PostgresSession
  /// When the canary was last written; passes never overlap.
  private let lastWritten = Mutex<Double?>(nil)

  package init(
    _ settings: PostgresCheckSettings, client: PostgresClient, time: any TimeSource = SystemTime()
  ) {
    self.settings = settings
    self.client = client
    self.time = time
    verdict = PostgresCheckVerdict(settings)
    session = PostgresSession(settings.dsn, access: settings.canary == nil ? .readOnly : .readWrite)
    description = settings.description
  }

  deinit { client.close(session) }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let (startedAt, start) = (time.now, time.monotonic)
    let end: @Sendable (Outcome.Verdict, [Reading]) -> Void = { verdict, readings in
      let written = self.lastWritten.withLock { $0 }.map { Reading(PostgresCheckMetrics.written, $0) }
      completion(
        CheckFamilies.outcome(
          verdict, startedAt: startedAt, start: start, time: self.time,
          readings + [written].compactMap(\.self)))
    }
    let questions = verdict.questions
    client.run(session, timeout: description.timeout, queries: { _ in questions }) { result in
      switch result {
      case .failure(let error): end(PostgresCheckVerdict.failure(error), [])
      case .success(let reply):
        let finding = self.verdict.judge(reply)
        guard finding.mayWrite, let canary = self.settings.canary else {
          return end(finding.verdict, finding.readings)
        }
        self.write(canary, since: start) { error, phase in
          end(error.map(PostgresCheckVerdict.failure) ?? finding.verdict, finding.readings + phase)
        }
      }
    }
  }

  private func write(
    _ canary: PostgresCheckSettings.Canary, since start: MonotonicInstant,
    _ completion: @escaping @Sendable (PostgresError?, [Reading]) -> Void
  ) {
    let left = max(description.timeout - (time.monotonic - start), .milliseconds(1))
    client.write(
      session, timeout: left, [verdict.upsert(canary)],
      creating: canary.create ? verdict.creation(canary) : nil, time: time
    ) { result in
      do throws(PostgresError) {
        let reply = try result.get()
        let seconds = try self.verdict.readWritten(reply)
        self.lastWritten.withLock { $0 = seconds }
        completion(nil, PostgresCheckMetrics.phase("write", reply.phases.query))
      } catch {
        let said = "write canary: \(error.message)"
        completion(PostgresError(error.reason, sqlState: error.sqlState, said), [])
      }
    }
  }
}
