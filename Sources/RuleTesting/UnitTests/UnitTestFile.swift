package import Model
package import StrictYAML

/// A file of rule unit tests as it was written, in promtool's form.
package struct UnitTestFile: Sendable {
  /// Where it was read from: messages begin with it, and rule files are looked up beside it.
  package var path: String
  /// As written: paths and patterns.
  package var ruleFiles: [Located<String>]
  package var evaluationInterval: Duration
  /// Values one step of rounding apart count as equal.
  package var comparesFuzzily: Bool
  /// Names of groups, in the order of their evaluation.
  package var groupOrder: [String]
  package var tests: [UnitTest]
}

/// A value and where it stands.
package struct Located<Value: Sendable>: Sendable {
  package var value: Value
  package var position: YAMLPosition

  package init(_ value: Value, at position: YAMLPosition) {
    self.value = value
    self.position = position
  }
}

/// One test: series that are made up, and what the rules must say about them.
package struct UnitTest: Sendable {
  /// nil when it was given none: it is told by its place.
  package var name: String?
  package var position: YAMLPosition
  /// Between two values of the series.
  package var interval: Duration
  package var start: Timestamp
  package var series: [InputSeries]
  package var alertChecks: [AlertCheck]
  package var expressionChecks: [ExpressionCheck]
  package var externalLabels: Labels
  package var externalURL: String

  /// Series in the notation of test files.
  package struct InputSeries: Sendable {
    package var series: Located<String>
    package var values: Located<String>
  }

  /// The alerts of one name that must be firing at one moment, and no others.
  package struct AlertCheck: Sendable {
    package var position: YAMLPosition
    /// Since the test's start.
    package var time: Duration
    package var alert: String
    package var expected: [ExpectedAlert]
  }

  package struct ExpectedAlert: Sendable {
    /// Without `alertname`, which is implied. May hold empty values, which no alert has.
    package var labels: [String: String]
    package var annotations: [String: String]
  }

  /// What an expression must give at one moment.
  package struct ExpressionCheck: Sendable {
    package var position: YAMLPosition
    package var expression: Located<String>
    /// Since the test's start.
    package var time: Duration
    package var expected: [ExpectedSample]
  }

  package struct ExpectedSample: Sendable {
    /// In the notation of series.
    package var labels: Located<String>
    package var value: Double
    /// In the notation of series; empty for a float.
    package var histogram: Located<String>
  }

  /// The moment of the last check: the rules are evaluated until then.
  var lastTime: Duration {
    max(alertChecks.map(\.time).max() ?? .zero, expressionChecks.map(\.time).max() ?? .zero)
  }
}
