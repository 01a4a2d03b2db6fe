internal import Model

/// Walks a template's tree once. Its whole cost is bounded by ``TemplateLimits``.
struct Interpreter {
  let template: Template
  let context: TemplateContext
  var output: [UInt8] = []
  /// Variables in scope, innermost last. A called template starts a new list.
  var variables: [(name: String, value: TemplateValue)] = []
  private var stepsLeft = TemplateLimits.steps
  private var depth = 0

  enum Flow { case next, breakLoop, continueLoop }

  init(template: Template, context: TemplateContext) {
    self.template = template
    self.context = context
  }

  mutating func run() throws(TemplateError) -> String {
    let root = context.root
    variables = [("$", root)]
    if case .record(let fields) = root {
      for (name, field) in Template.prelude { variables.append((name, fields.entries[field] ?? .missing)) }
    }
    _ = try execute(template.tree.body, dot: root)
    return String(decoding: output, as: UTF8.self)
  }

  // MARK: Statements

  private mutating func execute(_ nodes: [Node], dot: TemplateValue) throws(TemplateError) -> Flow {
    for node in nodes {
      let flow = try execute(node, dot: dot)
      if flow != .next { return flow }
    }
    return .next
  }

  private mutating func execute(_ node: Node, dot: TemplateValue) throws(TemplateError) -> Flow {
    switch node {
    case .text(let text): try write(text, at: 0)
    case .action(let pipeline):
      let value = try evaluate(pipeline, dot: dot)
      if pipeline.declaration == .none {
        try write(try printed(value, at: pipeline.position), at: pipeline.position)
      }
    case .branch(let branch):
      let mark = variables.count
      defer { variables.removeSubrange(mark...) }
      return try execute(branch, dot: dot)
    case .call(let name, let argument, let position):
      var value = TemplateValue.null
      if let argument { value = try evaluate(argument, dot: dot) }
      try call(name, dot: value, at: position)
    case .breakLoop: return .breakLoop
    case .continueLoop: return .continueLoop
    }
    return .next
  }

  private mutating func execute(_ branch: Branch, dot: TemplateValue) throws(TemplateError) -> Flow {
    for clause in branch.clauses {
      try enter(at: clause.pipeline.position)
      defer { depth -= 1 }
      let value = try evaluate(clause.pipeline, dot: dot)
      if clause.kind == .range {
        if let flow = try loop(clause, over: value, dot: dot) { return flow }
      } else if value.isTrue {
        return try execute(clause.body, dot: clause.kind == .with ? value : dot)
      }
    }
    return try execute(branch.otherwise, dot: dot)
  }

  /// nil when there was nothing to walk over.
  private mutating func loop(
    _ clause: Branch.Clause, over value: TemplateValue, dot: TemplateValue
  ) throws(TemplateError) -> Flow? {
    let turns = try turns(over: value, at: clause.pipeline.position)
    guard !turns.isEmpty else { return nil }
    let names = clause.pipeline.variables
    let mark = variables.count
    for (key, element) in turns {
      try step(at: clause.pipeline.position)
      let values = names.count == 2 ? [key, element] : [element]
      for (name, value) in zip(names, values) {
        if clause.pipeline.declaration == .declare {
          variables.append((name, value))
        } else {
          assign(name, value)
        }
      }
      let flow = try execute(clause.body, dot: element)
      variables.removeSubrange(mark...)
      if flow == .breakLoop { break }
    }
    return .next
  }

  private func turns(
    over value: TemplateValue, at position: Int
  ) throws(TemplateError) -> [(TemplateValue, TemplateValue)] {
    switch value {
    case .list(let list): return list.enumerated().map { (.int($0.offset), $0.element) }
    case .map(let map): return map.sorted.map { (.string($0.key), $0.value) }
    case .collection(let collection):
      return collection.elements.enumerated().map { (.int($0.offset), $0.element) }
    case .labels(let labels), .pairs(let labels):
      return labels.entries.map { (.string($0.name), .string($0.value)) }
    case .int(let count):
      guard count <= stepsLeft else { throw tooMuch(at: position) }
      return (0..<max(0, count)).map { (.int($0), .int($0)) }
    case .missing, .null: return []
    default:
      throw failure("range can't iterate over \(try printed(value, at: position))", at: position)
    }
  }

  /// Executes a named template with a scope of its own.
  private mutating func call(_ name: String, dot: TemplateValue, at position: Int) throws(TemplateError) {
    guard let body = template.tree.definitions[name] else {
      throw failure("template \(GoQuoting.quoted(name)) not defined", at: position)
    }
    try enter(at: position)
    defer { depth -= 1 }
    let outer = variables
    variables = [("$", dot)]
    defer { variables = outer }
    _ = try execute(body, dot: dot)
  }

  /// What `tmpl` returns: a named template's output as a string.
  mutating func rendered(
    _ name: String, dot: TemplateValue, at position: Int
  ) throws(TemplateError) -> String {
    let outer = output
    output = []
    defer { output = outer }
    try call(name, dot: dot, at: position)
    return String(decoding: output, as: UTF8.self)
  }

  // MARK: Variables

  func variable(_ name: String) -> TemplateValue {
    variables.last { $0.name == name }?.value ?? .missing
  }

  mutating func assign(_ name: String, _ value: TemplateValue) {
    if let place = variables.lastIndex(where: { $0.name == name }) { variables[place].value = value }
  }

  // MARK: Limits and errors

  mutating func step(at position: Int) throws(TemplateError) {
    stepsLeft -= 1
    if stepsLeft < 0 { throw tooMuch(at: position) }
  }

  /// Functions that read long texts take more of the budget: a loop over such calls must end in time.
  mutating func charge(for arguments: [TemplateValue], at position: Int) throws(TemplateError) {
    for case .string(let text) in arguments { stepsLeft -= text.utf8.count / 64 }
    if stepsLeft < 0 { throw tooMuch(at: position) }
  }

  /// Pair it with ``leave()``.
  mutating func enter(at position: Int) throws(TemplateError) {
    try step(at: position)
    guard depth < TemplateLimits.executionDepth else {
      throw failure("executions nest more than \(TemplateLimits.executionDepth) deep", at: position)
    }
    depth += 1
  }

  mutating func leave() { depth -= 1 }

  private mutating func write(_ text: String, at position: Int) throws(TemplateError) {
    guard output.count + text.utf8.count <= TemplateLimits.outputBytes else {
      throw failure("the output is longer than \(TemplateLimits.outputBytes) bytes", at: position)
    }
    output.append(contentsOf: text.utf8)
  }

  func printed(_ value: TemplateValue, at position: Int) throws(TemplateError) -> String {
    if case .missing = value { return "<no value>" }
    do throws(TemplateFailure) { return try ValuePrinter.printed(value) } catch {
      throw failure(error.message, at: position)
    }
  }

  func failure(_ message: String, at position: Int) -> TemplateError {
    TemplateError(template: template.name, message: message, text: template.text, offset: position)
  }

  private func tooMuch(at position: Int) -> TemplateError {
    failure("rendering takes more than \(TemplateLimits.steps) steps", at: position)
  }
}
