internal import DurableIO
internal import Model
internal import RegularExpressions
internal import RuleTesting
internal import StrictYAML

/// `farwatch test rules`: runs files of unit tests and says what came of them.
package struct UnitTestReport: Sendable {
  package struct Options: Sendable {
    /// Patterns of test names; none: all tests.
    package var run: [String] = []
    package var showsDifferences = false
    package var ignoresUnknownFields = false
    /// Where the results go in JUnit's XML.
    package var junitFile: String?

    package init() {}
  }

  /// A pattern behind `--run` is none.
  package struct BadPattern: Error, Sendable {
    package var message: String
  }

  package private(set) var passed = 0
  package private(set) var failed = 0
  /// Files that could not be run, or the results that could not be written.
  package private(set) var broken = 0

  package var isGood: Bool { failed == 0 && broken == 0 }

  package var summary: String {
    "\(passed) passed, \(failed) failed" + (broken == 0 ? "" : ", \(counted(broken, "file")) in error")
  }

  /// Runs the files one after the other; `begin` hears of each file by its place, `say` gets every line as it comes.
  /// Blocks.
  package static func running(
    _ files: [String], _ options: Options, begin: (Int) -> Void = { _ in }, say: (String) -> Void
  ) throws(BadPattern) -> UnitTestReport {
    var settings = UnitTests.Options()
    settings.showsDifferences = options.showsDifferences
    settings.ignoresUnknownFields = options.ignoresUnknownFields
    for pattern in options.run {
      do throws(RegularExpressionError) {
        settings.run.append(try RegularExpression(pattern, anchoring: .unanchored))
      } catch {
        throw BadPattern(message: error.description)
      }
    }
    var report = UnitTestReport()
    var results: [UnitTestFileResult] = []
    for (place, file) in files.enumerated() {
      begin(place)
      let result = UnitTests.run(file, settings)
      report.add(result, say)
      results.append(result)
    }
    if let path = options.junitFile {
      report.write(JUnitReport.xml(results, time: timeText()), to: path, say)
    }
    return report
  }

  private mutating func add(_ result: UnitTestFileResult, _ say: (String) -> Void) {
    for warning in result.warnings { say("warning: \(warning)") }
    for problem in result.problems { say(problem) }
    for test in result.tests {
      for failure in test.failures {
        let place = "\(result.path):\(failure.position.line):\(failure.position.column)"
        say("\(place): test \(quoted(test.name)): \(failure.what)")
        for line in failure.details { say("    " + line) }
      }
    }
    let failures = result.tests.count { !$0.failures.isEmpty }
    passed += result.tests.count - failures
    failed += failures
    if !result.problems.isEmpty {
      broken += 1
    } else if failures == 0 {
      say("\(result.path): good: \(counted(result.tests.count, "test"))")
    } else {
      say("\(result.path): \(failures) of \(counted(result.tests.count, "test")) failed")
    }
  }

  private mutating func write(_ xml: String, to path: String, _ say: (String) -> Void) {
    do throws(IOFailure) {
      try writeReport(Array(xml.utf8), to: path)
    } catch {
      broken += 1
      say(error.description)
    }
  }

  /// As JUnit's form has it: seconds, without a zone.
  private static func timeText() -> String { String(SystemTime().now.iso8601.prefix(19)) }
}
