import FarwatchTesting
import Foundation
import Model
import StrictYAML
import Testing

@testable import Configuration

@Suite struct MessageTests {
  private func said(_ text: String) throws -> [String] {
    let directory = try exampleDirectory()
    let problems = Problems(file: "f")
    _ = ConfigurationFile.parse(text, directory: directory.path, problems)
    return problems.list.map {
      "\($0.line):\($0.column): \($0.message.replacingOccurrences(of: directory.path, with: "DIR"))"
    }
  }

  @Test(
    arguments: healthFaults + rollUpFaults + scrapingFaults + dataFaults + notifyingFaults + watchingFaults
      + suppressionFaults + workloadFaults + drillFaults
      + pagingFaults
  )
  func aFaultIsNamed(
    _ fault: Fault
  ) throws {
    let found = try said(fault.text)
    #expect(found == fault.said, "\(fault.text)")
    #expect(!found.contains { $0.contains("secret@") || $0.contains("key=") }, "a secret in a message")
  }

  @Test func allProblemsOfAFileAreToldAtOnceInOrder() throws {
    let text = """
      listen: nowhere
      regions:
        taiwan: {role: primry, share: 120}
      health:
        defaults: {interval: 0}
        checks:
          - {name: api, region: taiwn, http: {url: "ftp://h"}}
          - {name: api, region: taiwan, http: {url: "http://h", method: get}}
      backups:
        - {job: dump, region: taiwan, directory: {path: p, match: "[a"}}
      rule_files: [none.yml]
      topics:
        pager: {subscriptions: [{protocol: https, endpoint: "http://h"}]}
      routes:
        - {topic: pagr}
      extra: 1

      """
    let found = try said(text)
    let places = found.map { $0.split(separator: ":").prefix(2).joined(separator: ":") }
    let expected = [
      "1:9", "3:18", "3:33", "5:24", "7:27", "7:46", "8:67", "10:5", "10:61", "11:14", "13:55", "15:13",
      "16:1",
    ]
    #expect(places == expected, "\(found)")
  }

  /// Problems of meaning that do not stop the file.
  @Test(arguments: [
    (
      region,
      [
        "1:1: no `topics`: alerts are shown on the status page and reach nobody",
        "1:1: no `rule_files`: everything is measured, but no alert can ever fire",
      ]
    ),
    (
      region
        + "rule_files: [rules/a.yml]\ntopics:\n  t: {subscriptions: [{protocol: http, endpoint: 'http://h/'}]}\n",
      ["4:3: no `routes`: alerts reach none of the topics"]
    ),
    (
      region
        + "rule_files: [rules/a.yml]\ntopics:\n  t: {subscriptions: [{protocol: http, endpoint: 'http://h/'}]}\n"
        + "  u: {subscriptions: [{protocol: http, endpoint: 'http://h/'}]}\n"
        + "routes: [{match: {a: b}, routes: [{topic: t}]}]\n",
      ["5:3: no route leads to the topic \"u\""]
    ),
    (
      region + "rule_files: [rules/a.yml]\ntopics:\n"
        + "  t: {subscriptions: [{protocol: http, endpoint: 'http://h/', fallback: u, dead_letter_topic: w}]}\n"
        + "  u: {subscriptions: [{protocol: http, endpoint: 'http://h/', fallback: phone}]}\n"
        + "  v: {subscriptions: [{protocol: http, endpoint: 'http://h/', name: phone}]}\n"
        + "  w: {subscriptions: [{protocol: http, endpoint: 'http://h/'}]}\n"
        + "  x: {subscriptions: [{protocol: http, endpoint: 'http://h/'}]}\n"
        + "routes: [{topic: t, escalation: [{after: 1m, topic: x}]}]\n", []
    ),
    (
      region + "rule_files: [rules/a.yml]\ntopics:\n"
        + "  t: {subscriptions: [{protocol: http, endpoint: 'http://h/'}]}\n"
        + "routes:\n- {topic: t, continue: true}\n- topic: t\n  routes:\n  - {}\n  - match: {a: b}\n"
        + "- {topic: t, match: {a: b}}\n",
      [
        "10:5: no alert gets here: the route in line 9 takes all of them and has no `continue`",
        "11:3: no alert gets here: the route in line 7 takes all of them and has no `continue`",
      ]
    ),
  ]) func whatIsHardlyMeantIsAWarning(_ text: String, _ said: [String]) throws {
    let directory = try exampleDirectory()
    let problems = Problems(file: "f")
    let settings = ConfigurationFile.parse(text, directory: directory.path, problems)
    #expect(problems.list == [])
    #expect(settings.warnings == said.map { "f:\($0)" })
  }

  /// Whoever has just installed it is to see the page, which says what to do next.
  @Test(arguments: ["", "{}", "# nothing yet\n", "vantage: here"])
  func anEmptyFileIsTakenWithAWarning(_ text: String) throws {
    let problems = Problems(file: "f")
    let settings = ConfigurationFile.parse(text, directory: "/", problems)
    #expect(problems.list == [] && settings.regions.isEmpty)
    #expect(settings.warnings.contains { $0.contains("no `regions`: nothing is watched") })
  }

  /// Who needs no confirmation, or says how it is reached, may listen on all interfaces.
  @Test(arguments: [
    "listen: ':9797'\nexternal_url: 'http://watch.example:9797'\n", "listen: '10.0.0.1:9797'\n", "",
    "listen: '[::1]:80'\n", "listen: 'localhost:80'\n",
  ]) func listenersThatReceiversCanReach(_ listen: String) throws {
    let topics =
      "topics: {t: {subscriptions: [{protocol: http, endpoint: 'http://h/'}]}}\nroutes: [{topic: t}]\n"
    #expect(try said(region + listen + topics) == [])
  }

  @Test func aWildcardListenerIsFineWithoutConfirmation() throws {
    let hook = "topics: {t: {subscriptions: [{protocol: http, endpoint: 'http://h/', confirm: skip}]}}\n"
    #expect(try said(region + "listen: ':9797'\n" + hook + "routes: [{topic: t}]\n") == [])
  }

  @Test func aFileThatIsNotThere() throws {
    #expect(throws: YAMLProblems.self) { try ConfigurationFile.load("/nonexistent/farwatch.yml") }
  }
}
