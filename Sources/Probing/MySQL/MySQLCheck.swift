internal import Collecting
package import Model
package import MySQLClient

/// A health check of a MySQL or MariaDB server: whether it answers, in its role, reads and, where wanted, writes.
package final class MySQLCheck: Collector {
  package let description: CollectorDescription
  private let settings: MySQLCheckSettings
  private let client: MySQLClient
  private let session: MySQLSession
  private let time: any TimeSource

  package init(_ settings: MySQLCheckSettings, client: MySQLClient, time: any TimeSource = SystemTime()) {
    self.settings = settings
    self.client = client
    self.time = time
    session = MySQLSession(settings.source, access: settings.canary == nil ? .readOnly : .write)
    description = settings.description
  }

  deinit { client.close(session) }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let (startedAt, start) = (time.now, time.monotonic)
    ask(within: settings.basics.timeout, makingTable: false, overNewConnection: !settings.reusesConnection) {
      [self] first in
      let left = settings.basics.timeout - (time.monotonic - start)
      guard lacksTable(first), left > .zero else { return completion(outcome(first, startedAt, start)) }
      ask(within: left, makingTable: true, overNewConnection: false) { [self] second in
        completion(outcome(second, startedAt, start))
      }
    }
  }

  private func ask(
    within timeout: Duration, makingTable: Bool, overNewConnection: Bool,
    _ completion: @escaping @Sendable (Result<MySQLReply, MySQLError>) -> Void
  ) {
    var queries = ["SELECT @@read_only AS read_only", settings.query ?? "DO 0"]
    if let canary = settings.canary {
      let create = "CREATE TABLE IF NOT EXISTS \(canary.quoted) \(Self.canaryColumns)"
      queries += [makingTable ? create : "DO 0", upsert(canary)]
    }
    let all = queries
    client.run(
      session, timeout: timeout, overNewConnection: overNewConnection, queries: { _ in all },
      completion: completion)
  }

  private static let canaryColumns =
    "(name VARCHAR(160) CHARACTER SET ascii NOT NULL PRIMARY KEY, ts DATETIME(6) NOT NULL)"

  private func upsert(_ table: MySQLTable) -> String {
    // The name is the configuration's own text: hexadecimal digits need no quoting rules.
    let name = description.name.utf8.prefix(80).map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0\(digits)" : digits
    }.joined()
    return
      "INSERT INTO \(table.quoted) (name, ts) VALUES ('\(name)', UTC_TIMESTAMP(6)) ON DUPLICATE KEY UPDATE ts = VALUES(ts)"
  }

  private func lacksTable(_ result: Result<MySQLReply, MySQLError>) -> Bool {
    guard settings.canary != nil, case .success(let reply) = result,
      case .failure(let error)? = reply.results.last
    else { return false }
    return error.serverCode == 1146
  }

  private func outcome(
    _ result: Result<MySQLReply, MySQLError>, _ startedAt: Timestamp, _ start: MonotonicInstant
  ) -> Outcome {
    var more: [Reading] = []
    var verdict = Outcome.Verdict.success
    do throws(MySQLError) {
      let reply = try result.get()
      for (name, took) in [
        ("resolve", reply.phases.resolve), ("connect", reply.phases.connect), ("query", reply.phases.query),
      ] {
        guard let took else { continue }
        more.append(Reading(MySQLCheckMetrics.phases, took.inSeconds, labels: ["phase": name]))
      }
      let word = try reply.results[0].get()[row: 0, column: "read_only"] ?? ""
      let isReadOnly = word != "0" && word.uppercased() != "OFF"
      more.append(Reading(MySQLCheckMetrics.readOnly, isReadOnly))
      try judge(reply, isReadOnly)
    } catch {
      // A server that has no connection to spare is one that its users cannot reach: not a limit of our own.
      let reason = error.reason == .limit && error.serverCode != nil ? .refused : error.reason
      verdict = .failure(reason, detail: "\(error)")
    }
    return CheckFamilies.outcome(verdict, startedAt: startedAt, start: start, time: time, more)
  }

  private func judge(_ reply: MySQLReply, _ isReadOnly: Bool) throws(MySQLError) {
    if settings.role == .primary, isReadOnly {
      throw MySQLError(.status, "is read_only, expected a primary that accepts writes")
    }
    if settings.role == .replica, !isReadOnly {
      throw MySQLError(.status, "accepts writes, expected a replica that is read_only")
    }
    let rows = try reply.results[1].get()
    if let expected = settings.expected {
      guard let found = rows.rows.first?.first else {
        throw MySQLError(.body, "the query answered no row, expected \"\(expected)\"")
      }
      guard found == expected else {
        let said = found.map { "\"\($0.prefix(100))\"" } ?? "NULL"
        throw MySQLError(.body, "the query answered \(said), expected \"\(expected)\"")
      }
    }
    guard let canary = settings.canary else { return }
    do throws(MySQLError) {
      for index in 2..<reply.results.count { _ = try reply.results[index].get() }
    } catch {
      let remedy =
        error.reason == .permission
        ? "; make the table \(canary) with \(Self.canaryColumns), and GRANT INSERT, UPDATE on it" : ""
      throw MySQLError(error.reason, serverCode: error.serverCode, "cannot write: \(error.message)\(remedy)")
    }
  }
}
