import FarwatchTesting
import Model
import Testing

@testable import StatusView

@Suite struct StatusDocumentTests {
  private static let json = """
    {"takenAt":"2026-11-21T18:00:00.000Z","startedAt":"2026-11-18T14:00:00.000Z","vantage":"taipei","version":"1",
    "ready":true,"reloadProblem":"farwatch.yml:3:1: no","new":{"x":[1]},
    "readiness":[{"region":"japan","exposureSeconds":0.8,"verdict":"good","takesSeconds":40,"lastProven":null,"reason":null}],
    "regions":[{"name":"japan","role":"standby","verdict":"wobbly","sharePercent":null,
    "traffic":{"requestsPerSecond":2.5,"errorsPerSecond":null,"reason":"no"},"checks":[
    {"name":"web","verdict":"bad","since":"2026-11-21T17:59:00.000Z","consecutiveFailures":3,"latencySeconds":null,"reason":"timeout"}]}],
    "links":[{"name":"orders","engine":"postgres","source":"a","target":"b","verdict":"unknown","recoveryPoint":null,
    "exposureSeconds":null,"objectiveSeconds":30,"measured":false,"reason":"no recovery point is known"}],
    "backups":[{"job":"n","region":"a","verdict":"bad","newestGood":null,"objectiveSeconds":60,"sizeBytes":null,"measured":true}],
    "alerts":[{"name":"Down","state":"firing","since":"2026-11-21T17:59:00.000Z","labels":{"a":"b"},"summary":"s",
    "paging":{"silencedBy":["ada"],"inhibitedBy":[],"mutedBy":["night"],"acknowledgedBy":"bob"}}],
    "alarms":[{"name":"cpu","state":"ALARM","verdict":"bad","stateReason":"too high"}],
    "receivers":[{"topic":"t","name":"r","confirmed":true,"waiting":2,"consecutiveFailures":1,"fallenBack":true,"fallback":"f"}],
    "heartbeats":[{"name":"h","withheld":["the store fails"],"reason":null}],
    "store":{"failing":true,"reason":"disk full"},"problems":["Rule x cannot be evaluated"]}
    """

  @Test func membersAreRead() throws {
    let status = try StatusAnswer(json: Array(Self.json.utf8))
    #expect(status.takenAt == noon && status.isReady && status.vantage == "taipei")
    #expect(status.regions[0].verdict == .unknown, "a word that is not known")
    #expect(status.regions[0].checks[0].problem == "timeout" && status.regions[0].checks[0].verdict == .bad)
    #expect(
      status.regions[0].traffic == .init(requestsPerSecond: 2.5, errorsPerSecond: nil, reason: "no"))
    #expect(status.readiness[0].takesSeconds == 40 && status.readiness[0].lastProven == nil)
    #expect(status.links[0].exposureSeconds == nil && status.links[0].problem == "no recovery point is known")
    #expect(status.backups[0].measured && status.backups[0].newestGood == nil)
    #expect(status.alerts[0].heldBackBy == ["silenced by ada", "muted by night"])
    #expect(status.alerts[0].acknowledgedBy == "bob" && status.alarms[0].reason == "too high")
    #expect(status.receivers[0].isFallenBack && status.receivers[0].waiting == 2)
    #expect(
      status.problems == [
        "The configuration on disk is not in force: farwatch.yml:3:1: no", "Rule x cannot be evaluated",
        "The store fails: disk full", "Heartbeat h is not sent: the store fails",
      ])
    #expect(status.judgement == .bad)
  }

  @Test(arguments: [
    "", "{}", "[]", "null", "<html>", "{\"ready\":\"yes\",\"regions\":[]}", "{\"ready\":true}",
  ])
  func whatIsNoStatusIsRefused(_ text: String) {
    #expect(throws: StatusAnswer.Fault.self) { try StatusAnswer(json: Array(text.utf8)) }
  }

  @Test func damagedBytesAreRefusedOrShown() {
    let seed: UInt64 = 20_261_121
    var numbers = SeededNumbers(seed: seed)
    let whole = Array(Self.json.utf8)
    for round in 0..<400 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...6, using: &numbers) {
        bytes[Int.random(in: 0..<bytes.count, using: &numbers)] = UInt8.random(in: 0...255, using: &numbers)
      }
      if round % 4 == 0 { bytes.removeLast(Int.random(in: 1..<bytes.count, using: &numbers)) }
      guard let status = try? StatusAnswer(json: bytes) else { continue }
      var screen = TopScreen(address: "x", colour: false)
      screen.hear(status, at: noon)
      let frame = screen.frame(.init(columns: 80, rows: 24), at: noon)
      #expect(frame.count == 24, "seed \(seed), round \(round)")
    }
  }
}
