package import StrictYAML

/// Something that a test did not find as it expects it.
package struct UnitTestFailure: Sendable, Equatable {
  /// What in the test failed, or the test itself.
  package var position: YAMLPosition
  /// One line: `alert Down at 5m`.
  package var what: String
  /// Indented lines below it: what was expected and what came.
  package var details: [String] = []
}

/// What came of one test.
package struct UnitTestResult: Sendable {
  package var name: String
  package var position: YAMLPosition
  package var failures: [UnitTestFailure]
}

/// What came of one file.
package struct UnitTestFileResult: Sendable {
  package var path: String
  /// What is wrong with the file, or with the rules it names: `FILE:LINE:COLUMN: message`. No test passed then.
  package var problems: [String] = []
  package var warnings: [String] = []
  package var tests: [UnitTestResult] = []

  package var hasPassed: Bool { problems.isEmpty && tests.allSatisfy(\.failures.isEmpty) }
}
