import Collecting
import FarwatchTesting
import Model
import PostgresClient
import Testing

@testable import Replication

/// Answers that no real server gives on demand: absurd, half, and of other shapes.
@Suite struct PostgresAnswerTests {
  private static let words: [String?] = [
    nil, "", "t", "f", "0", "-1", "9223372036854775807", "99999999999999999999", "NaN", "inf", "1e308", "0/0",
    "0/1600000", "FFFFFFFF/FFFFFFFF", "1/2/3", "lost", "reserved", "orders", "us-east-1", "eu-west-1", "main",
    "replicating", "1800000000", "2027-01-15 08:00:00+00", "\u{0}", "ü", String(repeating: "9", count: 400),
  ]
  private static let columns = [
    "in_recovery", "system_identifier", "current", "timeline", "slot_name", "active", "restart_lsn",
    "confirmed_flush_lsn", "wal_status", "safe_wal_size", "enabled", "slot", "pid", "latest_end_lsn",
    "silence",
    "not_ready", "apply_error_count", "sync_error_count", "aws_region", "durability_lag_in_msec",
    "rpo_lag_in_msec", "calculated", "visibility_lag", "clock", "name", "status", "replicated_time",
    "beat_at",
    "writer_at",
  ]

  private func reply(_ numbers: inout SeededNumbers, at second: Int) -> PostgresReply {
    let results = (0..<Int.random(in: 0...4, using: &numbers)).map {
      _ -> Result<PostgresRows, PostgresError> in
      if Int.random(in: 0..<8, using: &numbers) == 0 { return .failure(PostgresError(.query, "no")) }
      let columns = Self.columns.filter { _ in Int.random(in: 0..<8, using: &numbers) > 0 }
      let rows = (0..<Int.random(in: 0...3, using: &numbers)).map { _ in
        columns.map { _ in Self.words.randomElement(using: &numbers) ?? nil }
      }
      return .success(PostgresRows(columns: columns, rows: rows))
    }
    let now = Timestamp(seconds: 1_800_000_000 + Double(second))
    return PostgresReply(serverVersion: 150_018, sentAt: now, receivedAt: now, results: results)
  }

  private func check(_ readings: [Reading], at now: Timestamp, _ what: String) {
    var seen: Set<String> = []
    for reading in readings {
      #expect(reading.value.isFinite, "\(what): \(reading.family.name) \(reading.value)")
      #expect(
        seen.insert("\(reading.family.name)\(reading.labels)").inserted, "\(what): \(reading.family.name)")
      if reading.family == ReplicationFamilies.recoveryPoint {
        #expect(reading.value <= now.seconds, "\(what): a point of the future")
      }
    }
  }

  @Test func whateverIsAnsweredIsReadOrRefused() throws {
    var numbers = SeededNumbers(seed: 1_121)
    let logical = try PostgresLogicalSettings(
      link: "orders", sourceRegion: "east", source: .text(""),
      targets: [.init(region: "west", dsn: .text(""), subscription: "orders")], rpo: .seconds(30))
    let beats = PostgresHeartbeat(
      table: try #require(PostgresTable("beats")), link: "orders", region: "east")
    let managed = try [.aurora, .cockroachdb, .yugabytedb(beats)].map {
      try ManagedLinkSettings(
        link: "orders", engine: $0, source: .init(region: "east", dsn: .text(""), foreignName: "us-east-1"),
        targets: [.init(region: "west", dsn: .text(""), foreignName: "main")], rpo: .seconds(30))
    }
    var logicalState = PostgresLogicalState(logical)
    var managedStates = managed.map(ManagedLinkState.init)
    for second in 0..<600 {
      let now = Timestamp(seconds: 1_800_000_000 + Double(second))
      let what = "seed 1121, pass \(second)"
      let publisher = read { () throws(PostgresError) in
        try PostgresLogicalQueries.readPublisher(reply(&numbers, at: second))
      }
      let subscriber = read { () throws(PostgresError) in
        try PostgresLogicalQueries.readSubscriber(reply(&numbers, at: second), "orders")
      }
      check(logicalState.observe(publisher, ["west": subscriber], at: now).readings, at: now, what)
      for index in managedStates.indices {
        let answers = [
          "east": read { () throws(PostgresError) in try ManagedAnswer(reply(&numbers, at: second)) },
          "west": read { () throws(PostgresError) in try ManagedAnswer(reply(&numbers, at: second)) },
        ]
        check(managedStates[index].observe(answers, at: now).readings, at: now, what)
      }
    }
  }

  private func read<Value>(
    _ body: () throws(PostgresError) -> Value
  ) -> Result<Value, PostgresError> {
    do {
      return .success(try body())
    } catch {
      return .failure(error)
    }
  }

  @Test func namesOfTablesCannotBecomeStatements() throws {
    #expect(PostgresTable("beats")?.quoted == #""beats""#)
    #expect(PostgresTable("farwatch.beats_2")?.quoted == #""farwatch"."beats_2""#)
    for text in [
      "", ".", "a.", ".a", "a.b.c", "2a", "A", "a b", "a\"", "a;b", "ä", String(repeating: "a", count: 64),
    ] {
      #expect(PostgresTable(text) == nil, "\(text)")
    }
    #expect(postgresLiteral("it's") == "'it''s'")
    #expect(postgresLiteral(#"a\'; DROP"#) == #" E'a\\''; DROP'"#)
    #expect(postgresLiteral("a\0b") == "'ab'")
    #expect(CockroachDialect.statement(#"a"b"#) == #"SHOW VIRTUAL CLUSTER "a""b" WITH REPLICATION STATUS"#)
  }
}
