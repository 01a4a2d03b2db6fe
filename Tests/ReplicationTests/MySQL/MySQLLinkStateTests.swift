import Collecting
import FarwatchTesting
import Model
import MySQLClient
import Replication
import Testing

/// What no server at hand says: MySQL's own words, clocks that jump, sources that were restored.
@Suite struct MySQLLinkStateTests {
  private let a = "3e11fa47-71ca-11e1-9e33-c80aa9429562"
  private let b = "2174b383-5441-11e8-b90a-c80aa9429562"
  private let start = Timestamp(year: 2026, month: 11, day: 21)

  private func at(_ seconds: Double) -> Timestamp { start + .milliseconds(Int64(seconds * 1000)) }

  private func state(_ change: (inout MySQLLinkSettings) -> Void = { _ in }) throws -> MySQLLinkState {
    var settings = try MySQLLinkSettings(
      link: "orders", source: .init(region: "east", source: MySQLSource(host: "a", user: "u")),
      targets: [.init(region: "west", source: MySQLSource(host: "b", user: "u"))], rpo: .seconds(30))
    change(&settings)
    return MySQLLinkState(settings)
  }

  private func rows(_ values: [String: String?]) -> MySQLRows {
    let names = values.keys.sorted()
    return MySQLRows(columns: names, rows: [names.map { values[$0] ?? nil }])
  }

  /// A MySQL 8.0.36 server's answers; `replica` are columns of SHOW REPLICA STATUS.
  private func mysql(
    _ id: Int, _ uuid: String, _ executed: String, readOnly: Bool = false, replica: [String: String?]? = nil,
    clock: String? = nil, beats: [[String?]]? = nil, at seconds: Double
  ) throws -> MySQLObservation {
    let node = rows([
      "server_id": String(id), "server_uuid": uuid, "gtid_executed": executed,
      "read_only": readOnly ? "1" : "0",
      "super_read_only": "0", "log_bin": "1", "clock": clock,
    ])
    var results: [Result<MySQLRows, MySQLError>] = [
      .success(node), .success(replica.map(rows) ?? MySQLRows(columns: [], rows: [])),
      .success(rows(["File": "binlog.000003", "Position": "400"])),
      .success(MySQLRows(columns: [], rows: [])),
    ]
    if let beats { results.append(.success(MySQLRows(columns: ["server_id", "ts"], rows: beats))) }
    return try MySQLQueries.read(
      MySQLReply(
        identity: MySQLIdentity(version: 80_036, isMariaDB: false), sentAt: at(seconds),
        receivedAt: at(seconds + 0.01), results: results))
  }

  private func channel(_ more: [String: String?] = [:]) -> [String: String?] {
    let usual: [String: String?] = [
      "Replica_IO_Running": "Yes", "Replica_SQL_Running": "Yes", "Seconds_Behind_Source": "0",
      "SQL_Delay": "0",
      "Source_Server_Id": "1", "Source_UUID": a, "Source_Host": "db", "Channel_Name": "",
      "Last_IO_Errno": "0",
      "Last_SQL_Errno": "0", "Relay_Source_Log_File": "binlog.000003", "Exec_Source_Log_Pos": "300",
      "Source_Log_File": "binlog.000003", "Read_Source_Log_Pos": "400", "Retrieved_Gtid_Set": "\(a):1-9",
    ]
    return usual.merging(more) { $1 }
  }

  private func outcome(_ pass: LinkPass, _ seconds: Double) -> Outcome {
    Outcome(
      startedAt: at(seconds), finishedAt: at(seconds), took: .zero, verdict: pass.verdict,
      readings: pass.readings)
  }

  @Test func mySQLByItsTransactions() throws {
    #expect(
      MySQLQueries.all(MySQLIdentity(version: 50_744, isMariaDB: false), heartbeat: nil)[1]
        == "SHOW SLAVE STATUS")
    let new = MySQLQueries.all(
      MySQLIdentity(version: 80_400, isMariaDB: false), heartbeat: try MySQLTable("farwatch.heartbeat"))
    #expect(new[1...2] == ["SHOW REPLICA STATUS", "SHOW BINARY LOG STATUS"])
    #expect(new[4] == "SELECT server_id, ts FROM `farwatch`.`heartbeat` LIMIT 257")

    var state = try state()
    func pass(_ seconds: Double, _ source: String, _ target: String, _ more: [String: String?] = [:]) throws
      -> Outcome
    {
      outcome(
        state.observe(
          [
            "east": .success(try mysql(1, a, source, at: seconds)),
            "west": .success(try mysql(2, b, target, readOnly: true, replica: channel(more), at: seconds)),
          ], at: at(seconds + 0.02)), seconds)
    }
    let good = try pass(0, "\(a):1-5", "\(a):1-5")
    #expect(
      good.succeeded && good.recoveryPoint == at(0).seconds && good.mysqlLag == 0 && good.isReplicating == 1)
    #expect(good.lagBytes == 100 && good.secondsBehind == 0)
    // Nothing counts what an idle source sends here: when it was last heard is not known.
    #expect(good.value(ReplicationFamilies.lastMessage) == nil)
    #expect(good.value(MySQLMetrics.ioRunning, ["master_uuid": a, "master_host": "db"]) == 1)
    // It executes out of order: what is missing in the middle counts.
    let holes = try pass(10, "\(a):1-9", "\(a):1-5:7-9")
    #expect(holes.recoveryPoint == at(0).seconds)
    let later = try pass(20, "\(a):1-9", "\(a):1-5:7-9")
    #expect(abs((later.mysqlLag ?? 0) - 10) < 0.1)
    // The same, delayed by intent: received in whole, so nothing would be lost.
    let delayed = try pass(30, "\(a):1-9", "\(a):1-5:7-9", ["SQL_Delay": "3600"])
    #expect(delayed.recoveryPoint == at(30).seconds && delayed.mysqlLag == 0)
    let half = try pass(40, "\(a):1-20", "\(a):1-9", ["SQL_Delay": "3600"])
    #expect(half.recoveryPoint == at(30).seconds)
    // Two of its own, seen when the source was asked after it.
    _ = try pass(50, "\(a):1-20", "\(a):1-20,\(b):1-2")
    let errant = try pass(51, "\(a):1-20", "\(a):1-20,\(b):1-2")
    #expect(errant.value(MySQLMetrics.errant) == 2 && errant.detail.contains("of its own"))
    #expect(errant.recoveryPoint == at(51).seconds)
    // Rebuilt from an older copy.
    let older = try pass(60, "\(a):1-20", "\(a):1-9")
    #expect(older.recoveryPoint == at(30).seconds)
    // Another source's replica.
    let wrong = try pass(70, "\(a):1-20", "\(a):1-20", ["Source_UUID": b])
    #expect(wrong.mysqlWhy("west") == "wrong_cluster" && wrong.detail.contains(b))
  }

  @Test func positionsWithoutGTIDs() throws {
    var state = try state()
    func pass(_ seconds: Double, _ executed: String) throws -> Outcome {
      let source = try mysql(1, a, "", at: seconds)
      let target = try mysql(
        2, b, "", readOnly: true,
        replica: channel(["Exec_Source_Log_Pos": executed, "Retrieved_Gtid_Set": ""]),
        at: seconds)
      return outcome(
        state.observe(["east": .success(source), "west": .success(target)], at: at(seconds)), seconds)
    }
    #expect(try pass(0, "300").recoveryPoint == nil)
    #expect(try pass(1, "400").recoveryPoint == at(1).seconds)
  }

  @Test func heartbeatsAreCorrectedAndDoubted() throws {
    var state = try state { $0.heartbeat = try? MySQLTable("farwatch.heartbeat") }
    // The source's clock is 100 seconds ahead.
    func pass(_ seconds: Double, _ stamp: String, sourceAnswers: Bool = true) throws -> Outcome {
      let source = try mysql(1, a, "", clock: "2026-11-21 00:03:00.000000", at: seconds)
      let target = try mysql(
        2, b, "", readOnly: true, replica: channel(["Retrieved_Gtid_Set": ""]),
        beats: [["1", stamp], ["7", "x"]], at: seconds)
      return outcome(
        state.observe(
          [
            "east": sourceAnswers ? .success(source) : .failure(MySQLError(.timeout, "no answer")),
            "west": .success(target),
          ], at: at(seconds)), seconds)
    }
    let good = try pass(80, "2026-11-21 00:02:50.000000")
    #expect(abs((good.recoveryPoint ?? 0) - at(70).seconds) < 0.1)
    let silent = try pass(90, "2026-11-21 00:02:50.000000", sourceAnswers: false)
    #expect(silent.recoveryPoint == good.recoveryPoint && silent.primaryState == "unreachable")
    // pt-heartbeat in local time, hours ahead.
    let local = try pass(80, "2026-11-21T08:02:50.000000")
    #expect(local.mysqlWhy("west") == "bad_configuration" && local.detail.contains("--utc"))
    #expect(local.recoveryPoint.map { $0 <= (good.recoveryPoint ?? 0) } == true)
  }

  @Test func aClockThatIsSetBack() throws {
    var state = try state()
    func pass(_ seconds: Double, _ source: String, _ target: String) throws -> Outcome {
      outcome(
        state.observe(
          [
            "east": .success(try mysql(1, a, source, at: seconds)),
            "west": .success(try mysql(2, b, target, readOnly: true, replica: channel(), at: seconds)),
          ], at: at(seconds + 0.02)), seconds)
    }
    _ = try pass(1000, "\(a):1-5", "\(a):1-5")
    let before = try pass(1001, "\(a):1-6", "\(a):1-5")
    #expect(before.recoveryPoint == at(1000).seconds)
    let back = try pass(401, "\(a):1-6", "\(a):1-5")
    #expect((back.recoveryPoint ?? .infinity) <= at(400).seconds)
    #expect((back.exposure ?? 0) >= 1 && (back.exposure ?? 99) < 10)
  }

  @Test func familiesAreDeclaredOnce() {
    let names = MySQLMetrics.all.map(\.name)
    #expect(Set(names).count == names.count)
  }

  @Test func whatIsKnownOfTheSource() throws {
    let replica = try mysql(2, b, "\(a):1-5", readOnly: true, replica: channel(), at: 0)
    let cut = try mysql(
      2, b, "\(a):1-5", readOnly: true,
      replica: channel(["Replica_IO_Running": "Connecting", "Last_IO_Errno": "2003"]), at: 0)
    var blind = replica
    blind.channels = nil
    let silence = MySQLError(.timeout, "no answer")
    for (source, target, wanted) in [
      (MySQLLinkState.Answer.failure(silence), MySQLLinkState.Answer.success(replica), "unreachable"),
      (.failure(silence), .success(cut), "dead"), (.failure(silence), .success(blind), "unreachable"),
      (.failure(silence), .failure(silence), "isolated"),
      (.failure(silence), .failure(MySQLError(.authentication, serverCode: 1045, "no")), "unreachable"),
      (.failure(MySQLError(.limit, serverCode: 1040, "too many")), .success(cut), "alive"),
      (.failure(MySQLError(.limit, "our own")), .success(cut), nil),
    ] {
      var state = try state()
      let pass = outcome(state.observe(["east": source, "west": target], at: at(1)), 1)
      #expect(pass.primaryState == wanted)
    }
  }

  @Test func aRestoredMariaDBSource() throws {
    var state = try state()
    func node(_ id: UInt32, _ number: UInt64, _ seconds: Double) -> MySQLObservation {
      var seen = MySQLObservation(askedAt: at(seconds), answeredAt: at(seconds), serverID: id)
      if id == 1 {
        seen.written = .domains([0: number])
        seen.channels = []
      } else {
        seen.executed = .domains([0: number])
        seen.isReadOnly = true
        seen.channels = [.init(name: "", sourceHost: "", io: .running, sqlRuns: true)]
        seen.channels?[0].sourceID = 1
      }
      return seen
    }
    func pass(_ seconds: Double, _ source: UInt64, _ target: UInt64) -> Outcome {
      outcome(
        state.observe(
          ["east": .success(node(1, source, seconds)), "west": .success(node(2, target, seconds))],
          at: at(seconds)),
        seconds)
    }
    #expect(pass(0, 100, 100).recoveryPoint == at(0).seconds)
    let restored = pass(10, 50, 100)
    #expect(restored.recoveryPoint == at(0).seconds && restored.detail.contains("rebuild"))
    #expect(restored.isReplicating == 0)
    // It catches up in numbers, and still has another history.
    #expect(pass(20, 101, 100).recoveryPoint == at(0).seconds)
    // Rebuilt: it has what the source had when it stood at 50.
    #expect(pass(30, 101, 60).recoveryPoint == at(10).seconds)
    #expect(pass(40, 101, 101).recoveryPoint == at(40).seconds)
  }

  @Test func twoSourcesWithOneServerID() throws {
    var state = try state()
    func pass(_ seconds: Double, _ read: String) throws -> Outcome {
      let target = try mysql(
        2, b, "\(a):1-5", readOnly: true,
        replica: channel(["Read_Source_Log_Pos": read, "Source_UUID": "", "Exec_Source_Log_Pos": read]),
        at: seconds)
      let source = try mysql(1, a, "\(a):1-5", at: seconds)
      return outcome(
        state.observe(["east": .success(source), "west": .success(target)], at: at(seconds)), seconds)
    }
    #expect(try pass(0, "400").succeeded)
    // The source's log ends at 400.
    _ = try pass(10, "9000")
    let beyond = try pass(20, "9000")
    #expect(beyond.mysqlWhy("west") == "wrong_cluster" && beyond.isReplicating == 0)
    #expect(beyond.recoveryPoint == at(10).seconds)
  }

  @Test func galeraNodes() throws {
    func node(_ values: [(String, String)]) throws -> MySQLObservation? {
      let status = MySQLRows(columns: ["Variable_name", "Value"], rows: values.map { [$0.0, $0.1] })
      return try MySQLQueries.read(
        MySQLReply(
          identity: MySQLIdentity(version: 101_119, isMariaDB: true), sentAt: start, receivedAt: start,
          results: [
            .success(rows(["server_id": "1", "read_only": "0", "log_bin": "1", "binlog_pos": "0-1-5"])),
            .success(MySQLRows(columns: [], rows: [])), .success(MySQLRows(columns: [], rows: [])),
            .success(status),
          ]))
    }
    let lost = try node([
      ("wsrep_ready", "OFF"), ("wsrep_cluster_status", "non-Primary"), ("wsrep_cluster_size", "1"),
      ("wsrep_connected", "ON"),
    ])
    #expect(lost?.galera == .init(isReady: false, isPrimary: false, size: 1))
    let none = try node([("wsrep_ready", "OFF"), ("wsrep_cluster_size", "0"), ("wsrep_connected", "OFF")])
    #expect(none != nil && none?.galera == nil && none?.written == .domains([0: 5]))
    var state = try state()
    let pass = outcome(state.observe(["east": .success(try #require(lost))], at: start), 0)
    #expect(pass.value(MySQLMetrics.galeraPrimary) == 0 && pass.value(MySQLMetrics.galeraSize) == 1)
  }

  @Test func rehearsals() throws {
    let settings = try MySQLLinkSettings(
      link: "orders", source: .init(region: "east", source: MySQLSource()),
      targets: [.init(region: "west", source: MySQLSource())], rpo: .seconds(30))
    var rehearsal = settings.makeRehearsal(start: start)
    #expect(rehearsal.outcome(RehearsedLoss(), at: at(1)).primaryState == "alive")
    let lost = rehearsal.outcome(RehearsedLoss(regions: ["east"]), at: at(2))
    #expect(lost.primaryState == "dead" && lost.recoveryPoint == at(1).seconds)
    #expect(
      rehearsal.outcome(RehearsedLoss(regions: ["east", "west"]), at: at(3)).primaryState == "isolated")
  }

  @Test func anyAnswerEndsWell() throws {
    let seed = UInt64.random(in: .min ... .max)
    var numbers = SeededNumbers(seed: seed)
    let words: [String?] = [
      nil, "", "Yes", "No", "0", "1", "-1", "1e300", "nan", "inf", "18446744073709551615", "\(a):1-5",
      "0-1-5", "x-y-z",
      "binlog.000003", "binlog.99999999999999999999", "2026-11-21 00:00:00.5", "9999-99-99 99:99:99",
      "é\u{0}", a,
    ]
    let columns =
      channel().keys.sorted().map { $0 } + [
        "server_id", "server_uuid", "gtid_executed", "binlog_pos", "slave_pos", "binlog_state", "read_only",
        "log_bin",
        "clock", "ts", "File", "Position", "Slave_received_heartbeats", "Slave_heartbeat_period",
        "Gtid_IO_Pos",
      ]
    var state = try state { $0.heartbeat = try? MySQLTable("a.b") }
    func any(_ rowCount: Int) -> Result<MySQLRows, MySQLError> {
      if numbers.chance(10) { return .failure(MySQLError(.permission, serverCode: 1227, "no")) }
      return .success(
        MySQLRows(
          columns: columns, rows: (0..<rowCount).map { _ in columns.map { _ in numbers.pick(words) } }))
    }
    func answer() -> MySQLLinkState.Answer {
      let results = (0..<Int.random(in: 0..<7, using: &numbers)).map { _ in
        any(Int.random(in: 0..<3, using: &numbers))
      }
      let moment = at(Double(Int.random(in: -100..<100, using: &numbers)))
      do throws(MySQLError) {
        return .success(
          try MySQLQueries.read(
            MySQLReply(
              identity: MySQLIdentity(
                version: numbers.pick([50_600, 80_036, 101_119]), isMariaDB: numbers.chance(50)),
              sentAt: moment, receivedAt: moment, results: results)))
      } catch { return .failure(error) }
    }
    for round in 0..<2000 {
      let pass = state.observe(["east": answer(), "west": answer()], at: at(Double(round % 50)))
      for reading in pass.readings {
        #expect(reading.value.isFinite, "seed \(seed): \(reading.family.name)")
        #expect(MySQLMetrics.all.contains(reading.family), "\(reading.family.name) is not declared")
      }
    }
  }
}
