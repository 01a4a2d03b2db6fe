import Configuration
import FarwatchTesting
import Foundation
import StrictYAML
import Testing

/// A configuration far from the machine that it is for: only its form can be checked.
@Suite struct FormOnlyTests {
  private func problems(_ text: String) -> [String] {
    let problems = Problems(file: "farwatch.yml")
    _ = ConfigurationFile.parse(text, directory: "/no/such/folder", isFormOnly: true, problems)
    return problems.list.map(\.description)
  }

  /// Both examples name files of every kind, programs and patterns of rule files; none of them is there.
  @Test(arguments: [true, false]) func nothingElseNeedBeThere(ofCollectors: Bool) throws {
    let text = try ofCollectors ? collectorsText() : exampleText()
    #expect(problems(text) == [])
    let all = Problems(file: "farwatch.yml")
    _ = ConfigurationFile.parse(text, directory: "/no/such/folder", all)
    #expect(!all.isEmpty)
  }

  @Test func variablesNeedNotBeSet() {
    let text = """
      regions: {a: {role: primary}}
      rule_files: [none/*.yml]
      topics: {t: {subscriptions: [{protocol: slack, url_env: FARWATCH_TEST_UNSET}, {protocol: pagerduty, routing_key_env: FARWATCH_TEST_UNSET}]}}

      """
    #expect(problems(text) == [])
  }

  @Test func whatTheFileItselfHasWrongIsFound() {
    #expect(
      problems(
        "regions: {a: {role: primary}}\nhealth: {checks: [{name: c, region: b, exec: {command: [x]}}]}\n")
        == [
          "farwatch.yml:2:37: unknown region \"b\"; did you mean \"a\"?",
          "farwatch.yml:2:56: must begin with a path, as /usr/local/bin/x: PATH is not searched, and no shell is run",
        ])
  }
}
