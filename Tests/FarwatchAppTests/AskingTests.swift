import AlertmanagerAPI
import HTTPServer
import Model
import Notifying
import Paging
import Synchronization
import Terminal
import Testing

@testable import FarwatchApp

private struct AskedDaemon: PagingDaemonFace {
  let scripted = ScriptedPaging()
  var paging: any PagingFace { scripted }
  let acknowledgeLink = testLink
  var wallClock: Timestamp { SystemTime().now }
}

/// What the command line prints, asked of the real endpoints over a real listener.
@Suite struct AskingTests {
  private let daemon: AskedDaemon
  private let server: HTTPServer
  private let farwatch: RunningFarwatch

  init() throws {
    let daemon = AskedDaemon()
    self.daemon = daemon
    server = try HTTPServer(HTTPServerSettings(address: "127.0.0.1:0")) {
      AlertmanagerEndpoints(daemon: daemon).answer($0) ?? .text(404, "not here\n")
    }
    farwatch = RunningFarwatch(
      try Login(url: nil, environment: ["FARWATCH_URL": "127.0.0.1:\(server.port)/"]))
  }

  private func failure(_ body: () throws(AskingFailure) -> Void) -> AskingFailure? {
    do throws(AskingFailure) {
      try body()
      return nil
    } catch { return error }
  }

  @Test(arguments: [80, 120, 200]) func alertsFitTheTerminal(_ width: Int) throws {
    daemon.scripted.alert.withLock {
      $0?.annotations = ["summary": String(repeating: "long ", count: 60) + "\u{1b}[31mred"]
    }
    let lines = try farwatch.listAlerts([], asJSON: false, width: width)
    // In a narrow one the words stand below the row.
    #expect(lines.count == (width < 120 ? 3 : 2) && lines.allSatisfy { $0.count <= width }, "\(lines)")
    #expect(lines[0].hasPrefix("ALERT") && lines[1].contains("00000000000000ff"))
    #expect(lines.last?.hasSuffix("…") == true && lines.last?.contains("long") == true)
    #expect(lines[1].contains("RegionDo") && !lines.joined().contains("\u{1b}"))
  }

  /// One cell is as long as it likes, and there are many rows: no row is made as wide as that cell.
  @Test func aTableInAPipeIsBounded() throws {
    let long = String(repeating: "x", count: 1 << 20)
    let rows = (0..<10_000).map { ["Alert\($0)", "1h", $0 == 7 ? long : "a=b", "\u{202e}words"] }
    let clock = ContinuousClock()
    var lines: [String] = []
    let took = clock.measure {
      lines = TerminalText.table(["ALERT", "FOR", "LABELS", "SUMMARY"], rows, whole: 1, width: nil)
    }
    #expect(took < .seconds(10), "a debug build; release is far below one second")
    #expect(lines.count == 10_001 && lines.allSatisfy { $0.count < 160 && !$0.hasSuffix(" ") })
    #expect(lines[8].contains("xxx…") && lines[1].contains("words") && !lines[1].contains("\u{202e}"))
    daemon.scripted.alert.withLock { $0?.labels = ["alertname": String(repeating: "n", count: 500)] }
    #expect(
      try farwatch.listAlerts([], asJSON: false, width: nil)[1].hasPrefix(
        String(repeating: "n", count: 39) + "…"))
  }

  @Test func whatMutesAnAlertIsNamed() throws {
    daemon.scripted.alert.withLock {
      $0?.mutedBy = ["drill", "nights"]
      $0?.maintenance = ["drill"]
    }
    let line = try farwatch.listAlerts([], asJSON: false, width: nil)[1]
    #expect(line.contains("maintenance: drill, muted: nights"), "\(line)")
  }

  @Test func alertsInAPipeAreWhole() throws {
    let lines = try farwatch.listAlerts(["RegionDown", "region=~<j.*"], asJSON: false, width: nil)
    #expect(lines.last?.contains("region=<japan>  it's \"down\"") == true, "\(lines)")
    #expect(try farwatch.listAlerts(["Other"], asJSON: false, width: 80) == ["No such alert fires."])
    #expect(
      try farwatch.listAlerts([], asJSON: true, width: 80).first?.hasPrefix("[{\"annotations\"") == true)
    #expect(
      failure { () throws(AskingFailure) in _ = try farwatch.listAlerts(["a=~("], asJSON: false, width: 80) }?
        .line.contains("invalid regular expression") == true)
  }

  @Test func takingOnAndGivingBack() throws {
    let taken = try farwatch.acknowledge(["region=<japan>"], by: "ada", comment: "on it", undo: false)
    #expect(taken == ["00000000000000ff acknowledged: RegionDown region=<japan>"])
    #expect(daemon.scripted.alert.withLock { $0?.acknowledgement?.comment } == "on it")
    #expect(try farwatch.listAlerts([], asJSON: false, width: 200)[1].contains("ack by ada"))
    let back = try farwatch.acknowledge(["00000000000000FF"], by: "ada", comment: "", undo: true)
    #expect(back == ["00000000000000ff given back: RegionDown region=<japan>"])
    let nobody = failure { () throws(AskingFailure) in
      _ = try farwatch.acknowledge(["Other"], by: "ada", comment: "", undo: false)
    }
    #expect(nobody?.line == "no alert that fires is like that" && nobody?.isMisuse == false)
  }

  @Test func theLifeOfASilence() throws {
    let options = try SilenceOptions(author: "ada", comment: "drill", duration: "2h", start: nil, end: nil)
    let id = try farwatch.addSilence(["RegionDown", "region!~\"e.\""], options)
    let silence = try #require(daemon.scripted.silences.withLock { $0.first })
    #expect(silence.matchers.map(\.description) == ["alertname=\"RegionDown\"", "region!~\"e.\""])
    #expect(silence.endsAt - silence.startsAt == .seconds(7200) && silence.createdBy == "ada")
    for width in [80, 200] {
      let lines = try farwatch.listSilences([], expired: false, asJSON: false, width: width)
      #expect(
        lines.count == (width < 120 ? 3 : 2) && lines.last?.contains("region!~") == true
          && lines.allSatisfy { $0.count <= width } && lines[1].hasPrefix(id), "\(lines)")
    }
    #expect(try farwatch.listSilences([], expired: false, asJSON: false, width: 80)[1].contains("in 1h59m"))
    #expect(
      try farwatch.listSilences([], expired: true, asJSON: false, width: 80) == ["No silence has ended."])
    let longer = try SilenceOptions(
      author: "bob", comment: nil, duration: nil, start: nil, end: "2099-01-01T00:00:00Z")
    #expect(try farwatch.updateSilence(id, longer) == id)
    let changed = try #require(daemon.scripted.silences.withLock { $0.first })
    #expect(changed.endsAt.iso8601 == "2099-01-01T00:00:00.000Z" && changed.comment == "drill")
    #expect(changed.matchers == silence.matchers && changed.startsAt == silence.startsAt)
    try farwatch.expireSilence(id)
    #expect(
      failure { () throws(AskingFailure) in try farwatch.expireSilence(id) }?.line.hasSuffix(
        "silence not found") == true)
  }

  @Test func wrongUseIsToldApart() {
    func isMisuse(_ body: () throws(AskingFailure) -> Void) -> Bool { failure(body)?.isMisuse == true }
    for (duration, end) in [("junk", nil), ("0s", nil), ("-1h", nil), ("1h", "2099-01-01T00:00:00Z")] {
      #expect(
        isMisuse { () throws(AskingFailure) in
          _ = try SilenceOptions(author: "a", comment: nil, duration: duration, start: nil, end: end)
        })
    }
    #expect(
      isMisuse { () throws(AskingFailure) in
        let options = try SilenceOptions(author: "a", comment: "c", duration: nil, start: "soon", end: nil)
        _ = try farwatch.addSilence(["a=b"], options)
      })
  }

  @Test func whoeverIsNotThereIsNamed() throws {
    let nobody = RunningFarwatch(try Login(url: "http://127.0.0.1:1/", environment: [:]))
    let failed = failure { () throws(AskingFailure) in
      _ = try nobody.listAlerts([], asJSON: false, width: nil)
    }
    #expect(failed?.line.hasPrefix("http://127.0.0.1:1 cannot be asked: connection_refused") == true)
  }
}
