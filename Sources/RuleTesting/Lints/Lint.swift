package import Alerting
internal import Model
internal import PromQL

/// One thing that is allowed in a rule file and is hardly meant. Each stands in a file of its own and in ``all``.
package struct Lint: Sendable {
  /// How `--lint` names it.
  package let name: String
  /// One line for the help: what it finds.
  package let finds: String
  /// Whether it looks without being asked by name.
  package let isDefault: Bool
  /// What is wrong with one rule, in whole sentences without a full stop.
  let check: @Sendable (Rule, RuleGroup, LintContext) -> [String]

  /// promtool's only one; it is found while the file is read.
  package static let duplicateRules = Lint(
    name: "duplicate-rules", finds: "rules of one file with the same name and labels", isDefault: true
  ) { _, _, _ in [] }

  /// In the order of the help.
  package static let all: [Lint] = [
    duplicateRules, neverEvaluates, neverTrue, unknownSeries, alwaysFires, valueInLabels, shortHold,
    shortRange,
    beyondRetention,
    missingAnnotations,
  ]
}

/// What lints know beyond the rule.
package struct LintContext: Sendable {
  /// Interval of groups that do not say their own.
  package var evaluationInterval: Duration = .seconds(60)
  /// How long samples are kept.
  package var retention: Duration = .seconds(3 * 86_400)
  /// The series that there will be; nil: nothing is known of them.
  package var series: SeriesCatalogue?

  package init() {}
}

/// What a lint found.
package struct LintFinding: Sendable, Equatable {
  package var lint: String
  package var file: String
  package var line: Int
  package var message: String

  /// `FILE:LINE:COLUMN: message (lint)`.
  package var text: String { "\(file):\(line):1: \(message) (\(lint))" }
}

extension Lint {
  /// Everything that `lints` find, in the order of the rules.
  package static func findings(
    in groups: [RuleGroup], by lints: [Lint], _ context: LintContext
  ) -> [LintFinding] {
    groups.flatMap { group in
      group.rules.flatMap { rule in
        lints.flatMap { lint in
          lint.check(rule, group, context).map {
            LintFinding(
              lint: lint.name, file: rule.file, line: rule.line, message: "rule \(rule.name): \($0)")
          }
        }
      }
    }
  }
}

extension RuleGroup {
  func interval(_ context: LintContext) -> Duration { interval ?? context.evaluationInterval }
}
