import Collecting
import FarwatchTesting
import Model
import MySQLClient
import Replication
import Testing

@Suite(.serialized) struct MySQLHeartbeatTests {
  @Test func writesItsRowAndNothingElse() async throws {
    let server = try await MariaDBServer.start(id: 7, ["binlog-format=STATEMENT"])
    let client = try MySQLClient()
    func writer(_ user: String, _ word: String) throws -> MySQLHeartbeatWriter {
      var basics = MeasurementBasics(name: "orders", region: "east", interval: .seconds(1))
      basics.timeout = .seconds(2)
      let settings = MySQLHeartbeatSettings(
        basics: basics, source: try server.source(user, word), table: try MySQLTable("farwatch.heartbeat"))
      return MySQLHeartbeatWriter(settings, client: client)
    }
    func write(_ writer: MySQLHeartbeatWriter) async -> Outcome {
      await withCheckedContinuation { done in writer.collect { done.resume(returning: $0) } }
    }
    let poor = await write(try writer("plain", "plainword"))
    guard case .failure(.permission, let detail) = poor.verdict else {
      return #expect(Bool(false), "\(poor.verdict)")
    }
    #expect(detail.contains("CREATE TABLE farwatch.heartbeat (server_id") || detail.contains("GRANT SELECT"))

    let beat = try writer("beat", "beatword")
    let first = await write(beat)
    #expect(first.succeeded && first.value(MySQLHeartbeatSettings.active) == 1, "\(first.verdict)")
    let rows =
      "SELECT group_concat(server_id), min(abs(timestampdiff(SECOND, ts, UTC_TIMESTAMP(6)))) FROM farwatch.heartbeat"
    #expect(try await server.sql(rows) == "7\t0")
    // A server that has not written for a week is forgotten, by a writer that begins anew.
    try await server.sql(
      "INSERT INTO farwatch.heartbeat VALUES (3, UTC_TIMESTAMP(6) - INTERVAL 8 DAY), (4, UTC_TIMESTAMP(6))")
    #expect(await write(beat).succeeded)
    #expect(try await server.sql("SELECT count(*) FROM farwatch.heartbeat") == "3")
    #expect(await write(try writer("beat", "beatword")).succeeded)
    #expect(
      try await server.sql("SELECT group_concat(server_id ORDER BY server_id) FROM farwatch.heartbeat")
        == "4,7")

    try await server.sql("SET GLOBAL read_only = 1; GRANT READ_ONLY ADMIN ON *.* TO beat")
    let before = try await server.sql("SELECT ts FROM farwatch.heartbeat WHERE server_id = 7")
    let idle = await write(try writer("beat", "beatword"))
    #expect(idle.succeeded && idle.value(MySQLHeartbeatSettings.active) == 0)
    #expect(try await server.sql("SELECT ts FROM farwatch.heartbeat WHERE server_id = 7") == before)
    try await server.kill()
    let dead = await write(beat)
    #expect(dead.reason == .refused && dead.value(MySQLHeartbeatSettings.up) == 0)
    #expect(dead.value(MySQLHeartbeatSettings.written) != nil)
  }
}
