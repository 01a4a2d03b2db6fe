/// Cuts an expression into tokens. Braces and brackets have their own alphabets, as in Prometheus.
struct Lexer {
  private let bytes: [UInt8]
  private var place = 0
  private var parenthesisDepth = 0
  private var braceOpen = false
  private var bracketOpen = false
  private var tokens: [Token] = []

  /// All tokens up to the end or the first fault, which is then the last token.
  static func tokens(of bytes: [UInt8]) -> [Token] {
    var lexer = Lexer(bytes: bytes)
    while lexer.step() {}
    return lexer.tokens
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private func peek(_ ahead: Int = 0) -> UInt8? {
    place + ahead < bytes.count ? bytes[place + ahead] : nil
  }

  private mutating func emit(_ kind: Token.Kind, from start: Int) {
    let text = String(decoding: bytes[start..<place], as: UTF8.self)
    tokens.append(Token(kind: kind, range: SourceRange(start, place), text: text))
  }

  private mutating func fail(_ message: String, at start: Int) -> Bool {
    tokens.append(Token(kind: .fault(message), range: SourceRange(start, place), text: ""))
    return false
  }

  /// Reads one token; false when it was the last.
  private mutating func step() -> Bool {
    skipBlanksAndComments()
    let start = place
    guard let byte = peek() else { return finish() }
    if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "`") {
      return string(quote: byte, from: start)
    }
    if isNameStart(byte) || (byte == UInt8(ascii: ":") && !bracketOpen && !braceOpen) {
      word(from: start)
      return true
    }
    if braceOpen { return punctuationInsideBraces(byte, from: start) }
    if isDigit(byte) || (byte == UInt8(ascii: ".") && peek(1).map(isDigit) == true) {
      return number(from: start)
    }
    return punctuation(byte, from: start)
  }

  private mutating func finish() -> Bool {
    if braceOpen { return fail("unexpected end of input inside braces", at: place) }
    if parenthesisDepth > 0 { return fail("unclosed left parenthesis", at: place) }
    if bracketOpen { return fail("unclosed left bracket", at: place) }
    emit(.endOfInput, from: place)
    return false
  }

  private mutating func skipBlanksAndComments() {
    while let byte = peek() {
      if byte == UInt8(ascii: "#") {
        while let next = peek(), next != UInt8(ascii: "\n") { place += 1 }
      } else if isBlank(byte) {
        place += 1
      } else {
        return
      }
    }
  }

  private mutating func word(from start: Int) {
    while let byte = peek(), isNamePart(byte) || (byte == UInt8(ascii: ":") && !braceOpen && !bracketOpen) {
      place += 1
    }
    let slice = bytes[start..<place]
    if braceOpen { return emit(.identifier, from: start) }
    if slice.contains(UInt8(ascii: ":")) { return emit(.metricIdentifier, from: start) }
    let lower = String(decoding: slice, as: UTF8.self).lowercased()
    if let keyword = Token.Keyword(rawValue: lower) { return emit(.keyword(keyword), from: start) }
    if let op = AggregationOperator(rawValue: lower) { return emit(.aggregation(op), from: start) }
    switch lower {
    case "inf": emit(.number(.infinity), from: start)
    case "nan": emit(.number(.nan), from: start)
    case "and", "or", "unless", "atan2":
      emit(BinaryOperator(rawValue: lower).map(Token.Kind.binary) ?? .identifier, from: start)
    default: emit(.identifier, from: start)
    }
  }

  private mutating func punctuationInsideBraces(_ byte: UInt8, from start: Int) -> Bool {
    place += 1
    switch byte {
    case UInt8(ascii: ","): emit(.comma, from: start)
    case UInt8(ascii: "}"):
      braceOpen = false
      emit(.rightBrace, from: start)
    case UInt8(ascii: "="):
      let regex = take("~")
      emit(regex ? .regexMatch : .assign, from: start)
    case UInt8(ascii: "!"):
      if take("~") {
        emit(.regexNoMatch, from: start)
      } else if take("=") {
        emit(.binary(.notEqual), from: start)
      } else {
        return fail("unexpected character after '!' inside braces: \(shown(at: place))", at: start)
      }
    case UInt8(ascii: "{"): return fail("unexpected left brace '{'", at: start)
    default: return fail("unexpected character inside braces: \(shown(at: start))", at: start)
    }
    return true
  }

  private mutating func punctuation(_ byte: UInt8, from start: Int) -> Bool {
    place += 1
    switch byte {
    case UInt8(ascii: ","): emit(.comma, from: start)
    case UInt8(ascii: "@"): emit(.at, from: start)
    case UInt8(ascii: ":"): emit(.colon, from: start)
    case UInt8(ascii: "("):
      parenthesisDepth += 1
      emit(.leftParenthesis, from: start)
    case UInt8(ascii: ")"):
      if parenthesisDepth == 0 { return fail("unexpected right parenthesis ')'", at: start) }
      parenthesisDepth -= 1
      emit(.rightParenthesis, from: start)
    case UInt8(ascii: "{"):
      braceOpen = true
      emit(.leftBrace, from: start)
    case UInt8(ascii: "["):
      if bracketOpen { return fail("unexpected left bracket '['", at: start) }
      bracketOpen = true
      emit(.leftBracket, from: start)
    case UInt8(ascii: "]"):
      if !bracketOpen { return fail("unexpected right bracket ']'", at: start) }
      bracketOpen = false
      emit(.rightBracket, from: start)
    default: return operatorSign(byte, from: start)
    }
    return true
  }

  private mutating func operatorSign(_ byte: UInt8, from start: Int) -> Bool {
    switch byte {
    case UInt8(ascii: "+"): emit(.binary(.add), from: start)
    case UInt8(ascii: "-"): emit(.binary(.subtract), from: start)
    case UInt8(ascii: "*"): emit(.binary(.multiply), from: start)
    case UInt8(ascii: "/"): emit(.binary(.divide), from: start)
    case UInt8(ascii: "%"): emit(.binary(.modulo), from: start)
    case UInt8(ascii: "^"): emit(.binary(.power), from: start)
    case UInt8(ascii: "<"):
      emit(.binary(take("=") ? .lessOrEqual : take("/") ? .trimAbove : .less), from: start)
    case UInt8(ascii: ">"):
      emit(.binary(take("=") ? .greaterOrEqual : take("/") ? .trimBelow : .greater), from: start)
    case UInt8(ascii: "="):
      if peek() == UInt8(ascii: "~") { return fail("unexpected character after '=': '~'", at: start) }
      emit(take("=") ? .binary(.equal) : .assign, from: start)
    case UInt8(ascii: "!"):
      guard take("=") else {
        return fail("unexpected character after '!': \(shown(at: place))", at: start)
      }
      emit(.binary(.notEqual), from: start)
    default: return fail("unexpected character: \(shown(at: start))", at: start)
    }
    return true
  }

  private mutating func take(_ expected: Unicode.Scalar) -> Bool {
    guard peek() == UInt8(ascii: expected) else { return false }
    place += 1
    return true
  }

  /// The character at `offset` as an error message shows it.
  private func shown(at offset: Int) -> String {
    guard offset < bytes.count else { return "end of input" }
    let text = String(decoding: bytes[offset..<min(offset + 4, bytes.count)], as: UTF8.self)
    return text.unicodeScalars.first.map { "'\($0.escaped(asASCII: false))'" } ?? "end of input"
  }
}

extension Lexer {
  private mutating func string(quote: UInt8, from start: Int) -> Bool {
    place += 1
    let raw = quote == UInt8(ascii: "`")
    while true {
      guard let byte = peek(), raw || byte != UInt8(ascii: "\n") else {
        if raw { return fail("unterminated raw string", at: start) }
        // An escape that does not exist comes before the end that is missing.
        if case .failure(let fault) = LiteralText.unquote(bytes[(start + 1)..<place], quote: quote),
          fault.isUnknownEscape
        {
          return fail(fault.message, at: start)
        }
        return fail("unterminated quoted string", at: start)
      }
      place += 1
      if byte == quote { break }
      if !raw, byte == UInt8(ascii: "\\") {
        guard let next = peek(), next != UInt8(ascii: "\n") else {
          return fail("escape sequence not terminated", at: start)
        }
        place += 1
      }
    }
    switch LiteralText.unquote(bytes[(start + 1)..<(place - 1)], quote: quote) {
    case .success(let value): emit(.string(value), from: start)
    case .failure(let fault): return fail(fault.message, at: start)
    }
    return true
  }

  /// A number or a duration: both are a run of digits, letters, points and signs behind an exponent.
  private mutating func number(from start: Int) -> Bool {
    let hexadecimal = peek() == UInt8(ascii: "0") && (peek(1) ?? 0) | 0x20 == UInt8(ascii: "x")
    var pointMayFollow = true
    while let byte = peek() {
      // A point behind a point, an exponent or a unit starts another number.
      if byte == UInt8(ascii: "."), !pointMayFollow, !hexadecimal { break }
      pointMayFollow = pointMayFollow && (isDigit(byte) || byte == UInt8(ascii: "_"))
      let exponentSign =
        !hexadecimal && (byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-"))
        && bytes[place - (place > start ? 1 : 0)] | 0x20 == UInt8(ascii: "e")
        && peek(1).map(isDigit) == true
      guard isNamePart(byte) || byte == UInt8(ascii: ".") || exponentSign else { break }
      place += 1
    }
    let slice = bytes[start..<place]
    if let value = LiteralText.number(slice) {
      emit(.number(value), from: start)
    } else if let milliseconds = LiteralText.duration(slice) {
      emit(.duration(milliseconds), from: start)
    } else if LiteralText.isTooLongDuration(slice) {
      return fail("duration out of range", at: start)
    } else {
      let shown = String(decoding: slice.prefix(40), as: UTF8.self)
      return fail("bad number or duration syntax: \"\(shown)\"", at: start)
    }
    return true
  }
}

private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d }
private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
private func isNameStart(_ byte: UInt8) -> Bool {
  (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) || byte == UInt8(ascii: "_")
}
private func isNamePart(_ byte: UInt8) -> Bool { isNameStart(byte) || isDigit(byte) }
