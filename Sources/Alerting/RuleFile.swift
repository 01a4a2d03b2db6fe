package import Model
package import PromQL
package import StrictYAML
package import Templating

/// A label or annotation of a rule.
package struct RuleTemplate: Sendable {
  package let name: String
  package let text: String
  /// nil: the text is meant as it is.
  package let template: Template?
}

/// One rule as its file says it.
package struct Rule: Sendable {
  package enum Kind: Sendable, Equatable {
    case alerting(AlertInstance.Timing)
    case recording
  }

  package let kind: Kind
  /// The alert's name or the metric that is recorded.
  package let name: String
  /// The canonical form on one line: how it is written does not tell rules apart.
  package let expressionText: String
  package let expression: Expression
  /// Labels of the group and the rule, in order of name: templates of an alert, plain text of a recording rule.
  package let labels: [RuleTemplate]
  /// In order of name.
  package let annotations: [RuleTemplate]
  package let file: String
  package let line: Int

  package var labelTexts: Labels { Labels(labels.map { Label($0.name, $0.text) }) }
  package var annotationTexts: Labels { Labels(annotations.map { Label($0.name, $0.text) }) }
}

/// Rules that are evaluated together, in order, at one timestamp.
package struct RuleGroup: Sendable {
  package let name: String
  package let file: String
  /// nil: the engine's default.
  package let interval: Duration?
  /// Expressions are evaluated this far in the past.
  package let queryOffset: Duration
  /// Most alerts or series that one rule may have; 0 for no limit.
  package let limit: Int
  package let rules: [Rule]

  /// The same rules at the engine's interval.
  package var withoutInterval: RuleGroup {
    RuleGroup(name: name, file: file, interval: nil, queryOffset: queryOffset, limit: limit, rules: rules)
  }
}

/// What was read from rule files.
package struct LoadedRules: Sendable {
  package var groups: [RuleGroup] = []
  /// What does not stop a file from being used.
  package var warnings: [YAMLProblem] = []

  package init() {}
}

/// Prometheus rule files.
package enum RuleFile {
  /// What one file may cost: 64 MiB are some 500,000 rules.
  package static var limits: YAML.Limits {
    var limits = YAML.Limits()
    limits.bytes = 64 << 20
    limits.nodes = 8_000_000
    return limits
  }

  /// The rules of all `files`, or everything that is wrong with any of them. Blocks: for start, reload and the
  /// command line, which alone may pass over unknown fields.
  package static func load(
    _ files: [String], ignoringUnknownFields: Bool = false
  ) throws(YAMLProblems) -> LoadedRules {
    var loaded = LoadedRules()
    var wrong: [YAMLProblem] = []
    for file in files {
      let problems = Problems(file: file)
      if let text = YAML.text(ofFile: file, problems, limits: limits) {
        let one = read(text, file: file, ignoringUnknownFields: ignoringUnknownFields, problems)
        loaded.groups += one.groups
        loaded.warnings += one.warnings
      }
      wrong += problems.list
    }
    if !wrong.isEmpty { throw YAMLProblems(wrong) }
    return loaded
  }

  /// The rules of one file's text. Not to be used when `problems` is not empty afterwards.
  package static func read(
    _ text: String, file: String, ignoringUnknownFields: Bool = false, _ problems: Problems
  ) -> LoadedRules {
    RuleFileReader(file: file, ignoresUnknownFields: ignoringUnknownFields).read(text, problems)
  }
}
