/// What a metric is: its name, its one-line explanation and its kind. Stages declare theirs as constants.
package struct MetricFamily: Hashable, Sendable {
  package enum Kind: String, Sendable {
    case counter, gauge, histogram, summary, untyped
  }

  package let name: String
  package let help: String
  package let kind: Kind

  package init(_ name: String, _ kind: Kind, help: String) {
    self.name = name
    self.kind = kind
    self.help = help
  }

  package static func gauge(_ name: String, _ help: String) -> Self { .init(name, .gauge, help: help) }
  package static func counter(_ name: String, _ help: String) -> Self { .init(name, .counter, help: help) }

  // A name is declared once, so it alone identifies the family.
  package static func == (a: Self, b: Self) -> Bool { a.name == b.name }
  package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
