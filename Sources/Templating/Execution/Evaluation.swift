internal import Model

/// Pipelines, commands and operands: what an action's value is.
extension Interpreter {
  mutating func evaluate(_ pipeline: Pipeline, dot: TemplateValue) throws(TemplateError) -> TemplateValue {
    try enter(at: pipeline.position)
    defer { leave() }
    var value: TemplateValue?
    for command in pipeline.commands {
      value = try evaluate(command, dot: dot, piped: value)
    }
    let result = value ?? .missing
    // A loop gives its variables the elements itself.
    if pipeline.variables.count == 1 {
      let name = pipeline.variables[0]
      if pipeline.declaration == .declare { variables.append((name, result)) } else { assign(name, result) }
    }
    return result
  }

  private mutating func evaluate(
    _ command: Command, dot: TemplateValue, piped: TemplateValue?
  ) throws(TemplateError) -> TemplateValue {
    let first = command.operands[0]
    let arguments = command.operands.dropFirst()
    if case .function(let name) = first.kind {
      let value = try call(name, arguments, piped: piped, dot: dot, at: first.position)
      return try field(first.fields, of: value, at: first.position)
    }
    if case .null = first.kind { throw failure("nil is not a command", at: first.position) }
    guard !arguments.isEmpty || piped != nil else { return try evaluate(first, dot: dot) }
    guard let last = first.fields.last else {
      throw failure("can't give argument to non-function \(GoText.shown(first))", at: first.position)
    }
    var owner = first
    owner.fields.removeLast()
    let receiver = try evaluate(owner, dot: dot)
    var values: [TemplateValue] = []
    for argument in arguments { values.append(try evaluate(argument, dot: dot)) }
    if let piped { values.append(piped) }
    return try method(last, of: receiver, values, at: first.position)
  }

  /// The value of one operand that takes no arguments.
  mutating func evaluate(_ operand: Operand, dot: TemplateValue) throws(TemplateError) -> TemplateValue {
    let value: TemplateValue
    switch operand.kind {
    case .literal(let literal): value = literal
    case .null: value = .null
    case .dot: value = dot
    case .variable(let name): value = variable(name)
    case .function(let name): value = try call(name, [], piped: nil, dot: dot, at: operand.position)
    case .pipeline(let pipeline): value = try evaluate(pipeline, dot: dot)
    }
    return try field(operand.fields, of: value, at: operand.position)
  }

  // MARK: Fields

  private func field(
    _ names: [String], of value: TemplateValue, at position: Int
  ) throws(TemplateError) -> TemplateValue {
    var value = value
    for name in names { value = try field(name, of: value, at: position) }
    return value
  }

  private func field(
    _ name: String, of value: TemplateValue, at position: Int
  ) throws(TemplateError) -> TemplateValue {
    switch value {
    case .missing: return .missing
    // Prometheus sets missingkey=zero: a label that is not there reads as "".
    case .labels(let labels): return .string(labels[name] ?? "")
    // As in Go, a method wins over an entry of its name.
    case .pairs(let pairs): return PairMethods.call(name, of: pairs) ?? .string(pairs[name] ?? "")
    case .collection(let collection):
      if let value = collection.parts[name] { return value }
    case .map(let map): return map.entries[name] ?? .missing
    case .record(let map):
      if let value = map.entries[name] { return value }
    case .sample(let sample):
      if name == "Labels" { return .labels(sample.labels) }
      if name == "Value" { return .float(sample.value) }
    case .null:
      throw failure("nil data; no entry for key \(GoQuoting.quoted(name))", at: position)
    default: return try method(name, of: value, [], at: position)
    }
    throw failure("can't evaluate field \(name) in type \(value.typeName)", at: position)
  }

  private func method(
    _ name: String, of value: TemplateValue, _ arguments: [TemplateValue], at position: Int
  ) throws(TemplateError) -> TemplateValue {
    do throws(TemplateFailure) {
      if let result = try TimeMethods.call(name, of: value, arguments) { return result }
      if case .pairs(let pairs) = value, name == "Remove" {
        return .pairs(try PairMethods.removing(arguments, from: pairs))
      }
    } catch {
      throw failure("error calling \(name): \(error.message)", at: position)
    }
    guard !arguments.isEmpty else {
      throw failure("can't evaluate field \(name) in type \(value.typeName)", at: position)
    }
    _ = try field(name, of: value, at: position)
    throw failure("\(name) has arguments but cannot be invoked as function", at: position)
  }

  // MARK: Functions

  private mutating func call(
    _ name: String, _ operands: ArraySlice<Operand>, piped: TemplateValue?, dot: TemplateValue,
    at position: Int
  ) throws(TemplateError) -> TemplateValue {
    try step(at: position)
    if name == "and" || name == "or" {
      return try shortCircuit(name, operands, piped: piped, dot: dot, at: position)
    }
    var arguments: [TemplateValue] = []
    for operand in operands { arguments.append(try evaluate(operand, dot: dot)) }
    if let piped { arguments.append(piped) }
    if name != "tmpl" { arguments = arguments.map(\.withoutMethods) }
    try charge(for: arguments, at: position)
    guard let function = FunctionTable.function(name, template.dialect) else {
      throw failure("\(GoQuoting.quoted(name)) is not a defined function", at: position)
    }
    guard function.arity.contains(arguments.count) else {
      let (low, high) = (function.arity.lowerBound, function.arity.upperBound)
      let want =
        low == high ? "want \(low)" : high == .max ? "want at least \(low)" : "want \(low) to \(high)"
      throw failure("wrong number of args for \(name): \(want) got \(arguments.count)", at: position)
    }
    do throws(TemplateFailure) {
      if name == "tmpl" {
        let called = try FunctionCall(name: name, arguments: arguments, context: context).string(0)
        return try result(rendering: called, arguments[1], at: position)
      }
      let result = try function.body(FunctionCall(name: name, arguments: arguments, context: context))
      if case .string(let text) = result { try TextLimit.check(text.utf8.count) }
      return result
    } catch {
      throw failure("error calling \(name): \(error.message)", at: position)
    }
  }

  private mutating func result(
    rendering name: String, _ dot: TemplateValue, at position: Int
  ) throws(TemplateFailure) -> TemplateValue {
    do throws(TemplateError) { return .string(try rendered(name, dot: dot, at: position)) } catch {
      throw TemplateFailure(error.message)
    }
  }

  /// `and` and `or` stop at the argument that decides.
  private mutating func shortCircuit(
    _ name: String, _ operands: ArraySlice<Operand>, piped: TemplateValue?, dot: TemplateValue,
    at position: Int
  ) throws(TemplateError) -> TemplateValue {
    var value: TemplateValue?
    for operand in operands {
      let next = try evaluate(operand, dot: dot)
      if next.isTrue == (name == "or") { return next }
      value = next
    }
    if let result = piped ?? value { return result }
    throw failure("wrong number of args for \(name): want at least 1 got 0", at: position)
  }
}

/// How parts of a template are named in messages.
enum GoText {
  static func shown(_ operand: Operand) -> String {
    switch operand.kind {
    case .literal(.string(let text)): GoQuoting.quoted(text)
    case .literal(.int(let value)): "\(value)"
    case .literal(.float(let value)): NumberText.shortest(value)
    case .literal(.bool(let value)): "\(value)"
    case .literal: "literal"
    case .null: "nil"
    case .dot: "."
    case .variable(let name), .function(let name): name
    case .pipeline: "(…)"
    }
  }
}
