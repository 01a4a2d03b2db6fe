package import Model

/// A parsed and type-checked expression.
package struct Expression: Sendable {
  package let kind: Kind
  package let range: SourceRange
  /// Levels of the tree from here down, held below ``ParseLimits/depth`` so that recursion over it is safe. A chain of
  /// operators is one level, however long.
  let depth: Int

  package indirect enum Kind: Sendable {
    /// `isDuration` remembers how it was written; the value is in seconds then.
    case number(Double, isDuration: Bool)
    case string(String)
    case selector(VectorSelector)
    case rangeSelector(VectorSelector, rangeMilliseconds: Int64)
    case subquery(Subquery)
    case call(FunctionSignature, [Expression])
    case aggregation(Aggregation)
    case unary(negated: Bool, Expression)
    case binary(BinaryOperation)
    case parenthesized(Expression)
  }

  package var type: ValueType {
    switch kind {
    case .number: .scalar
    case .string: .string
    case .selector, .aggregation: .instantVector
    case .rangeSelector, .subquery: .rangeVector
    case .call(let function, _): function.returns
    case .unary(_, let operand): operand.type
    case .parenthesized(let inner): inner.type
    case .binary(let operation): operation.type
    }
  }

  /// This expression without the brackets around it.
  package var withoutParentheses: Expression {
    var inner = self
    while case .parenthesized(let next) = inner.kind { inner = next }
    return inner
  }

  /// The direct operands; of a chain of operators all, in the order of the text.
  package var children: [Expression] {
    switch kind {
    case .number, .string, .selector, .rangeSelector: []
    case .subquery(let subquery): [subquery.inner]
    case .call(_, let arguments): arguments
    case .aggregation(let aggregation): (aggregation.parameter.map { [$0] } ?? []) + [aggregation.operand]
    case .unary(_, let operand), .parenthesized(let operand): [operand]
    case .binary(let operation): operation.operands
    }
  }
}

/// Where the time of a selector is moved to.
package struct TimeShift: Sendable, Hashable {
  package enum Anchor: Sendable, Hashable {
    /// Milliseconds since the epoch.
    case at(Int64)
    case start
    case end
  }

  package var anchor: Anchor?
  /// Positive looks into the past; nil when not written.
  package var offsetMilliseconds: Int64?
}

/// How samples outside of a range help to tell what happened at its ends (Prometheus' extended range selectors,
/// experimental there): instead of extending the change between the samples within, `rate` and its like use it as it
/// is.
package enum RangeBoundary: String, Sendable, Hashable {
  /// The newest sample before the range counts as its start.
  case anchored
  /// The values at both ends are read off a line between the samples around them.
  case smoothed
}

/// `name{label="value"}` with its modifiers.
package struct VectorSelector: Sendable {
  /// The name in front of the braces or quoted inside; nil when it is only matched (or not at all).
  package var name: String?
  /// All conditions, the name's among them.
  package var matchers: [LabelMatcher]
  package var shift: TimeShift
  package var boundary: RangeBoundary?
}

/// `inner[range:step]`.
package struct Subquery: Sendable {
  package var inner: Expression
  package var rangeMilliseconds: Int64
  /// nil means the global evaluation interval.
  package var stepMilliseconds: Int64?
  package var shift: TimeShift
}

/// `sum by (a) (operand)`.
package struct Aggregation: Sendable {
  package enum Grouping: Sendable, Hashable {
    case by([String])
    case without([String])
  }

  package var op: AggregationOperator
  package var grouping: Grouping
  package var parameter: Expression?
  package var operand: Expression
}

/// How elements of two vectors find each other.
package struct VectorMatching: Sendable, Hashable {
  package enum Cardinality: Sendable, Hashable { case oneToOne, manyToOne, oneToMany }

  /// `on (labels)` when true, `ignoring (labels)` otherwise.
  package var isOn = false
  package var labels: [String] = []
  package var cardinality = Cardinality.oneToOne
  /// Labels copied from the "one" side.
  package var include: [String] = []
  /// What stands in for an element of the left or right side that is missing; nil: nothing does.
  package var fillLeft: Double?
  package var fillRight: Double?
}
