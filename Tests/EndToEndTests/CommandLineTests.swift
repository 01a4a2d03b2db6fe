import FarwatchTesting
import Foundation
import Testing

/// What a person at a terminal and a script see. Exit codes: 0 good, 1 failed, 2 used wrongly.
@Suite(.serialized) struct CommandLineTests {
  private func farwatch(_ arguments: String...) async throws -> (exit: ChildProcess.Exit, output: String) {
    let child = try ChildProcess([FarwatchProcess.binary] + arguments)
    return (try await child.wait(timeout: .seconds(90)), child.output)
  }

  @Test func versionHelpAndCompletions() async throws {
    let version = try await farwatch("--version")
    #expect(version.exit == .code(0) && version.output.contains("."))
    for command in [
      [], ["run"], ["check"], ["check", "config"], ["check", "rules"], ["check", "alarms"],
      ["check", "metrics"],
      ["test", "rules"], ["demo"], ["events"], ["prove"], ["probe"], ["alerts"], ["ack"], ["silence"],
      ["silence", "add"],
      ["silence", "query"],
      ["silence", "update"], ["silence", "expire"], ["replay"], ["query"], ["query", "instant"],
      ["query", "range"],
      ["dashboards"], ["service-levels"],
      ["drill"], ["drill", "start"], ["drill", "note"], ["drill", "phase"], ["drill", "stop"],
      ["drill", "list"], ["drill", "report"], ["drill", "verify"],
      ["status"], ["top"], ["manual"],
    ] {
      let child = try ChildProcess([FarwatchProcess.binary] + command + ["--help"])
      #expect(try await child.wait() == .code(0))
      #expect(child.output.contains("USAGE: farwatch"), "\(command): \(child.output)")
    }
    for shell in ["bash", "zsh", "fish"] {
      let script = try await farwatch("--generate-completion-script", shell)
      #expect(script.exit == .code(0) && script.output.contains("farwatch") && script.output.count > 500)
    }
  }

  @Test(arguments: [
    ["check", "metrics", "--format", "xml"], ["--nonsense"], ["nonsense"], ["run", "--nonsense"],
    ["run", "--log-level", "loud"], ["check", "config"],
    ["test", "rules"], ["demo", "--port", "70000"], ["ack"], ["events", "--follow", "--verify"],
    ["prove", "--all", "--topic", "a"], ["silence", "add", "-c", "why"],
    ["silence", "add", "a=b"], ["silence", "expire"], ["silence", "update"], ["replay", "--seed", "x"],
    ["query", "instant"], ["query", "range"],
    ["dashboards"], ["service-levels"],
    ["drill", "start", "--workload", "shop"], ["drill", "report", "--format", "pdf"], ["drill", "verify"],
    ["status", "--color", "sometimes"],
  ])
  func wrongUseIsTwo(_ arguments: [String]) async throws {
    let child = try ChildProcess([FarwatchProcess.binary] + arguments)
    #expect(try await child.wait() == .code(2), "\(child.output)")
    #expect(child.output.contains("Error"), "\(child.output)")
  }

  /// What an installed Farwatch writes is what the repository has for Grafana.
  @Test func dashboardsAreWritten() async throws {
    let folder = try TemporaryDirectory()
    let written = try await farwatch("dashboards", "--output", folder.path)
    #expect(written.exit == .code(0) && written.output.contains("panels"), "\(written.output)")
    let shipped = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "grafana/dashboards").path
    let difference = try await ChildProcess.run(["diff", "-r", shipped, folder.path])
    #expect(difference.isEmpty, "\(difference)")
    let nowhere = try await farwatch("dashboards", "--output", folder.file("none"))
    #expect(nowhere.exit == .code(1) && nowhere.output.contains("cannot write"), "\(nowhere.output)")
  }

  /// Where a configuration is reviewed, nothing that it names need be there.
  @Test func theFormOfAConfigurationCanBeCheckedAlone() async throws {
    let folder = try TemporaryDirectory()
    let file = try folder.write(
      "farwatch.yml",
      """
      regions: {r: {role: primary}}
      rule_files: [rules/*.yml]
      health: {checks: [{name: c, region: r, exec: {command: [/no/such], environment_files: {T: /no/secret}}}]}

      """)
    let form = try await farwatch("check", "config", "--syntax-only", file)
    #expect(form.exit == .code(0), "\(form.output)")
    #expect(form.output.contains("\(file): good in its form: 1 region, 1 check, "), "\(form.output)")
    let whole = try await farwatch("check", "config", file)
    #expect(whole.exit == .code(1) && whole.output.contains("/no/secret"), "\(whole.output)")
    try folder.write("farwatch.yml", "regions: {r: {role: king}}\n")
    let wrong = try await farwatch("check", "config", "--syntax-only", file)
    #expect(wrong.exit == .code(1) && wrong.output.contains("farwatch.yml:1:"), "\(wrong.output)")
  }

  @Test func aConfigurationMayComeFromTheStandardInput() async throws {
    let folder = try TemporaryDirectory()
    for (text, code, told) in [
      ("regions: {r: {role: primary}}\n", 0, "<stdin>: good: 1 region, "),
      ("regions: {r: {role: king}}\n", 1, "<stdin>:1:"),
    ] {
      let file = try folder.write("farwatch.yml", text)
      let binary = FarwatchProcess.binary
      for command in ["'\(binary)' check config - < '\(file)'", "cat '\(file)' | '\(binary)' check config -"]
      {
        let child = try ChildProcess(["/bin/sh", "-c", command])
        #expect(try await child.wait(timeout: .seconds(20)) == .code(Int32(code)), "\(child.output)")
        #expect(child.output.contains(told), "\(child.output)")
      }
    }
  }

  /// Hashes differ from process to process, what is printed must not.
  @Test func aReplayIsTheSameInEveryProcess() async throws {
    let fleet = try Fleet(regions: ["taiwan", "japan"])
    let arguments = [
      "replay", "--config", fleet.configurationFile, "--lose-region", "japan@1m..3m", "--verbose",
      "--receiver-fails", "critical@1m..2m",
    ]
    var outputs: Set<String> = []
    for _ in 0..<3 {
      let child = try ChildProcess([FarwatchProcess.binary] + arguments)
      #expect(try await child.wait(timeout: .seconds(60)) == .code(0), "\(child.output)")
      outputs.insert(child.output)
    }
    #expect(outputs.count == 1 && outputs.first?.contains("First page") == true, "\(outputs)")
    let nothing = try await farwatch("replay", "--config", fleet.configurationFile)
    #expect(nothing.exit == .code(2) && nothing.output.hasPrefix("nothing to replay"), "\(nothing.output)")
  }

  /// Found out by what a matcher or a duration says, and not by the shape of the command.
  @Test(arguments: [["a=~("], ["a=b", "--duration", "soon"], ["a=b", "--start", "soon"]])
  func aSilenceThatCannotBeIsWrongUse(_ arguments: [String]) async throws {
    let child = try ChildProcess(
      [FarwatchProcess.binary, "silence", "add", "-c", "why", "--url", "http://127.0.0.1:1"] + arguments)
    #expect(try await child.wait() == .code(2), "\(child.output)")
    #expect(child.output.split(separator: "\n").count == 1, "\(child.output)")
  }

  @Test func aWaitThatCannotBeIsWrongUse() async throws {
    let soon = try await farwatch("prove", "--timeout", "soon", "--url", "http://127.0.0.1:1")
    #expect(soon.exit == .code(2) && soon.output.contains("--timeout \"soon\""), "\(soon.output)")
  }

  @Test func whoDoesNotAnswerIsNamedInOneLine() async throws {
    for command in [["alerts"], ["silence", "query"], ["ack", "a=b"], ["prove"]] {
      let child = try ChildProcess(
        [FarwatchProcess.binary] + command, environment: ["FARWATCH_URL": "http://127.0.0.1:1"])
      #expect(try await child.wait() == .code(1))
      #expect(child.output.hasPrefix("http://127.0.0.1:1 cannot be asked: "), "\(child.output)")
      #expect(child.output.split(separator: "\n").count == 1)
    }
  }

  @Test func aMissingFileIsSaidInOneLine() async throws {
    for command in [["run", "--config"], ["check", "config"], ["check", "rules"]] {
      let child = try ChildProcess([FarwatchProcess.binary] + command + ["/nonexistent/farwatch.yml"])
      #expect(try await child.wait() == .code(1))
      let lines = child.output.split(separator: "\n")
      #expect(lines.count == 1 && child.output.contains("/nonexistent/farwatch.yml"), "\(child.output)")
    }
  }

  @Test func checkTellsEveryProblemWithItsPlace() async throws {
    let fleet = try Fleet(regions: ["taiwan", "japan"])
    let good = try await farwatch("check", "config", fleet.configurationFile)
    #expect(good.exit == .code(0), "\(good.output)")
    #expect(good.output.contains("2 regions, 2 checks") && good.output.contains("1 rule,"), "\(good.output)")

    let broken = fleet.configuration()
      .replacingOccurrences(of: "interval: 300ms", with: "intervall: 300ms")
      .replacingOccurrences(of: "region: japan", with: "region: japn")
      .replacingOccurrences(of: "topic: critical}]", with: "topic: critcal}]")
    let file = try fleet.directory.write("broken.yml", broken)
    let bad = try await farwatch("check", "config", file)
    #expect(bad.exit == .code(1))
    let lines = bad.output.split(separator: "\n").map(String.init)
    #expect(lines.count == 3, "all at once: \(bad.output)")
    for name in ["interval", "japan", "critical"] {
      #expect(
        lines.contains { $0.contains("did you mean") && $0.contains(name) }, "\(name): \(bad.output)")
    }
    expectPlaces(lines, file)

    let rules = try await farwatch("check", "rules", fleet.directory.file("rules.yml"))
    #expect(rules.exit == .code(0) && rules.output.contains("1 group, 1 rule"), "\(rules.output)")
    let badRules = try fleet.directory.write(
      "bad-rules.yml",
      """
      groups:
        - name: bad
          rules:
            - alert: One
              expr: sum(
            - alert: Two
              expr: up == 1
              labls: {severity: page}

      """)
    let refused = try await farwatch("check", "rules", badRules)
    #expect(refused.exit == .code(1))
    let problems = refused.output.split(separator: "\n").map(String.init)
    #expect(problems.count == 2 && refused.output.contains("labels"), "\(refused.output)")
    expectPlaces(problems, badRules)
    // The daemon says the same and does not start.
    let run = try await farwatch("run", "--config", file)
    #expect(run.exit == .code(1) && run.output == bad.output)
  }

  private func expectPlaces(_ lines: [String], _ file: String) {
    for line in lines {
      let place = line.dropFirst(file.count + 1).split(separator: ":", maxSplits: 2)
      #expect(line.hasPrefix(file + ":") && place.count == 3, "FILE:LINE:COLUMN: \(line)")
      #expect(place.prefix(2).allSatisfy { Int($0).map { $0 > 0 } ?? false }, "FILE:LINE:COLUMN: \(line)")
    }
  }

  @Test(.timeLimit(.minutes(10))) func whatAnotherHoldsIsSaid() async throws {
    let fleet = try Fleet(regions: ["taiwan"])
    let daemon = try await fleet.run()
    let port = fleet.configuration().replacingOccurrences(of: "state: state", with: "state: other")
    let samePort = try await farwatch(
      "run", "--config", fleet.directory.write("port.yml", port))
    #expect(samePort.exit == .code(1), "\(samePort.output)")
    #expect(samePort.output.contains("127.0.0.1:\(fleet.port)"), "\(samePort.output)")
    let state = fleet.configuration()
      .replacingOccurrences(of: "127.0.0.1:\(fleet.port)", with: "127.0.0.1:\(try freeLoopbackPort())")
    let sameState = try await farwatch("run", "--config", fleet.directory.write("state.yml", state))
    #expect(sameState.exit == .code(1))
    #expect(sameState.output.contains("pid \(daemon.child.pid)"), "\(sameState.output)")
    #expect(await daemon.get("/-/healthy")?.status == 200, "the first is not disturbed")
    daemon.child.stop()
    #expect(daemon.child.poll() == .code(0))
  }

  @Test(.timeLimit(.minutes(10))) func garbageNeverCrashesIt() async throws {
    let seed = UInt64.random(in: 1 ... .max)
    var random = SeededGenerator(seed: seed)
    let fleet = try Fleet(regions: ["taiwan", "japan"])
    let files = [Array(fleet.configuration().utf8), Array(Fleet.rules().utf8)]
    for round in 0..<60 {
      let bytes =
        round % 6 == 5
        ? (0..<Int.random(in: 0...3000, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random)
        }
        : mutated(files[round % 2], using: &random)
      let path = fleet.directory.file("garbage.yml")
      try Data(bytes).write(to: URL(filePath: path))
      let result = try await farwatch("check", round % 2 == 0 ? "config" : "rules", path)
      #expect(
        result.exit == .code(0) || result.exit == .code(1),
        "seed \(seed), round \(round): \(result.exit) \(result.output)")
      #expect(!result.output.isEmpty, "seed \(seed), round \(round)")
    }
  }

  private func mutated(_ text: [UInt8], using random: inout SeededGenerator) -> [UInt8] {
    var bytes = text
    for _ in 0..<Int.random(in: 1...12, using: &random) {
      let place = Int.random(in: 0..<max(1, bytes.count - 1), using: &random)
      switch Int.random(in: 0..<5, using: &random) {
      case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes.remove(at: place)
      case 2: bytes.insert("{}[]:,&*!|>'\"%@`#\n\t -".utf8.randomElement(using: &random) ?? 0, at: place)
      case 3:
        let end = min(bytes.count, place + Int.random(in: 1...40, using: &random))
        bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0..<bytes.count, using: &random))
      default: bytes.removeSubrange(place..<min(bytes.count - 1, place + 30))
      }
      if bytes.count < 2 { bytes += text }
    }
    return bytes
  }
}
