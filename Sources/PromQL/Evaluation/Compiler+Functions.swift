internal import Model
internal import RegularExpressions

extension Compiler {
  /// The step for a call of a function that is not about native or classic histograms; nil for one that is, or that
  /// this version does not know.
  mutating func functionStep(
    _ function: FunctionSignature, _ arguments: [Expression], at expression: Expression
  ) throws(CompileError) -> Step? {
    if let window = WindowFunction(rawValue: function.name) {
      return try windowStep(window, arguments, at: expression)
    }
    if let number = NumberFunction(rawValue: function.name) {
      return MappingStep(try step(for: arguments[0]), .number(number))
    }
    if let date = DateFunction(rawValue: function.name) {
      if let argument = arguments.first { return MappingStep(try step(for: argument), .date(date)) }
      return CurrentDateStep(date)
    }
    if let step = try sourceStep(function, arguments) { return step }
    if let step = try labelStep(function, arguments, at: expression) { return step }
    if function.name == "info" { return try infoStep(arguments) }
    return try vectorFunctionStep(function, arguments, at: expression)
  }

  private mutating func windowStep(
    _ function: WindowFunction, _ arguments: [Expression], at expression: Expression
  ) throws(CompileError) -> Step {
    guard let place = arguments.firstIndex(where: { $0.type == .rangeVector }) else {
      throw CompileError(message: "no range vector in call to function", range: expression.range)
    }
    var parameters: [Step] = []
    for (index, argument) in arguments.enumerated() where index != place {
      parameters.append(try step(for: argument))
    }
    return WindowFunctionStep(
      function, try windowStep(for: arguments[place]), parameters: parameters,
      at: arguments[place].withoutParentheses.range, firstArgument: arguments[0].withoutParentheses.range,
      boundary: arguments[place].boundary)
  }

  /// Functions that need no vector, or make one of what is none.
  private mutating func sourceStep(
    _ function: FunctionSignature, _ arguments: [Expression]
  ) throws(CompileError) -> Step? {
    switch function.name {
    case "pi": return ConstantStep(Double.pi)
    case "time": return TimeStep()
    case "start", "end", "range", "step": return QueryBoundsStep(function.name)
    case "min_of", "max_of":
      return ExtremeStep(
        try step(for: arguments[0]), try step(for: arguments[1]), isMaximum: function.name == "max_of")
    case "vector": return VectorStep(try step(for: arguments[0]))
    case "absent_over_time":
      return AbsentOverTimeStep(
        try windowStep(for: arguments[0]), argument: arguments[0], boundary: arguments[0].boundary)
    default: return nil
    }
  }

  /// Functions of one instant vector.
  private mutating func vectorFunctionStep(
    _ function: FunctionSignature, _ arguments: [Expression], at expression: Expression
  ) throws(CompileError) -> Step? {
    let known: Set<String> = [
      "absent", "scalar", "timestamp", "clamp", "clamp_min", "clamp_max", "round", "sort", "sort_desc",
    ]
    guard known.contains(function.name) else { return nil }
    let first = try step(for: arguments[0])
    var rest: [Step] = []
    for argument in arguments.dropFirst() { rest.append(try step(for: argument)) }
    switch function.name {
    case "absent": return AbsentStep(first, argument: arguments[0])
    case "scalar": return ScalarStep(first)
    case "sort", "sort_desc":
      return SortStep(first, descending: function.name == "sort_desc", at: expression.range)
    case "round": return MappingStep(first, .round(rest.first))
    case "clamp": return MappingStep(first, .clamp(min: rest[0], max: rest[1]))
    case "clamp_min": return MappingStep(first, .clampMin(rest[0]))
    case "clamp_max": return MappingStep(first, .clampMax(rest[0]))
    default:
      // A selector tells its samples' own times, brackets or not; a sign in front makes it an expression.
      var selector: SelectorStep?
      if case .selector = arguments[0].withoutParentheses.kind { selector = first as? SelectorStep }
      return TimestampStep(first, selector: selector)
    }
  }

  /// Functions whose further arguments are strings.
  private mutating func labelStep(
    _ function: FunctionSignature, _ arguments: [Expression], at expression: Expression
  ) throws(CompileError) -> Step? {
    let texts = arguments.dropFirst().map { argument in
      if case .string(let text) = argument.withoutParentheses.kind { text } else { "" }
    }
    switch function.name {
    case "sort_by_label", "sort_by_label_desc":
      return LabelSortStep(
        try step(for: arguments[0]), by: texts, descending: function.name == "sort_by_label_desc",
        at: expression.range)
    case "label_replace":
      return LabelStep(try step(for: arguments[0]), destination: texts[0], replacement(texts))
    case "label_join":
      var operation = LabelStep.Operation.join(sources: Array(texts.dropFirst(2)), separator: texts[1])
      if texts.dropFirst(2).contains("") {
        operation = .refuse("invalid source label name in label_join(): ")
      } else if texts[0].isEmpty {
        operation = .refuse("invalid destination label name in label_join(): ")
      }
      return LabelStep(try step(for: arguments[0]), destination: texts[0], operation)
    default: return nil
    }
  }

  private func replacement(_ texts: [String]) -> LabelStep.Operation {
    guard let pattern = try? RegularExpression(texts[3], anchoring: .whole) else {
      return .refuse("invalid regular expression in label_replace(): \(texts[3])")
    }
    guard !texts[0].isEmpty else { return .refuse("invalid destination label name in label_replace(): ") }
    return .replace(pattern: pattern, source: texts[2], template: texts[1])
  }

  private mutating func infoStep(_ arguments: [Expression]) throws(CompileError) -> Step? {
    var matchers: [LabelMatcher] = []
    if arguments.count > 1, case .selector(let selector) = arguments[1].kind { matchers = selector.matchers }
    let names = infoNames(matchers.filter { $0.name == Labels.metricNameLabel })
    let conditions = matchers.filter { $0.name != Labels.metricNameLabel }
    let info = VectorSelector(name: nil, matchers: names + conditions, shift: TimeShift())
    let expression = Expression(kind: .selector(info), range: arguments[0].range, depth: 1)
    guard let selector = try step(for: expression) as? SelectorStep else { return nil }
    return InfoStep(try step(for: arguments[0]), info: selector, names: names, conditions: conditions)
  }

  /// What names an info metric may have: when nothing is said "target_info", when it is only said what it may not
  /// have, every other "…_info".
  private func infoNames(_ matchers: [LabelMatcher]) -> [LabelMatcher] {
    guard !matchers.isEmpty else { return [LabelMatcher(Labels.metricNameLabel, equals: "target_info")] }
    if matchers.contains(where: { $0.kind == .equal || $0.kind == .regex }) { return matchers }
    guard let pattern = try? RegularExpression(".+_info", anchoring: .whole) else { return matchers }
    return [LabelMatcher(Labels.metricNameLabel, text: pattern.pattern, matching: pattern)] + matchers
  }
}

extension Expression {
  /// Of a range selector, brackets or not.
  fileprivate var boundary: RangeBoundary? {
    if case .rangeSelector(let selector, _) = withoutParentheses.kind { selector.boundary } else { nil }
  }
}
