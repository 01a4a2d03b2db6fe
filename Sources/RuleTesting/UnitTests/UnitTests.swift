internal import Alerting
internal import Model
package import RegularExpressions
internal import StrictYAML

/// Runs files of rule unit tests: what `promtool test rules` does, with the daemon's own rule engine.
package enum UnitTests {
  package struct Options: Sendable {
    /// Only tests whose name one of these finds something in; empty: all of them.
    package var run: [RegularExpression] = []
    /// Failures show what differs instead of both sides.
    package var showsDifferences = false
    /// Unknown keys in rule files are passed over.
    package var ignoresUnknownFields = false

    package init() {}
  }

  /// Runs the tests of one file. Blocks: for the command line.
  package static func run(_ path: String, _ options: Options = Options()) -> UnitTestFileResult {
    var result = UnitTestFileResult(path: path)
    let problems = Problems(file: path)
    guard let text = YAML.text(ofFile: path, problems, limits: RuleFile.limits, acceptsPipes: true) else {
      result.problems = problems.list.map(\.description)
      return result
    }
    let file = UnitTestFile.read(text, path: path, problems)
    guard problems.isEmpty else {
      result.problems = problems.list.map(\.description)
      return result
    }
    run(file, options, into: &result)
    return result
  }

  private static func run(_ file: UnitTestFile, _ options: Options, into result: inout UnitTestFileResult) {
    let ruleFiles: [String]
    do throws(YAMLProblem) {
      ruleFiles = try matchingFiles(file, &result.warnings)
    } catch {
      result.problems = [error.description]
      return
    }
    // Read when the first test needs them, as promtool does: without a test to run nothing is wrong with them.
    var groups: [RuleGroup]?
    for (number, test) in file.tests.enumerated() {
      if !options.run.isEmpty, !options.run.contains(where: { $0.matches(test.name ?? "") }) { continue }
      var run = UnitTestRun(test, of: file, showsDifferences: options.showsDifferences)
      var failures = run.load()
      if failures.isEmpty {
        if groups == nil {
          do throws(YAMLProblems) {
            let loaded = try RuleFile.load(ruleFiles, ignoringUnknownFields: options.ignoresUnknownFields)
            groups = ordered(loaded.groups, file.groupOrder)
          } catch {
            result.problems = error.list.map(\.description)
            return
          }
        }
        failures = run.run(groups ?? [])
      }
      result.tests.append(
        UnitTestResult(
          name: test.name ?? "unnamed#\(number)", position: test.position, failures: failures))
    }
  }

  /// Each file once, relative patterns looked up beside the test file.
  private static func matchingFiles(
    _ file: UnitTestFile, _ warnings: inout [String]
  ) throws(YAMLProblem) -> [String] {
    let slash = file.path.lastIndex(of: "/")
    let folder = slash.map { String(file.path[...$0]) } ?? ""
    var files: [String] = []
    for pattern in file.ruleFiles {
      let path =
        pattern.value.hasPrefix("/") || pattern.value.isEmpty ? pattern.value : folder + pattern.value
      guard let matches = PathPattern(path)?.matches else {
        throw YAMLProblem(
          file: file.path, at: pattern.position, "\(quoted(pattern.value)) is not a pattern of files")
      }
      if matches.isEmpty {
        warnings.append(
          YAMLProblem(file: file.path, at: pattern.position, "no file matches \(quoted(path))").description)
      }
      files += matches.filter { !files.contains($0) }
    }
    return files
  }

  /// Groups that are named nowhere come with the first one, in the order of their files.
  private static func ordered(_ groups: [RuleGroup], _ names: [String]) -> [RuleGroup] {
    let places = Dictionary(names.enumerated().map { ($1, $0) }) { first, _ in first }
    return groups.enumerated().sorted { a, b in
      (places[a.element.name] ?? 0, a.offset) < (places[b.element.name] ?? 0, b.offset)
    }.map(\.element)
  }
}
