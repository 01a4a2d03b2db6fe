/// Builds the tree of a template by recursive descent, with Go's rules for scopes.
struct Parser {
  private var tokens: [Token]
  private var at = 0
  private var depth = 0
  private var loopDepth = 0
  /// Variables in scope, innermost last.
  private var variables: [String]
  private var definitions: [String: [Node]] = [:]
  private let dialect: TemplateDialect

  static func parse(
    _ text: String, name: String, dialect: TemplateDialect
  ) throws(TemplateError) -> TemplateTree {
    do throws(SyntaxMistake) {
      guard text.utf8.count <= TemplateLimits.textBytes else {
        throw SyntaxMistake(
          message: "the template is longer than \(TemplateLimits.textBytes) bytes", position: 0)
      }
      var parser = Parser(tokens: try Lexer.tokens(of: text), dialect: dialect)
      return try parser.parseAll()
    } catch {
      throw TemplateError(template: name, message: error.message, text: text, offset: error.position)
    }
  }

  private init(tokens: [Token], dialect: TemplateDialect) {
    self.tokens = tokens
    self.dialect = dialect
    variables = ["$"] + Template.prelude.map(\.0)
  }

  private mutating func parseAll() throws(SyntaxMistake) -> TemplateTree {
    let (body, end) = try parseList(atTop: true)
    if let end { throw unexpected(end.token, in: "template") }
    return TemplateTree(body: body, definitions: definitions)
  }

  // MARK: Lists and actions

  /// `{{end}}` or `{{else …}}`: how a list ended. The tokens behind an `else` are still to be read.
  private struct ListEnd {
    var token: Token
    var isElse: Bool
  }

  private mutating func parseList(atTop: Bool = false) throws(SyntaxMistake) -> ([Node], ListEnd?) {
    try enter()
    defer { depth -= 1 }
    var nodes: [Node] = []
    while true {
      let token = next()
      switch token.kind {
      case .end:
        if atTop { return (nodes, nil) }
        throw SyntaxMistake(message: "unexpected EOF", position: token.position)
      case .text(let text): nodes.append(.text(text))
      default:
        // The lexer emits nothing but texts and actions here.
        if let end = listEnd() { return (nodes, end) }
        if let node = try parseAction(atTop: atTop) { nodes.append(node) }
      }
    }
  }

  private mutating func listEnd() -> ListEnd? {
    let token = peek()
    guard token.kind == .keyword(.end) || token.kind == .keyword(.else) else { return nil }
    at += 1
    return ListEnd(token: token, isElse: token.kind == .keyword(.else))
  }

  private mutating func parseAction(atTop: Bool) throws(SyntaxMistake) -> Node? {
    let token = peek()
    guard case .keyword(let word) = token.kind, word != .nil else {
      let pipeline = try parsePipeline("command", closing: .rightDelimiter)
      return .action(pipeline)
    }
    at += 1
    switch word {
    case .if: return try parseBranch(.if)
    case .with: return try parseBranch(.with)
    case .range: return try parseBranch(.range)
    case .template: return try parseCall()
    case .block: return try parseBlock()
    case .define:
      guard atTop else { throw unexpected(token, in: "command") }
      try parseDefinition()
      return nil
    case .breakLoop, .continueLoop:
      guard loopDepth > 0 else {
        throw SyntaxMistake(message: "{{\(word.rawValue)}} outside {{range}}", position: token.position)
      }
      try expect(.rightDelimiter, in: word.rawValue)
      return word == .breakLoop ? .breakLoop : .continueLoop
    case .nil, .else, .end: throw unexpected(token, in: "command")
    }
  }

  private mutating func parseBranch(_ kind: Branch.Kind) throws(SyntaxMistake) -> Node {
    let mark = variables.count
    defer { variables.removeSubrange(mark...) }
    var branch = Branch(clauses: [], otherwise: [])
    var clauseKind = kind
    while true {
      let pipeline = try parsePipeline(
        clauseKind.rawValue, closing: .rightDelimiter, inRange: clauseKind == .range)
      let inner = variables.count
      if clauseKind == .range { loopDepth += 1 }
      let (body, end) = try parseList()
      if clauseKind == .range { loopDepth -= 1 }
      variables.removeSubrange(inner...)
      branch.clauses.append(.init(kind: clauseKind, pipeline: pipeline, body: body))
      guard let end, end.isElse else { break }
      if kind != .range, peek().kind == .keyword(kind == .if ? .if : .with) {
        at += 1
        clauseKind = kind
        continue
      }
      try expect(.rightDelimiter, in: "else")
      let (otherwise, last) = try parseList()
      if let last, last.isElse {
        throw SyntaxMistake(message: "expected end; found {{else}}", position: last.token.position)
      }
      branch.otherwise = otherwise
      break
    }
    try expect(.rightDelimiter, in: "end")
    return .branch(branch)
  }

  private mutating func parseCall() throws(SyntaxMistake) -> Node {
    let position = peek().position
    let name = try parseName("template clause")
    if peek().kind == .rightDelimiter {
      at += 1
      return .call(name: name, argument: nil, position: position)
    }
    let argument = try parsePipeline("template clause", closing: .rightDelimiter)
    return .call(name: name, argument: argument, position: position)
  }

  private mutating func parseBlock() throws(SyntaxMistake) -> Node {
    let position = peek().position
    let name = try parseName("block clause")
    let argument = try parsePipeline("block clause", closing: .rightDelimiter)
    try parseNamedBody(name)
    return .call(name: name, argument: argument, position: position)
  }

  private mutating func parseDefinition() throws(SyntaxMistake) {
    let name = try parseName("define clause")
    try expect(.rightDelimiter, in: "define clause")
    try parseNamedBody(name)
  }

  /// A named template starts with no variable but `$`.
  private mutating func parseNamedBody(_ name: String) throws(SyntaxMistake) {
    let outer = (variables, loopDepth)
    variables = ["$"]
    loopDepth = 0
    defer { (variables, loopDepth) = outer }
    let (body, end) = try parseList()
    if let end, end.isElse { throw unexpected(end.token, in: "define clause") }
    try expect(.rightDelimiter, in: "end")
    definitions[name] = body
  }

  private mutating func parseName(_ clause: String) throws(SyntaxMistake) -> String {
    let token = next()
    guard case .string(let name) = token.kind else { throw unexpected(token, in: clause) }
    return name
  }

  // MARK: Pipelines

  private mutating func parsePipeline(
    _ clause: String, closing: Token.Kind, inRange: Bool = false
  ) throws(SyntaxMistake) -> Pipeline {
    try enter()
    defer { depth -= 1 }
    var pipeline = Pipeline(position: peek().position)
    try parseDeclaration(&pipeline, inRange: inRange)
    while true {
      let token = peek()
      if token.kind == closing {
        at += 1
        break
      }
      pipeline.commands.append(try parseCommand(clause))
      if peek().kind == .bar {
        let bar = next()
        if peek().kind == closing {
          throw SyntaxMistake(message: "missing value for \(clause)", position: bar.position)
        }
      }
    }
    guard !pipeline.commands.isEmpty else {
      throw SyntaxMistake(message: "missing value for \(clause)", position: pipeline.position)
    }
    for (stage, command) in pipeline.commands.enumerated().dropFirst() where !command.operands[0].isExecutable
    {
      throw SyntaxMistake(
        message: "non executable command in pipeline stage \(stage + 1)",
        position: command.operands[0].position)
    }
    // Only behind it: a pipeline cannot see what it declares.
    if pipeline.declaration == .declare { variables += pipeline.variables }
    return pipeline
  }

  private mutating func parseDeclaration(_ pipeline: inout Pipeline, inRange: Bool) throws(SyntaxMistake) {
    guard case .variable(let name) = peek().kind else { return }
    let following = tokens[min(at + 1, tokens.count - 1)]
    var names = [name]
    var operatorPlace = at + 1
    if following.kind == .comma {
      guard inRange else { throw unexpected(following, in: "operand") }
      let second = tokens[min(at + 2, tokens.count - 1)]
      guard case .variable(let name) = second.kind else { throw unexpected(second, in: "range") }
      names.append(name)
      operatorPlace = at + 3
    }
    let sign = tokens[min(operatorPlace, tokens.count - 1)]
    switch sign.kind {
    case .declare: pipeline.declaration = .declare
    case .assign:
      pipeline.declaration = .assign
      for name in names { try checkVariable(name, peek().position) }
    default:
      if names.count == 2 { throw unexpected(sign, in: "range") }
      return
    }
    pipeline.variables = names
    at = operatorPlace + 1
  }

  private mutating func parseCommand(_ clause: String) throws(SyntaxMistake) -> Command {
    var operands: [Operand] = []
    while true {
      let token = peek()
      if [.bar, .rightDelimiter, .rightParenthesis].contains(token.kind) { break }
      if !operands.isEmpty, !token.spaceBefore { throw unexpected(token, in: "operand") }
      operands.append(try parseOperand(clause))
    }
    guard !operands.isEmpty else {
      let token = peek()
      if token.kind == .bar { throw SyntaxMistake(message: "empty command", position: token.position) }
      throw unexpected(token, in: clause)
    }
    return Command(operands: operands)
  }

  private mutating func parseOperand(_ clause: String) throws(SyntaxMistake) -> Operand {
    let token = next()
    var operand = Operand(position: token.position, kind: .dot)
    switch token.kind {
    case .dot: break
    case .field(let name): operand.fields.append(name)
    case .string(let text): operand.kind = .literal(.string(text))
    case .int(let value): operand.kind = .literal(.int(value))
    case .float(let value): operand.kind = .literal(.float(value))
    case .bool(let value): operand.kind = .literal(.bool(value))
    case .keyword(.nil): operand.kind = .null
    case .variable(let name):
      try checkVariable(name, token.position)
      operand.kind = .variable(name)
    case .identifier(let name):
      guard FunctionTable.isKnown(name, dialect) else {
        throw SyntaxMistake(message: "function \"\(name)\" not defined", position: token.position)
      }
      operand.kind = .function(name)
    case .leftParenthesis:
      operand.kind = .pipeline(try parsePipeline("parenthesized pipeline", closing: .rightParenthesis))
    default: throw unexpected(token, in: clause)
    }
    while case .field(let name) = peek().kind, !peek().spaceBefore {
      guard operand.isExecutable else {
        throw SyntaxMistake(message: "unexpected . after term \(token.shown)", position: peek().position)
      }
      at += 1
      operand.fields.append(name)
    }
    return operand
  }

  private func checkVariable(_ name: String, _ position: Int) throws(SyntaxMistake) {
    guard variables.contains(name) else {
      throw SyntaxMistake(message: "undefined variable \"\(name)\"", position: position)
    }
  }

  // MARK: Tokens

  private func peek() -> Token { tokens[min(at, tokens.count - 1)] }

  private mutating func next() -> Token {
    let token = peek()
    at += 1
    return token
  }

  private mutating func expect(_ kind: Token.Kind, in clause: String) throws(SyntaxMistake) {
    let token = next()
    guard token.kind == kind else { throw unexpected(token, in: clause) }
  }

  private func unexpected(_ token: Token, in clause: String) -> SyntaxMistake {
    SyntaxMistake(message: "unexpected \(token.shown) in \(clause)", position: token.position)
  }

  private mutating func enter() throws(SyntaxMistake) {
    depth += 1
    guard depth <= TemplateLimits.syntaxDepth else {
      throw SyntaxMistake(
        message: "actions nest more than \(TemplateLimits.syntaxDepth) deep", position: peek().position)
    }
  }
}

extension TemplateError {
  /// The place given as a byte offset into `text`.
  init(template: String, message: String, text: String, offset: Int) {
    var (line, column) = (1, 1)
    for byte in text.utf8.prefix(offset) {
      if byte == UInt8(ascii: "\n") {
        (line, column) = (line + 1, 1)
      } else {
        column += 1
      }
    }
    self.init(template: template, message: message, line: line, column: column)
  }
}
