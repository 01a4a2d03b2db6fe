/// A parsed template: the main body and those that `define` and `block` name.
struct TemplateTree: Sendable {
  var body: [Node]
  var definitions: [String: [Node]]
}

/// A part of the text. Positions are byte offsets into it.
enum Node: Sendable {
  case text(String)
  case action(Pipeline)
  case branch(Branch)
  case call(name: String, argument: Pipeline?, position: Int)
  case breakLoop
  case continueLoop
}

/// `if`, `with` or `range`, with their `else if`s kept flat so that a long chain does not nest.
struct Branch: Sendable {
  enum Kind: String, Sendable { case `if`, with, range }
  struct Clause: Sendable {
    var kind: Kind
    var pipeline: Pipeline
    var body: [Node]
  }
  var clauses: [Clause]
  var otherwise: [Node]
}

struct Pipeline: Sendable {
  enum Declaration: Sendable, Equatable { case none, declare, assign }
  var position: Int
  var declaration = Declaration.none
  /// At most one name, or two in `range`.
  var variables: [String] = []
  var commands: [Command] = []
}

/// Operands between two bars: a value, or a function and its arguments.
struct Command: Sendable {
  var operands: [Operand]
}

struct Operand: Sendable {
  indirect enum Kind: Sendable {
    case literal(TemplateValue)
    case null
    case dot
    case variable(String)
    case function(String)
    case pipeline(Pipeline)
  }
  var position: Int
  var kind: Kind
  /// `.a.b` behind it; for a bare `.a.b` the kind is `dot`.
  var fields: [String] = []

  /// Whether it can take arguments, so that it may stand behind a bar.
  var isExecutable: Bool {
    switch kind {
    case .literal, .null: false
    case .dot: !fields.isEmpty
    case .variable, .function, .pipeline: true
    }
  }
}
