import Collecting
import FarwatchTesting
import Model
import RedisClient
import Replication
import Testing

private let start = Timestamp(milliseconds: 1_767_225_600_000)
private let ours = String(repeating: "a", count: 40)
private let theirs = String(repeating: "b", count: 40)

@Suite struct RedisLinkStateTests {
  private static func settings() -> RedisLinkSettings {
    RedisLinkSettings(
      link: "sessions", source: .init(region: "east", server: RedisServer(host: "a")),
      targets: [.init(region: "west", server: RedisServer(host: "b"))], rpo: .seconds(30))
  }

  private var state = RedisLinkState(settings())

  private func master(
    _ second: Int64, _ offset: Int64, _ history: String = ours, before: String? = nil, fork: Int64? = nil,
    replicas: [RedisObservation.Replica] = []
  ) -> RedisObservation {
    let at = start + .seconds(second)
    var seen = RedisObservation(askedAt: at, answeredAt: at + .milliseconds(2), isMaster: true)
    seen.history = history
    seen.historyBefore = before
    seen.forkOffset = fork
    seen.offset = offset
    seen.replicas = replicas
    return seen
  }

  private func replica(
    _ second: Int64, _ offset: Int64, _ history: String = ours, up: Bool = true, syncing: Bool = false
  ) -> RedisObservation {
    let at = start + .seconds(second)
    var seen = RedisObservation(askedAt: at, answeredAt: at + .milliseconds(2), isMaster: false)
    seen.history = history
    seen.offset = offset
    seen.link = .init(isUp: up, isSyncing: syncing, neverConnected: false, silence: up ? .zero : nil)
    return seen
  }

  private mutating func pass(
    _ second: Int64, _ east: RedisObservation?, _ west: RedisObservation?
  ) -> [MetricFamily: [Reading]] {
    var answers: [String: RedisLinkState.Answer] = [:]
    answers["east"] = east.map { .success($0) }
    answers["west"] = west.map { .success($0) }
    let pass = state.observe(answers, at: start + .seconds(second) + .milliseconds(5))
    return Dictionary(grouping: pass.readings, by: \.family)
  }

  private func point(_ pass: [MetricFamily: [Reading]]) -> Double? {
    pass[ReplicationFamilies.recoveryPoint]?.first.map { $0.value - start.seconds }
  }

  @Test mutating func theRecoveryPointMovesOnlyOnProof() {
    #expect(point(pass(0, master(0, 100), replica(0, 90))) == nil)
    #expect(point(pass(1, master(1, 200), replica(1, 150))) == 0)
    #expect(point(pass(2, master(2, 300), replica(2, 300))) == 2)
    #expect(point(pass(3, master(3, 400), replica(3, 300))) == 2)
    // The source is silent: a replica that goes on applying what it had received still proves something.
    #expect(point(pass(4, nil, replica(4, 400))) == 3)
    #expect(point(pass(90, nil, replica(90, 400))) == 3)
    #expect(point(pass(91, master(91, 500), nil)) == 3)
  }

  @Test mutating func aFullSynchronizationAndAnotherHistoryProveNothing() {
    #expect(point(pass(0, master(0, 100), replica(0, 100))) == 0)
    #expect(point(pass(1, master(1, 200), replica(1, 1, up: false, syncing: true))) == 0)
    let foreign = pass(2, master(2, 300), replica(2, 10_000, theirs))
    #expect(point(foreign) == 0)
    #expect(foreign[ReplicationFamilies.lagBytes] == nil)
    #expect(foreign[ReplicationFamilies.up]?.first?.value == 0)
  }

  @Test mutating func offsetsOfTheHistoryBeforeCountUpToTheFork() {
    // The master was promoted at 100: 101 is the first offset that is its own.
    let promoted = master(0, 150, ours, before: theirs, fork: 101)
    #expect(pass(0, promoted, replica(0, 100, theirs))[ReplicationFamilies.lagBytes]?.first?.value == 50)
    #expect(pass(1, promoted, replica(1, 101, theirs))[ReplicationFamilies.lagBytes] == nil)
    #expect(pass(2, promoted, replica(2, 150, ours))[ReplicationFamilies.lagBytes]?.first?.value == 0)
  }

  @Test mutating func aMasterOfANewHistoryStartsTheMemoryAnew() {
    #expect(point(pass(0, master(0, 1000), replica(0, 1000))) == 0)
    // It came back empty, under a new name; a replica that still has the old one proves nothing by its great offset.
    #expect(point(pass(1, master(1, 10, theirs), replica(1, 1000, up: false))) == 0)
    #expect(point(pass(2, master(2, 20, theirs), replica(2, 20, theirs))) == 2)
  }

  @Test mutating func aReplicaThatFellBackTakesItsPointBack() {
    _ = pass(0, master(0, 100), replica(0, 100))
    #expect(point(pass(5, master(5, 200), replica(5, 200))) == 5)
    #expect(point(pass(6, master(6, 200), replica(6, 150))) == 0)
  }

  @Test mutating func aReplicaAheadOfItsMasterHasAnotherPast() {
    _ = pass(0, master(0, 500), replica(0, 500))
    let seen = pass(1, master(1, 400), replica(1, 500))
    #expect(seen[ReplicationFamilies.up]?.first?.value == 0)
    #expect(
      seen[RedisMetrics.failureReason]?.contains { $0.value == 1 && $0.labels["region"] == "west" } == true)
  }

  @Test mutating func aClockSetBackMakesNothingYounger() {
    #expect(point(pass(100, master(100, 100), replica(100, 100))) == 100)
    let after = point(pass(40, master(40, 200), replica(40, 100)))
    #expect(after.map { $0 <= 40 } == true)
  }

  @Test mutating func replicasThatComeAndGoAreForgottenAfterADayAndNeverPileUp() {
    let one = RedisObservation.Replica(name: "10.0.0.1:6379", state: "online", offset: 1, silence: .zero)
    _ = pass(0, master(0, 1, replicas: [one]), nil)
    let gone = pass(3600, master(3600, 1), nil)
    #expect(gone[RedisMetrics.replicaConnected]?.map(\.value) == [0])
    #expect(gone[RedisMetrics.exporterLag]?.first.map { $0.value.rounded() } == 3600)
    #expect(pass(90_000, master(90_000, 1), nil)[RedisMetrics.replicaConnected] == nil)
    for number in 0..<100 {
      let other = RedisObservation.Replica(
        name: "10.0.0.\(number):1", state: "online", offset: 1, silence: .zero)
      let second = 90_001 + Int64(number)
      let readings = pass(second, master(second, 1, replicas: [other]), nil)
      #expect(readings[RedisMetrics.replicaConnected]?.count ?? 0 <= RedisQueries.replicaLimit)
    }
  }

  @Test func infoOfAnyServerIsReadOrRefused() throws {
    func read(_ text: String) throws -> RedisObservation {
      try RedisQueries.read(
        RedisReply(
          sentAt: start, receivedAt: start,
          results: [.success(.string(Array(text.utf8))), .success(.string([]))]))
    }
    #expect(throws: RedisError.self) { try read("") }
    #expect(throws: RedisError.self) { try read("role:sentinel\r\n") }
    let old = try read("role:master\r\nmaster_repl_offset:5\r\n")
    #expect(old.problem?.reason == .configuration)
    let odd = try read(
      "role:slave\r\nslave_repl_offset:-9\r\nmaster_last_io_seconds_ago:-1\r\nmaster_replid:zz\r\n")
    #expect(odd.offset == nil)
    #expect(odd.link?.silence == nil)
    let many = (0..<500).map { "slave\($0):ip=::1,port=1,state=online,offset=99999999999999999999,lag=-1" }
    let crowd = try read("role:master\r\n" + many.joined(separator: "\r\n"))
    #expect(crowd.replicas.count == RedisQueries.replicaLimit)
    #expect(crowd.replicas.first?.name == "[::1]:1")
    #expect(crowd.replicas.first?.offset == nil)
  }

  @Test func randomInfoNeverHarms() {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    var random = SeededNumbers(seed: seed)
    let words = [
      "role", "master", "slave", "slave0", ":", "=", ",", "\r\n", "ip", "port", "lag", "offset",
      "state=online", "-1",
      "9223372036854775807", "master_replid", ours, theirs, "second_repl_offset", "master_link_status:up",
      "master_last_io_seconds_ago:", "slave_repl_offset:", "#", "\u{0}", "é", "run_id:\(ours)\r\n",
    ]
    var state = RedisLinkState(Self.settings())
    for round in 0..<600 {
      func text() -> [UInt8] {
        let head = random.pick(["role:master\r\n", "role:slave\r\n", ""])
        return Array((head + (0..<20).map { _ in random.pick(words) }.joined()).utf8)
      }
      var answers: [String: RedisLinkState.Answer] = [:]
      for region in ["east", "west"] {
        let at = start + .seconds(Int64.random(in: -100_000...100_000, using: &random))
        let reply = RedisReply(
          sentAt: at, receivedAt: at,
          results: (0..<4).map { _ in .success(.string(text())) })
        do throws(RedisError) { answers[region] = .success(try RedisQueries.read(reply)) } catch {
          answers[region] = .failure(error)
        }
      }
      let pass = state.observe(answers, at: start + .seconds(Int64(round)))
      #expect(pass.readings.allSatisfy { $0.value.isFinite })
    }
  }
}
