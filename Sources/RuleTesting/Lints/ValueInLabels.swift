internal import Alerting

extension Lint {
  /// A label that prints the value makes another alert of every new value. A condition on the value is no such thing.
  static let valueInLabels = Lint(
    name: "value-in-labels", finds: "a label that prints `$value`: each new value is another alert",
    isDefault: true
  ) { rule, _, _ in
    guard case .alerting = rule.kind else { return [] }
    return rule.labels.filter { printsValue($0.text) }.map {
      "the label `\($0.name)` prints the value: each new value is another alert, and `for` begins again"
    }
  }

  private static func printsValue(_ template: String) -> Bool {
    template.split(separator: "{{", omittingEmptySubsequences: false).dropFirst().contains { part in
      guard let end = part.firstRange(of: "}}") else { return false }
      var action = part[..<end.lowerBound]
      if action.hasPrefix("-") { action = action.dropFirst() }
      let words = action.split { $0 == " " || $0 == "|" || $0 == "\t" || $0 == "\n" }
      // `{{ $value }}`, and what is piped from it.
      return words.first == "$value" || words.first == ".Value"
    }
  }
}
