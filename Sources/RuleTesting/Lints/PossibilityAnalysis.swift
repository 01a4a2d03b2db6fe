internal import Model
internal import PromQL

/// Works out what an expression can give. Recursion is as deep as the tree, which the parser bounds.
struct PossibilityAnalysis {
  /// Sides of an `or` that never add anything.
  private(set) var deadBranches: [String] = []

  mutating func possibility(of expression: Expression) -> Possibility {
    switch expression.kind {
    case .number(let value, _): return .scalar(.exactly(value))
    case .string: return .scalar(.any)
    case .parenthesized(let inner): return possibility(of: inner)
    case .selector(let selector): return possibility(of: selector, range: nil)
    case .rangeSelector(let selector, let range): return possibility(of: selector, range: range)
    case .subquery(let subquery):
      // Its inner expression is evaluated at other moments: what it needs says nothing about this one.
      var inner = possibility(of: subquery.inner)
      (inner.needs, inner.needsNothing, inner.base) = ([], [], nil)
      return inner
    case .unary(let negated, let operand):
      var inner = possibility(of: operand)
      if negated {
        inner.range = inner.range.negated
        inner.labels[Labels.metricNameLabel] = nil
        inner.base = nil
      }
      return inner
    case .call(let function, let arguments): return possibility(of: function.name, arguments)
    case .aggregation(let aggregation): return possibility(of: aggregation)
    case .binary(let operation): return possibility(ofChain: operation)
    }
  }

  private func possibility(of selector: VectorSelector, range: Int64?) -> Possibility {
    var result = Possibility()
    result.never = contradiction(selector.matchers)
    for matcher in selector.matchers where matcher.kind == .equal {
      result.labels[matcher.name] = matcher.text
    }
    result.needs = [
      Possibility.Selection(matchers: selector.matchers, shift: selector.shift, rangeMilliseconds: range)
    ]
    return result
  }

  // MARK: Aggregations

  private mutating func possibility(of aggregation: Aggregation) -> Possibility {
    var result = possibility(of: aggregation.operand)
    result.base = nil
    let inner = result.range
    switch aggregation.op {
    case .topk, .bottomk, .limitk, .limitRatio: return result
    case .min, .max: result.range = inner
    case .avg: result.range = inner.widened
    case .sum: result.range = inner.summed
    case .count, .countValues: result.range = .between(1, .infinity)
    case .group: result.range = .exactly(1)
    case .stddev, .stdvar: result.range = .notNegative
    case .quantile:
      let parameter = aggregation.parameter.map { possibility(of: $0).range } ?? .any
      result.range = ValueRange.between(0, 1).contains(parameter) ? inner.widened : .any
    }
    if aggregation.op != .sum && aggregation.op != .avg { result.mayHoldHistograms = false }
    switch aggregation.grouping {
    case .by(let names):
      result.onlyLabels = Set(names).intersection(result.onlyLabels ?? Set(names))
      result.labels = result.labels.filter { names.contains($0.key) }
    case .without(let names):
      result.onlyLabels = result.onlyLabels?.subtracting(names)
      for name in names + [Labels.metricNameLabel] { result.labels[name] = nil }
    }
    if aggregation.op == .countValues,
      case .string(let label)? = aggregation.parameter?.withoutParentheses.kind
    {
      result.labels[label] = nil
      result.onlyLabels?.insert(label)
    }
    return result
  }

  // MARK: Functions

  private mutating func possibility(of function: String, _ arguments: [Expression]) -> Possibility {
    let operands = arguments.map { possibility(of: $0) }
    switch function {
    case "absent", "absent_over_time":
      var result = Possibility(range: .exactly(1), mayHoldHistograms: false)
      if let needs = operands.first?.needs, isSelector(arguments[0]) { result.needsNothing = needs }
      return result
    case "vector": return .scalar(operands[0].range)
    case "scalar":
      var range = operands[0].never == nil ? operands[0].range : .none
      range.mayBeNaN = true
      return .scalar(range)
    case "time": return .scalar(.any)
    case "pi": return .scalar(.exactly(.pi))
    case "minute", "hour", "day_of_week", "day_of_month", "day_of_year", "days_in_month", "month", "year":
      var result = operands.first ?? Possibility(onlyLabels: [])
      (result.range, result.mayHoldHistograms, result.base) = (calendar[function] ?? .any, false, nil)
      return result
    default: break
    }
    guard let place = arguments.firstIndex(where: { $0.type == .instantVector || $0.type == .rangeVector })
    else {
      return Possibility()
    }
    var result = operands[place]
    if !keepsElements.contains(function) { result.base = nil }
    result.labels[Labels.metricNameLabel] = nil
    result.range = range(of: function, result.range, operands)
    if !mayGiveHistograms.contains(function) { result.mayHoldHistograms = false }
    if function == "label_replace" || function == "label_join" {
      result.base = nil
      if arguments.count > 1, case .string(let label) = arguments[1].withoutParentheses.kind {
        result.labels[label] = nil
        result.onlyLabels?.insert(label)
      } else {
        (result.labels, result.onlyLabels) = ([:], nil)
      }
    }
    if function == "info" || function == "histogram_quantile" {
      (result.labels, result.onlyLabels) = ([:], nil)
    }
    return result
  }

  private func isSelector(_ expression: Expression) -> Bool {
    switch expression.withoutParentheses.kind {
    case .selector, .rangeSelector: true
    default: false
    }
  }

  private func range(of function: String, _ inner: ValueRange, _ operands: [Possibility]) -> ValueRange {
    switch function {
    case "abs", "sqrt", "exp", "stddev_over_time", "stdvar_over_time", "mad_over_time", "changes", "resets":
      return .notNegative
    // Of counters, which is what they are made for.
    case "rate", "increase", "irate": return .notNegative
    case "count_over_time": return .between(1, .infinity)
    case "present_over_time": return .exactly(1)
    case "sgn", "sin", "cos", "tanh": return .between(-1, 1)
    case "acos": return .between(0, 3.1416)
    case "cosh": return .between(1, .infinity)
    case "ceil": return inner.mapped { $0.rounded(.up) }
    case "floor": return inner.mapped { $0.rounded(.down) }
    case "clamp_min": return clamped(inner, low: operands[1].range, high: nil)
    case "clamp_max": return clamped(inner, low: nil, high: operands[1].range)
    case "clamp": return clamped(inner, low: operands[1].range, high: operands[2].range)
    case "min_over_time", "max_over_time", "last_over_time", "first_over_time": return inner
    case "avg_over_time": return inner.widened
    case "sum_over_time": return inner.summed
    case _ where keepsElements.contains(function), "label_replace", "label_join", "info": return inner
    default: return .any
    }
  }

  private func clamped(_ inner: ValueRange, low: ValueRange?, high: ValueRange?) -> ValueRange {
    guard !inner.isEmpty, low.map({ !$0.isEmpty && !$0.mayBeNaN }) ?? true,
      high.map({ !$0.isEmpty && !$0.mayBeNaN }) ?? true
    else { return .any }
    func clamp(_ value: Double, _ low: Double?, _ high: Double?) -> Double {
      max(low ?? -.infinity, min(high ?? .infinity, value))
    }
    return ValueRange(
      low: clamp(inner.low, low?.low, high?.low), high: clamp(inner.high, low?.high, high?.high))
  }

  // MARK: Operators

  /// Operations of a chain that are looked into; of a longer one nothing is known.
  private static let chainLimit = 256

  private mutating func possibility(ofChain chain: BinaryOperation) -> Possibility {
    guard chain.links.count <= Self.chainLimit else { return Possibility() }
    var left = possibility(of: chain.first)
    for length in 1...chain.links.count {
      let whole = chain.prefix(length)
      guard case .binary(let operation) = whole.kind else { break }
      left = possibility(of: operation, left, whole)
    }
    return left
  }

  private mutating func possibility(
    of operation: BinaryOperation, _ left: Possibility, _ whole: Expression
  ) -> Possibility {
    let right = possibility(of: operation.right)
    let isVector = (operation.left.type == .instantVector, operation.right.type == .instantVector)
    switch isVector {
    case (false, false):
      guard operation.op.isComparison else { return .scalar(left.range.combined(operation.op, right.range)) }
      return .scalar(.between(0, 1))
    case (true, true):
      return operation.op.isSetOperator
        ? setOperation(operation, left, right) : matched(operation, left, right, whole)
    case (true, false): return withNumber(operation, vector: left, left, right)
    case (false, true): return withNumber(operation, vector: right, left, right)
    }
  }

  private func withNumber(
    _ operation: BinaryOperation, vector: Possibility, _ left: Possibility, _ right: Possibility
  ) -> Possibility {
    var result = vector
    result.mayHoldHistograms = operation.op == .multiply || operation.op == .divide
    if operation.op.isComparison {
      if operation.returnsBool {
        (result.range, result.base) = (.between(0, 1), nil)
        result.labels[Labels.metricNameLabel] = nil
        return result
      }
      let isLeft = operation.left.type == .instantVector
      let kept =
        isLeft
        ? left.range.kept(by: operation.op, right.range)
        : right.range.kept(by: operation.op.mirrored, left.range)
      result.base = vector.base ?? base(isLeft ? operation.left : operation.right)
      if result.never == nil, kept.isImpossible {
        let subject = (isLeft ? operation.left : operation.right).withoutParentheses
        let other = (isLeft ? operation.right : operation.left).withoutParentheses
        let op = isLeft ? operation.op : operation.op.mirrored
        var reason = "`\(subject)` is \(vector.range.text), so `\(op.rawValue) \(other)` never holds"
        if case .number = other.kind {
        } else {
          reason += " (`\(other)` is \((isLeft ? right : left).range.text))"
        }
        result.never = reason
      }
      result.range = kept
      return result
    }
    result.base = nil
    result.range = left.range.combined(operation.op, right.range)
    return result
  }

  private func matched(
    _ operation: BinaryOperation, _ left: Possibility, _ right: Possibility, _ whole: Expression
  ) -> Possibility {
    var result = Possibility()
    result.never = left.never ?? right.never ?? disagreement(operation, left, right)
    result.mayHoldHistograms = left.mayHoldHistograms || right.mayHoldHistograms
    result.needs = left.needs + right.needs
    result.needsNothing = left.needsNothing + right.needsNothing
    if operation.op.isComparison {
      let mirrored = operation.matching.cardinality == .oneToMany
      result.range = operation.returnsBool ? .between(0, 1) : left.range
      if !operation.returnsBool, !mirrored {
        result.range = left.range.kept(by: operation.op, right.range)
        if result.never == nil, result.range.isImpossible,
          !(left.mayHoldHistograms && right.mayHoldHistograms)
        {
          result.never =
            "`\(operation.left)` is \(left.range.text), and `\(operation.right)` is \(right.range.text)"
        }
        if result.mayHoldHistograms { result.range = left.range }
      }
    } else {
      result.range = left.range.combined(operation.op, right.range)
    }
    let many = operation.matching.cardinality == .oneToMany ? right : left
    result.labels = many.labels
    result.onlyLabels = many.onlyLabels
    result.labels[Labels.metricNameLabel] = nil
    switch operation.matching.cardinality {
    case .oneToOne where operation.matching.isOn:
      result.labels = many.labels.filter { operation.matching.labels.contains($0.key) }
      result.onlyLabels = Set(operation.matching.labels)
    case .oneToOne:
      for label in operation.matching.labels { result.labels[label] = nil }
    default:
      for label in operation.matching.include {
        result.labels[label] = nil
        result.onlyLabels?.insert(label)
      }
    }
    return result
  }

  private mutating func setOperation(
    _ operation: BinaryOperation, _ left: Possibility, _ right: Possibility
  ) -> Possibility {
    switch operation.op {
    case .and:
      var result = left
      result.never = left.never ?? right.never ?? disagreement(operation, left, right)
      result.needs += right.needs
      result.needsNothing += right.needsNothing
      let isPlain = !operation.matching.isOn && operation.matching.labels.isEmpty
      let (mine, theirs) = (left.base ?? base(operation.left), right.base ?? base(operation.right))
      guard isPlain, mine == theirs, mine.isToldByLabels else { return result }
      result.range = left.range.intersecting(right.range)
      if result.never == nil, result.range.isImpossible {
        result.never =
          "`\(mine.text)` cannot satisfy both sides of `and`: \(left.range.text) on the left, "
          + "\(right.range.text) on the right"
      }
      return result
    case .unless:
      var result = left
      let mine = left.base ?? base(operation.left)
      let isWhole = mine.text == operation.right.withoutParentheses.description
      let isPart = left.base != nil && left.base == right.base && right.range.contains(left.range)
      if result.never == nil, isWhole || isPart {
        result.never = "everything that `unless` leaves out is all there is: both sides are `\(mine.text)`"
      }
      return result
    default:
      if left.never != nil, right.never != nil { return left }
      for side in [left, right] {
        if let reason = side.never { deadBranches.append(reason) }
      }
      if left.never != nil { return right }
      if right.never != nil { return left }
      var result = Possibility()
      result.range = left.range.union(right.range)
      result.mayHoldHistograms = left.mayHoldHistograms || right.mayHoldHistograms
      result.labels = left.labels.filter { right.labels[$0.key] == $0.value }
      if let mine = left.onlyLabels, let theirs = right.onlyLabels { result.onlyLabels = mine.union(theirs) }
      return result
    }
  }

  /// Why no element of one side finds one of the other.
  private func disagreement(_ operation: BinaryOperation, _ left: Possibility, _ right: Possibility)
    -> String?
  {
    if left.contradictsItself(with: right) {
      return "`\(operation.op.rawValue)` wants the same series to be there and to be absent"
    }
    guard let conflict = left.conflict(with: right, operation.matching) else { return nil }
    func text(_ value: String) -> String { value.isEmpty ? "none" : quoted(value) }
    return "both sides of `\(operation.op.rawValue)` are matched by the label `\(conflict.label)`, which is "
      + "\(text(conflict.mine)) on the left and \(text(conflict.other)) on the right"
  }

  private func base(_ expression: Expression) -> Possibility.Base {
    let inner = expression.withoutParentheses
    return Possibility.Base(text: inner.description, isToldByLabels: namesEverySeries(inner))
  }

  /// Whether every selector names one metric.
  private func namesEverySeries(_ expression: Expression) -> Bool {
    func named(_ selector: VectorSelector) -> Bool {
      selector.matchers.contains {
        $0.name == Labels.metricNameLabel && $0.kind == .equal && !$0.text.isEmpty
      }
    }
    switch expression.kind {
    case .selector(let selector), .rangeSelector(let selector, _): return named(selector)
    case .binary(let operation) where operation.links.contains { $0.op == .or }: return false
    default: return expression.children.allSatisfy(namesEverySeries)
    }
  }
}

extension BinaryOperator {
  /// The operator that says the same with its sides exchanged.
  fileprivate var mirrored: BinaryOperator {
    switch self {
    case .less: .greater
    case .lessOrEqual: .greaterOrEqual
    case .greater: .less
    case .greaterOrEqual: .lessOrEqual
    default: self
    }
  }
}

/// Functions that give elements of their operand as they are.
private let keepsElements: Set<String> = ["sort", "sort_desc", "sort_by_label", "sort_by_label_desc"]

private let mayGiveHistograms: Set<String> = keepsElements.union([
  "rate", "increase", "irate", "delta", "idelta", "last_over_time", "first_over_time", "avg_over_time",
  "sum_over_time", "label_replace", "label_join", "info",
])

private let calendar: [String: ValueRange] = [
  "minute": .between(0, 59), "hour": .between(0, 23), "day_of_week": .between(0, 6),
  "day_of_month": .between(1, 31), "day_of_year": .between(1, 366), "days_in_month": .between(28, 31),
  "month": .between(1, 12),
]
