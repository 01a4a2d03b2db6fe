import FarwatchTesting
import Foundation
import Testing

/// The shipped scenarios are good files, whoever looks at them.
@Suite struct ScenarioFilesTests {
  static let names = ["pilot-light", "taiwan-japan"]

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
