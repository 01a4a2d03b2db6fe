/// Decides about one label value. Regular expressions come in through this door, so that `Model` needs no engine.
package protocol ValuePredicate: Sendable {
  func matches(_ value: String) -> Bool
}

/// One condition of a selector or a route: `name="value"`, `!=`, `=~`, `!~`. A missing label reads as "".
package struct LabelMatcher: Sendable {
  package enum Kind: String, Sendable, CaseIterable {
    case equal = "="
    case notEqual = "!="
    case regex = "=~"
    case notRegex = "!~"
  }

  package let name: String
  package let kind: Kind
  /// The text as written: a literal for `=` and `!=`, the pattern (unanchored as written) for the other two.
  package let text: String
  private let pattern: (any ValuePredicate)?

  /// `name="value"` or `name!="value"`.
  package init(_ name: String, equals value: String, negated: Bool = false) {
    self.name = name
    kind = negated ? .notEqual : .equal
    text = value
    pattern = nil
  }

  /// `name=~"text"` or `name!~"text"`; `pattern` must match the whole value, as Prometheus anchors it.
  package init(_ name: String, text: String, matching pattern: any ValuePredicate, negated: Bool = false) {
    self.name = name
    kind = negated ? .notRegex : .regex
    self.text = text
    self.pattern = pattern
  }

  package func matches(_ value: String) -> Bool {
    switch kind {
    case .equal: sameBytes(value, text)
    case .notEqual: !sameBytes(value, text)
    case .regex: pattern?.matches(value) ?? false
    case .notRegex: !(pattern?.matches(value) ?? false)
    }
  }

  package func matches(_ labels: Labels) -> Bool { matches(labels[name] ?? "") }
}

extension LabelMatcher: CustomStringConvertible {
  package var description: String { "\(name)\(kind.rawValue)\(quoted(text))" }
}

extension LabelMatcher: Equatable {
  package static func == (a: Self, b: Self) -> Bool {
    a.name == b.name && a.kind == b.kind && a.text == b.text
  }
}
