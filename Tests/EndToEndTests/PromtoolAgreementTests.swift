import FarwatchTesting
import Foundation
import Testing

/// Our commands and the real promtool over the same files: the same exit codes. What the corpus says of itself (the
/// names begin with `good`, `bad`, `pass`, `fail`) is Prometheus 3's verdict, which must be ours everywhere; Debian's
/// promtool is 2.42, and where it is too old to know something stands here, with the reason.
@Suite(.enabled(if: Promtool.path != nil, "promtool is not installed"))
struct PromtoolAgreementTests {
  /// Files for which promtool 2.42 says the opposite, and what in them is too new for it.
  static let tooOld: [String: String] = [
    "good-duration-as-number.yml": "a duration as a number",
    "good-range-as-number.yml": "a number as a duration",
    "good-number-forms.yml": "underscores in numbers",
    "good-group-labels.yml": "labels of a group",
    "good-group-labels-overridden.yml": "labels of a group",
    "good-query-offset.yml": "query_offset",
    "good-utf8-annotation.yml": "names in UTF-8",
    "good-utf8-label.yml": "names in UTF-8",
    "good-utf8-record.yml": "names in UTF-8",
    "good-utf8-selector.yml": "names in UTF-8",
    "pass-fuzzy.yml": "fuzzy_compare",
    "pass-group-labels.yml": "labels of a group",
    "pass-histogram.yml": "histograms in tests",
    "pass-interval-of-evaluations.yml": "a test without an interval takes that of the evaluations",
    "pass-query-offset.yml": "query_offset",
    "pass-start-timestamp.yml": "start_timestamp",
    "pass-start-timestamp-number.yml": "start_timestamp",
    "pass-utf8.yml": "names in UTF-8",
  ]

  private static let corpus = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "PromtoolCorpus")
  private static let project = corpus.deletingLastPathComponent().deletingLastPathComponent()

  private static func files(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: corpus.appending(path: folder).path)
      .filter { $0.hasSuffix(".yml") }.sorted()
  }

  private func exit(_ arguments: [String], in directory: URL) async throws -> (code: Int32, output: String) {
    let child = try ChildProcess(arguments, directory: directory.path)
    guard case .code(let code) = try await child.wait(timeout: .seconds(30)) else {
      return (-1, child.output)
    }
    return (code, child.output)
  }

  private func compare(_ folder: String, _ command: [String], least: Int) async throws {
    let directory = Self.corpus.appending(path: folder)
    let files = try Self.files(folder)
    #expect(files.count >= least)
    for file in files {
      let expected: Int32 = file.hasPrefix("good") || file.hasPrefix("pass") ? 0 : 1
      let ours = try await exit([FarwatchProcess.binary] + command + [file], in: directory)
      #expect(ours.code == expected, "\(file): \(ours.output)")
      let theirs = try await exit([Promtool.path ?? ""] + command + [file], in: directory)
      let isTooOld = Self.tooOld[file] != nil
      #expect((theirs.code == expected) != isTooOld, "\(file): promtool \(theirs.code) \(theirs.output)")
    }
  }

  @Test func checkRulesAgrees() async throws { try await compare("rules", ["check", "rules"], least: 140) }

  @Test func testRulesAgrees() async throws { try await compare("tests", ["test", "rules"], least: 70) }

  /// No reason may outlive its file.
  @Test func everyExceptionIsAFile() throws {
    let files = Set(try Self.files("rules") + Self.files("tests"))
    #expect(Self.tooOld.keys.filter { !files.contains($0) } == [])
  }

  @Test(arguments: [
    (["good-duplicate-rules.yml"], []), (["good-duplicate-rules.yml"], ["--lint-fatal"]),
    (["good-duplicate-rules.yml"], ["--lint=none", "--lint-fatal"]),
    (["good-duplicate-rules.yml"], ["--lint=all", "--lint-fatal"]),
    (["good-duplicate-rules.yml"], ["--lint=duplicate-rules", "--lint-fatal"]),
    (["good-duplicate-rules.yml"], ["--lint=unheard-of"]),
    (["good-duplicate-records.yml", "good-for.yml"], ["--lint-fatal"]),
    (["good-duplicates-over-groups.yml"], ["--lint-fatal"]),
    (["good-same-name-other-labels.yml"], ["--lint-fatal"]),
    (["good-for.yml", "good-limit.yml"], ["--lint-fatal"]), (["good-for.yml", "bad-for-word.yml"], []),
    (["bad-for-word.yml", "good-duplicate-rules.yml"], ["--lint-fatal"]), (["no-such-file.yml"], []),
  ])
  func lintsEndAsPromtoolsDo(_ files: [String], _ options: [String]) async throws {
    let directory = Self.corpus.appending(path: "rules")
    let ours = try await exit([FarwatchProcess.binary, "check", "rules"] + options + files, in: directory)
    let theirs = try await exit([Promtool.path ?? "", "check", "rules"] + options + files, in: directory)
    #expect(ours.code == theirs.code, "\(files) \(options): \(ours.output)\n\(theirs.output)")
  }

  @Test func theProjectsOwnRulesPassBoth() async throws {
    let rules = Self.project.appending(path: "rules")
    let names = try FileManager.default.contentsOfDirectory(atPath: rules.path).sorted()
    let tests = names.filter { $0.hasSuffix("_test.yml") }
    let files = names.filter { $0.hasSuffix(".yml") && !$0.hasSuffix("_test.yml") }
    #expect(!tests.isEmpty && tests.count == files.count)
    for program in [FarwatchProcess.binary, Promtool.path ?? ""] {
      let tested = try await exit([program, "test", "rules"] + tests, in: rules)
      #expect(tested.code == 0, "\(tested.output)")
      let checked = try await exit([program, "check", "rules", "--lint-fatal"] + files, in: rules)
      #expect(checked.code == 0, "\(checked.output)")
    }
    let lints = try await exit(
      [FarwatchProcess.binary, "check", "rules", "--lint=all", "--lint-fatal"] + files, in: rules)
    #expect(lints.code == 0, "our own rules are free of lints: \(lints.output)")
  }
}

/// Prometheus' own tool, when it is installed.
enum Promtool {
  static let path = ["/usr/bin/promtool", "/usr/local/bin/promtool", "/bin/promtool"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }
}
