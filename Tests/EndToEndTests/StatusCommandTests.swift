import FarwatchTesting
import Foundation
import Testing

/// `farwatch status` and `farwatch top` beside a running daemon, the latter on a real pseudo terminal.
@Suite(.serialized) struct StatusCommandTests {
  private func farwatch(
    _ arguments: [String], environment: [String: String] = [:]
  ) async throws -> (exit: ChildProcess.Exit, output: String) {
    let child = try ChildProcess([FarwatchProcess.binary] + arguments, environment: environment)
    return (try await child.wait(timeout: .seconds(90)), child.output)
  }

  @Test(.timeLimit(.minutes(5))) func theExitCodeSaysItInOneNumber() async throws {
    let fleet = try Fleet(regions: ["taiwan", "japan"])
    let daemon = try await fleet.runConfirmed()
    defer { daemon.child.stop() }
    let url = ["--url", daemon.baseURL]
    try await waitUntil(timeout: .seconds(60), every: .milliseconds(200), "all is good; \(fleet.log)") {
      try await farwatch(["status"] + url).exit == .code(0)
    }
    let good = try await farwatch(["status"] + url)
    #expect(good.output.hasPrefix("GOOD     Nothing is firing\n"), "\(good.output)")
    #expect(good.output.contains("taiwan") && !good.output.contains("\u{1b}"), "\(good.output)")
    let painted = try await farwatch(["status", "--color", "always"] + url, environment: ["NO_COLOR": "1"])
    #expect(painted.output.hasPrefix("\u{1b}[32mGOOD"), "\(painted.output)")

    fleet.regions[1].down()
    try await waitUntil(timeout: .seconds(60), every: .milliseconds(200), "one is bad; \(fleet.log)") {
      try await farwatch(["status"] + url).output.contains("alert is firing")
    }
    let bad = try await farwatch(["status"] + url)
    #expect(
      bad.exit == .code(1) && bad.output.hasPrefix("BAD ")
        && bad.output.split(separator: "\n").first?.contains(" down") == true, "\(bad.output)")
    #expect(bad.output.contains("RegionDown"), "\(bad.output)")
    let json = try await farwatch(["status", "--json"] + url)
    #expect(json.exit == .code(1))
    let document = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
    #expect((document?["regions"] as? [Any])?.count == 2, "\(json.output)")

    daemon.child.stop()
    let gone = try await farwatch(["status"] + url)
    #expect(gone.exit == .code(2) && gone.output.contains("cannot be asked"), "\(gone.output)")
  }

  @Test(.timeLimit(.minutes(5))) func topIsLiveAndGivesTheTerminalBack() async throws {
    let fleet = try Fleet(regions: ["taiwan", "japan"])
    let daemon = try await fleet.runConfirmed()
    defer { daemon.child.stop() }
    let top = [FarwatchProcess.binary, "top", "--interval", "200ms", "--url", daemon.baseURL]
    let shown = try await PseudoTerminal.run(
      top,
      [
        .wait("\u{1b}[?1049h"), .wait("q quit"), .wait("Regions"), .resize(rows: 30, columns: 100),
        .wait("\u{1b}[H\u{1b}[1mFarwatch"), .send("s"), .wait("by name"), .send("?"), .wait("one page down"),
        .send("?"),
        .wait("Regions"), .send("q"),
      ])
    #expect(shown.fault == nil && shown.code == 0 && shown.restored, "\(shown)")
    #expect(
      shown.output.hasSuffix("\u{1b}[?25h\u{1b}[?1049l"), "\(shown.output.suffix(200).debugDescription)")
    #expect(shown.output.contains("\u{1b}[32m"), "colour")
    let first = shown.output.components(separatedBy: "\u{1b}[H").dropFirst(2).first ?? ""
    #expect(first.components(separatedBy: "\r\n").count == 24, "\(first.debugDescription)")

    for number in [SIGTERM, SIGINT, SIGHUP] {
      let ended = try await PseudoTerminal.run(top, [.wait("Regions"), .signal(number)])
      #expect(ended.fault == nil && ended.code == 0 && ended.restored, "\(number): \(ended)")
      #expect(ended.output.hasSuffix("\u{1b}[?25h\u{1b}[?1049l"))
    }
    let stopped = try await PseudoTerminal.run(
      top,
      [
        .wait("Regions"), .send("\u{1a}"), .wait("\u{1b}[?1049l"), .signal(SIGCONT), .wait("\u{1b}[?1049h"),
        .wait("Regions"), .send("q"),
      ])
    #expect(stopped.fault == nil && stopped.code == 0 && stopped.restored, "\(stopped)")
    let plain = try await PseudoTerminal.run(
      top, environment: ["TERM": "dumb"], [.wait("Regions"), .signal(SIGTERM)])
    #expect(plain.fault == nil && !plain.output.contains("\u{1b}"), "\(plain)")
    let colourless = try await PseudoTerminal.run(
      top, environment: ["TERM": "xterm", "NO_COLOR": "1"], [.wait("Regions"), .send("q")])
    #expect(!colourless.output.contains("[32m") && colourless.restored)
  }

  @Test(.timeLimit(.minutes(5))) func topSaysThatItIsAloneAndComesBack() async throws {
    let fleet = try Fleet(regions: ["taiwan"])
    let url = "http://127.0.0.1:\(fleet.port)"
    let alone = fleet.directory.file("alone")
    let starting = Task {
      try await PseudoTerminal.run(
        [FarwatchProcess.binary, "top", "--interval", "200ms", "--url", url],
        [.wait("\u{1b}[1;31mNOT CONNECTED"), .touch(alone), .wait("Regions"), .send("q")])
    }
    try await waitUntil(timeout: .seconds(60), "it says that it is alone") {
      FileManager.default.fileExists(atPath: alone)
    }
    let daemon = try await fleet.runConfirmed()
    defer { daemon.child.stop() }
    let shown = try await starting.value
    #expect(shown.fault == nil && shown.code == 0 && shown.restored, "\(shown)")
  }

  /// Asked once an hour, it shows what happens when it happens: it is told.
  @Test(.timeLimit(.minutes(5))) func topFollowsWhatHappens() async throws {
    let fleet = try Fleet(regions: ["taiwan", "japan"])
    let daemon = try await fleet.runConfirmed()
    defer { daemon.child.stop() }
    let top = try ChildProcess(
      [FarwatchProcess.binary, "top", "--interval", "1h", "--url", daemon.baseURL],
      environment: ["TERM": "dumb"])
    defer { top.stop() }
    try await waitUntil(timeout: .seconds(60), "it shows and follows; \(top.output)") {
      top.output.contains("GOOD     Nothing is firing")
    }
    fleet.regions[1].down()
    try await waitUntil(timeout: .seconds(60), "it shows what happened; \(top.output)") {
      top.output.contains("japan down")
    }
  }

  @Test func aWrongIntervalIsWrongUse() async throws {
    let soon = try await farwatch(["top", "--interval", "soon"])
    #expect(soon.exit == .code(2) && soon.output.contains("--interval \"soon\""), "\(soon.output)")
  }

  @Test(.timeLimit(.minutes(5))) func aLoginIsReadFromAFile() async throws {
    let fleet = try Fleet(regions: ["taiwan"])
    let directory = fleet.directory
    try directory.write("token", "s3cret-t0ken\n")
    try directory.write("other", "an0ther\n")
    let access = """
      access:
        tokens:
          - {name: reader, token_file: token, roles: [read]}
          - {name: scraper, token_file: other, roles: [metrics]}

      """
    try directory.write("farwatch.yml", fleet.configuration() + access)
    let daemon = try await fleet.run()
    defer { daemon.child.stop() }
    let url = ["--url", daemon.baseURL]
    let nobody = try await farwatch(["alerts"] + url)
    #expect(nobody.exit == .code(1) && nobody.output.contains("--token-file"), "\(nobody.output)")
    let token = directory.file("token")
    for command in [["alerts"], ["silence", "query"], ["events"]] {
      let reader = try await farwatch(command + ["--token-file", token] + url)
      #expect(reader.exit == .code(0), "\(command): \(reader.output)")
      let named = try await farwatch(command + url, environment: ["FARWATCH_TOKEN_FILE": token])
      #expect(named.exit == .code(0), "\(command): \(named.output)")
    }
    let told = try await farwatch(["ack", "a=b", "--token-file", directory.file("other")] + url)
    #expect(told.exit == .code(1) && told.output.contains("role read"), "\(told.output)")
    #expect(told.output.contains("this login has: metrics; the login is that in "), "\(told.output)")
    let silence = try await farwatch(["silence", "add", "a=b", "-c", "x", "--token-file", token] + url)
    #expect(silence.exit == .code(1) && silence.output.contains("role operate"), "\(silence.output)")
    try directory.write("wrong", "nonsense")
    let wrong = try await farwatch(["status", "--token-file", directory.file("wrong")] + url)
    #expect(wrong.exit == .code(2) && wrong.output.contains("does not know the login in"), "\(wrong.output)")
    #expect(!wrong.output.contains("nonsense"))
    let missing = try await farwatch(["alerts", "--token-file", "/no/such"] + url)
    #expect(missing.exit == .code(1) && missing.output.contains("/no/such"), "\(missing.output)")
    let open = try await farwatch(["alerts", "--url", "http://ada:pw@127.0.0.1:1"])
    #expect(open.exit == .code(2) && open.output.contains("--user-file") && !open.output.contains("pw"))
  }
}
