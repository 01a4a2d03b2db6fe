internal import Collecting
package import Model
package import PostgresClient

/// The statements of a check and what their answers mean. Pure.
package struct PostgresCheckVerdict: Sendable {
  /// What the questions brought.
  package struct Finding: Sendable {
    package var verdict: Outcome.Verdict
    package var readings: [Reading]
    /// Whether the server is a primary that may be written to: all was well so far.
    package var mayWrite: Bool
  }

  private let settings: PostgresCheckSettings

  package init(_ settings: PostgresCheckSettings) { self.settings = settings }

  /// The same on every version. The user's statement stands in a read-only transaction of its own.
  package var questions: [String] {
    let connections =
      settings.maximumConnectionsRatio == nil
      ? "NULL AS used, NULL AS allowed"
      : """
      (SELECT count(*) FROM pg_stat_activity
         WHERE coalesce(backend_type, 'client backend') = 'client backend' AND datid IS NOT NULL) AS used,
        current_setting('max_connections')::int
          - current_setting('superuser_reserved_connections')::int AS allowed
      """
    return [
      "SELECT pg_is_in_recovery() AS in_recovery, \(connections)", "BEGIN READ ONLY",
      settings.query ?? "SELECT 1", "ROLLBACK",
    ]
  }

  package func judge(_ reply: PostgresReply) -> Finding {
    var finding = Finding(verdict: .success, readings: [], mayWrite: false)
    finding.readings += PostgresCheckMetrics.phase("resolve", reply.phases.resolve)
    finding.readings += PostgresCheckMetrics.phase("connect", reply.phases.connect)
    finding.readings += PostgresCheckMetrics.phase("query", reply.phases.query)
    do throws(PostgresError) {
      guard reply.results.count == questions.count else {
        throw PostgresError(.protocolError, "\(reply.results.count) answers to \(questions.count) questions")
      }
      let facts = try reply.results[0].get()
      guard let recovery = facts[row: 0, column: "in_recovery"] else {
        throw PostgresError(.protocolError, "the server did not say whether it is in recovery")
      }
      let isStandby = recovery == "t"
      finding.readings.append(Reading(PostgresCheckMetrics.inRecovery, isStandby))
      try judge(isStandby: isStandby)
      try judgeConnections(facts, &finding)
      _ = try reply.results[1].get()
      try judgeAnswer(try reply.results[2].get(), &finding)
      finding.mayWrite = !isStandby
    } catch {
      finding.verdict = Self.failure(error)
    }
    return finding
  }

  private func judge(isStandby: Bool) throws(PostgresError) {
    switch (settings.role, isStandby) {
    case (.primary, true): throw PostgresError(.status, "is a standby, expected the primary")
    case (.standby, false): throw PostgresError(.status, "is a primary, expected a standby")
    default: break
    }
  }

  private func judgeConnections(_ facts: PostgresRows, _ finding: inout Finding) throws(PostgresError) {
    guard let limit = settings.maximumConnectionsRatio else { return }
    guard let used = facts[row: 0, column: "used"].flatMap(Double.init), used.isFinite, used >= 0,
      let allowed = facts[row: 0, column: "allowed"].flatMap(Double.init), allowed > 0
    else { throw PostgresError(.protocolError, "the server did not say how many connections it has") }
    let ratio = used / allowed
    finding.readings.append(Reading(PostgresCheckMetrics.connectionsRatio, ratio))
    if ratio > limit {
      throw PostgresError(.status, "\(Int(used)) of \(Int(allowed)) connections are in use")
    }
  }

  private func judgeAnswer(_ rows: PostgresRows, _ finding: inout Finding) throws(PostgresError) {
    guard let first = rows.rows.first else { throw PostgresError(.body, "the query returned no row") }
    let answer = first.first ?? nil
    let number = answer.flatMap(Double.init).flatMap { $0.isFinite ? $0 : nil }
    if settings.query != nil, let number {
      finding.readings.append(Reading(PostgresCheckMetrics.value, number))
    }
    let shown = answer.map { "\"\($0.prefix(60))\"" } ?? "NULL"
    switch settings.expectation {
    case .anything: break
    case .text(let expected):
      if answer != expected { throw PostgresError(.body, "the query returned \(shown)") }
    case .range(let minimum, let maximum):
      guard let number else { throw PostgresError(.body, "the query returned \(shown), expected a number") }
      if let minimum, number < minimum {
        throw PostgresError(
          .body, "the query returned \(shown), expected at least \(NumberText.shortest(minimum))")
      }
      if let maximum, number > maximum {
        throw PostgresError(
          .body, "the query returned \(shown), expected at most \(NumberText.shortest(maximum))")
      }
    }
  }

  package func creation(_ canary: PostgresCheckSettings.Canary) -> String {
    "CREATE TABLE IF NOT EXISTS \(canary.table.quoted) (name text PRIMARY KEY, written_at timestamptz NOT NULL)"
  }

  /// One row for each check; a server that refuses it does so for a reason that users have too.
  package func upsert(_ canary: PostgresCheckSettings.Canary) -> String {
    """
    INSERT INTO \(canary.table.quoted) AS t (name, written_at)
    VALUES (\(postgresLiteral(settings.description.name)), now())
    ON CONFLICT (name) DO UPDATE SET written_at = excluded.written_at
    RETURNING extract(epoch FROM t.written_at) AS written_at
    """
  }

  /// When the row was written, by the server's clock.
  package func readWritten(_ reply: PostgresReply) throws(PostgresError) -> Double {
    guard let rows = try reply.results.last?.get(),
      let seconds = rows[row: 0, column: "written_at"].flatMap(Double.init), seconds.isFinite
    else { throw PostgresError(.protocolError, "the server did not say when the row was written") }
    return seconds
  }

  /// A server that has no connection to spare is one that its users cannot reach: not a limit of our own.
  package static func failure(_ error: PostgresError) -> Outcome.Verdict {
    let reason = error.reason == .limit && error.sqlState != nil ? .refused : error.reason
    return .failure(reason, detail: error.description)
  }
}
