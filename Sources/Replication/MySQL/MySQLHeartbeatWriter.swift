internal import Collecting
package import Model
package import MySQLClient
internal import Synchronization

/// Writes one server's heartbeat: asks who it is and whether it accepts writes, then writes its row.
///
/// The server's number is written as a literal, because with statement-based replication a replica would fill in its
/// own; the time is the server's, which is replicated as it was.
package final class MySQLHeartbeatWriter: Collector {
  package let description: CollectorDescription

  private struct State {
    var written: Timestamp?
    var cleaned: MonotonicInstant?
  }

  private static let cleaningInterval: Duration = .seconds(3600)
  private static let columns = "(server_id INT UNSIGNED NOT NULL PRIMARY KEY, ts DATETIME(6) NOT NULL)"

  private let settings: MySQLHeartbeatSettings
  private let client: MySQLClient
  private let session: MySQLSession
  private let time: any TimeSource
  private let state = Mutex(State())

  package init(
    _ settings: MySQLHeartbeatSettings, client: MySQLClient, time: any TimeSource = SystemTime()
  ) {
    self.settings = settings
    self.client = client
    self.time = time
    session = MySQLSession(settings.source, access: .write)
    description = settings.description
  }

  deinit { client.close(session) }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let (startedAt, start) = (time.now, time.monotonic)
    let finish: @Sendable (Result<Bool, MySQLError>) -> Void = { [self] in
      completion(outcome($0, startedAt, start))
    }
    run(start, ["SELECT @@server_id AS id, @@read_only AS read_only"]) { [self] result in
      do throws(MySQLError) {
        let rows = try result.get().results[0].get()
        guard let id = rows[row: 0, column: "id"].flatMap({ UInt32($0) }) else {
          throw MySQLError(.protocolError, "the server did not say its server_id")
        }
        let word = rows[row: 0, column: "read_only"] ?? ""
        guard word == "0" || word.uppercased() == "OFF" else { return finish(.success(false)) }
        write(id, start, makingTable: false, finish)
      } catch { finish(.failure(error)) }
    }
  }

  private func write(
    _ id: UInt32, _ start: MonotonicInstant, makingTable: Bool,
    _ finish: @escaping @Sendable (Result<Bool, MySQLError>) -> Void
  ) {
    let table = settings.table.quoted
    var statements = [
      "INSERT INTO \(table) (server_id, ts) VALUES (\(id), UTC_TIMESTAMP(6)) ON DUPLICATE KEY UPDATE ts = VALUES(ts)"
    ]
    if makingTable { statements.insert("CREATE TABLE IF NOT EXISTS \(table) \(Self.columns)", at: 0) }
    let cleans = state.withLock { state in
      let isDue = state.cleaned.map { start - $0 >= Self.cleaningInterval } ?? true
      if isDue { state.cleaned = start }
      return isDue
    }
    if cleans {
      let seconds = max(1, settings.ttl.milliseconds / 1000)
      statements.append(
        "DELETE FROM \(table) WHERE server_id <> \(id) AND ts < UTC_TIMESTAMP(6) - INTERVAL \(seconds) SECOND"
      )
    }
    let writing = makingTable ? 1 : 0
    run(start, statements) { [self] result in
      do throws(MySQLError) {
        let reply = try result.get()
        if makingTable { _ = try reply.results[0].get() }
        _ = try reply.results[writing].get()
        state.withLock { $0.written = reply.sentAt }
        finish(.success(true))
      } catch  where error.serverCode == 1146 && !makingTable {
        write(id, start, makingTable: true, finish)
      } catch {
        finish(.failure(explained(error)))
      }
    }
  }

  private func explained(_ error: MySQLError) -> MySQLError {
    guard error.reason == .permission else { return error }
    let remedy =
      "; CREATE TABLE \(settings.table) \(Self.columns), and GRANT SELECT, INSERT, UPDATE, DELETE on it"
    return MySQLError(error.reason, serverCode: error.serverCode, error.message + remedy)
  }

  private func run(
    _ start: MonotonicInstant, _ statements: [String],
    _ completion: @escaping @Sendable (Result<MySQLReply, MySQLError>) -> Void
  ) {
    let left = max(settings.basics.timeout - (time.monotonic - start), .milliseconds(1))
    client.run(session, timeout: left, queries: { _ in statements }, completion: completion)
  }

  private func outcome(
    _ result: Result<Bool, MySQLError>, _ startedAt: Timestamp, _ start: MonotonicInstant
  ) -> Outcome {
    var readings: [Reading] = []
    let verdict: Outcome.Verdict
    switch result {
    case .success(let isWritten):
      verdict = .success
      readings = [
        Reading(MySQLHeartbeatSettings.up, true), Reading(MySQLHeartbeatSettings.active, isWritten),
      ]
    case .failure(let error):
      verdict = .failure(error.reason, detail: "\(error)")
      readings = [Reading(MySQLHeartbeatSettings.up, false)]
    }
    if let written = state.withLock({ $0.written }) {
      readings.append(Reading(MySQLHeartbeatSettings.written, written.seconds))
    }
    return Outcome(
      startedAt: startedAt, finishedAt: time.now, took: time.monotonic - start, verdict: verdict,
      readings: readings)
  }
}
