import FarwatchTesting
import Foundation
import Testing

/// The shipped scenarios are good files, whoever looks at them.
@Suite struct ScenarioFilesTests {
  static let names = ["pilot-light", "taiwan-japan", "three-regions", "tiers", "two-clouds"]

  private func farwatch(_ arguments: String...) async throws -> (exit: ChildProcess.Exit, output: String) {
    let child = try ChildProcess([FarwatchProcess.binary] + arguments)
    return (try await child.wait(timeout: .seconds(60)), child.output)
  }

  @Test(arguments: names) func theConfigurationIsGoodInItsForm(_ name: String) async throws {
    let file = ShippedScenario(name).folder.appending(path: "farwatch.yml").path
    let form = try await farwatch("check", "config", "--syntax-only", file)
    #expect(form.exit == .code(0), "\(form.output)")
    // Only the secrets are missing.
    let whole = try await farwatch("check", "config", file)
    let problems = whole.output.split(separator: "\n")
    #expect(whole.exit == .code(1) && !problems.isEmpty)
    for problem in problems where problem.contains("farwatch.yml:") {
      #expect(
        problem.contains("secrets/") && problem.hasSuffix("cannot be read: No such file or directory"),
        "\(problem)")
    }
  }

  @Test(arguments: names) func itsRulesAreGoodAndTested(_ name: String) async throws {
    let folder = ShippedScenario(name).folder
    let rules = try await farwatch("check", "rules", "--lint-fatal", folder.appending(path: "rules.yml").path)
    #expect(rules.exit == .code(0), "\(rules.output)")
    let tests = folder.appending(path: "rules_test.yml").path
    let ours = try await farwatch("test", "rules", tests)
    #expect(ours.exit == .code(0), "\(ours.output)")
    // Every alert of the rules is asked for by a test.
    let text = try ShippedScenario(name).text("rules.yml")
    let asked = try ShippedScenario(name).text("rules_test.yml")
    for alert in text.matches(of: #/- alert: (\w+)/#) {
      #expect(asked.contains("alertname: \(alert.1)\n"), "\(alert.1)")
    }
    guard let promtool = Promtool.path else { return }
    let theirs = try ChildProcess([promtool, "test", "rules", tests])
    #expect(try await theirs.wait(timeout: .seconds(60)) == .code(0), "\(theirs.output)")
  }
}

/// The numbers of the designs that no test runs whole yet.
@Suite struct ScenarioNumbersTests {
  @Test func threeRegions() throws {
    let scenario = ShippedScenario("three-regions")
    let farwatch = try scenario.settings("farwatch.yml")
    for (what, form) in [
      ("every 10 s, 3 failures", #"defaults: \{interval: 10s, timeout: \w+, failures: 3,"#),
      ("HTTPS /health on 443", #"https://us-east-1\.api\.example\.com:443/health"#),
      ("lag below 1 s", #"rpo: 1s\n"#), ("RPO 1 s, RTO 1 min", #"objectives: \{rpo: 1s, rto: 1m\}"#),
    ] { #expect(try Regex(form).firstMatch(in: farwatch) != nil, "\(what)") }
    let alarms = try scenario.settings("alarms.yml")
    for region in ["us-east-1", "eu-west-1", "ap-southeast-1"] {
      let hosts = #"MetricName: HealthyHostCount\n +Dimensions: \{Region: \#(region)\}[^!]*Threshold: 0\n"#
      #expect(try Regex(hosts).firstMatch(in: alarms) != nil, "\(region)")
      #expect(alarms.contains("{HealthCheckId: health, Region: \(region)}"), "\(region)")
    }
  }

  /// The design has no numbers, but four tiers and two zones, each with its checks.
  @Test func tiers() throws {
    let farwatch = try ShippedScenario("tiers").settings("farwatch.yml")
    for tier in ["entry", "web", "database", "sessions"] {
      #expect(try Regex("tier: \(tier)\\b").firstMatch(in: farwatch) != nil, "\(tier)")
    }
    for zone in ["a", "b"] { #expect(farwatch.contains("zone: \(zone), tier: web"), "\(zone)") }
  }
}

/// `farwatch init` as a user runs it.
@Suite struct InitCommandTests {
  private func farwatch(_ arguments: String..., in folder: TemporaryDirectory) async throws -> (
    exit: ChildProcess.Exit, output: String
  ) {
    let child = try ChildProcess([FarwatchProcess.binary] + arguments, directory: folder.path)
    return (try await child.wait(timeout: .seconds(60)), child.output)
  }

  @Test(arguments: ScenarioFilesTests.names) func whatItWritesIsGood(_ name: String) async throws {
    let folder = try TemporaryDirectory()
    let made = try await farwatch("init", "--scenario", name, in: folder)
    #expect(made.exit == .code(0) && made.output.contains("wrote farwatch.yml"), "\(made.output)")
    let form = try await farwatch("check", "config", "--syntax-only", "farwatch.yml", in: folder)
    #expect(form.exit == .code(0), "\(form.output)")
    let rules = try await farwatch("check", "rules", "rules.yml", in: folder)
    #expect(rules.exit == .code(0), "\(rules.output)")
    // What is there stays.
    let again = try await farwatch("init", "--scenario", name, in: folder)
    #expect(
      again.exit == .code(1) && again.output.contains("farwatch.yml is there already"), "\(again.output)")
    #expect(try await farwatch("init", "--scenario", name, "--force", in: folder).exit == .code(0))
  }

  @Test func regionsAreOnesOwn() async throws {
    let folder = try TemporaryDirectory()
    let made = try await farwatch(
      "init", "--scenario", "taiwan-japan", "--region", "north", "--region", "south", "--output", "-",
      in: folder)
    #expect(
      made.exit == .code(0) && made.output.contains("\n  north: {role: primary, share: 60"), "\(made.output)")
    try folder.write("farwatch.yml", made.output)
    let form = try await farwatch("check", "config", "--syntax-only", "farwatch.yml", in: folder)
    #expect(form.exit == .code(0), "\(form.output)")
    for wrong in [
      ["--region", "one"], ["--region", "a", "--region", "a"], ["--region", "a", "--region", "b:"],
    ] {
      let child = try ChildProcess(
        [FarwatchProcess.binary, "init", "--scenario", "taiwan-japan"] + wrong, directory: folder.path)
      #expect(try await child.wait(timeout: .seconds(20)) == .code(2), "\(child.output)")
    }
    let unknown = try await farwatch("init", "--scenario", "moon", in: folder)
    #expect(unknown.exit == .code(2) && unknown.output.contains("two-clouds"), "\(unknown.output)")
  }

  @Test func onATerminalItAsks() async throws {
    let folder = try TemporaryDirectory()
    let child = try ChildProcess(
      ["sh", "-c", #"printf 'what\n2\n' | script -qec "$1 init" /dev/null"#, "ask", FarwatchProcess.binary],
      directory: folder.path)
    #expect(try await child.wait(timeout: .seconds(30)) == .code(0), "\(child.output)")
    #expect(child.output.contains("Which of these") && child.output.contains("wrote farwatch.yml"))
    let text = try String(contentsOfFile: folder.file("farwatch.yml"), encoding: .utf8)
    #expect(text.hasPrefix("# Pilot light"))
    // Nobody can be asked over a pipe.
    let pipe = try ChildProcess(
      ["sh", "-c", #"true | "$1" init"#, "pipe", FarwatchProcess.binary], directory: folder.path)
    #expect(try await pipe.wait(timeout: .seconds(30)) == .code(2))
    #expect(pipe.output.contains("--scenario is needed"), "\(pipe.output)")
  }
}
