package import Model

/// What one rendering knows: the alert's data and what the functions need.
package struct TemplateContext {
  /// Answers an instant query at the moment of the evaluation.
  package typealias Query = (String) throws(TemplateFailure) -> [TemplateSample]

  package var labels: Labels
  package var value: Double
  package var externalLabels: Labels
  package var externalURL: String
  /// The moment of the evaluation: what `now` returns.
  package var now: Timestamp
  /// nil makes `query` an error.
  package var query: Query?
  /// Further fields of the root, as `.Name`; they win over the usual ones.
  package var data: [String: TemplateValue]

  package init(
    labels: Labels, value: Double, externalLabels: Labels = .empty, externalURL: String = "", now: Timestamp,
    query: Query? = nil, data: [String: TemplateValue] = [:]
  ) {
    self.labels = labels
    self.value = value
    self.externalLabels = externalLabels
    self.externalURL = externalURL
    self.now = now
    self.query = query
    self.data = data
  }

  var root: TemplateValue {
    let usual: [String: TemplateValue] = [
      "Labels": .labels(labels), "Value": .float(value), "ExternalLabels": .labels(externalLabels),
      "ExternalURL": .string(externalURL),
    ]
    return .record(usual.merging(data) { $1 })
  }
}

/// Whose functions and data a template knows.
package enum TemplateDialect: Sendable {
  /// Annotations and labels of rules, as Prometheus renders them.
  case rules
  /// Texts of pages, as Alertmanager renders them.
  case messages
}

/// A text in Go's template language with Prometheus' functions: parsed once, rendered often.
///
/// `$labels`, `$value`, `$externalLabels` and `$externalURL` are declared, as in Prometheus' rule files.
/// Text, nesting, output and work are limited: beyond a limit there is an error, never a hang.
package struct Template: Sendable {
  package let name: String
  let text: String
  let tree: TemplateTree
  let dialect: TemplateDialect

  package init(_ text: String, name: String, dialect: TemplateDialect = .rules) throws(TemplateError) {
    self.name = name
    self.text = text
    self.dialect = dialect
    tree = try Parser.parse(text, name: name, dialect: dialect)
  }

  package func render(_ context: TemplateContext) throws(TemplateError) -> String {
    var interpreter = Interpreter(template: self, context: context)
    return try interpreter.run()
  }
}

extension Template {
  /// The variables that every template starts with, and where they come from.
  static let prelude = [
    ("$labels", "Labels"), ("$externalLabels", "ExternalLabels"), ("$externalURL", "ExternalURL"),
    ("$value", "Value"),
  ]
}
