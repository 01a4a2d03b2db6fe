/// Splits a template's text into tokens, all of them at once: texts are short and limited.
struct Lexer {
  private let bytes: [UInt8]
  private var at = 0
  private var tokens: [Token] = []

  static func tokens(of text: String) throws(SyntaxMistake) -> [Token] {
    var lexer = Lexer(bytes: Array(text.utf8))
    try lexer.run()
    return lexer.tokens
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private mutating func run() throws(SyntaxMistake) {
    var trimsNext = false
    while true {
      let start = at
      while at < bytes.count, !follows("{{") { at += 1 }
      let opens = at < bytes.count
      let trimsBefore = opens && follows("{{-") && isSpace(at + 3)
      var (from, to) = (start, at)
      if trimsNext { while from < to, isSpace(from) { from += 1 } }
      if trimsBefore { while to > from, isSpace(to - 1) { to -= 1 } }
      if from < to { add(.text(text(from, to)), start) }
      guard opens else { break }
      let delimiter = at
      at += trimsBefore ? 4 : 2
      if follows("/*") {
        trimsNext = try skipComment(delimiter)
      } else {
        add(.leftDelimiter, delimiter)
        trimsNext = try lexAction()
      }
    }
    add(.end, at)
  }

  /// Returns whether white space after the action is trimmed.
  private mutating func skipComment(_ delimiter: Int) throws(SyntaxMistake) -> Bool {
    at += 2
    while at < bytes.count, !follows("*/") { at += 1 }
    guard at < bytes.count else { throw SyntaxMistake(message: "unclosed comment", position: delimiter) }
    at += 2
    if follows("}}") {
      at += 2
      return false
    }
    if isSpace(at), follows("-}}", after: 1) {
      at += 4
      return true
    }
    throw SyntaxMistake(message: "comment ends before closing delimiter", position: delimiter)
  }

  private mutating func lexAction() throws(SyntaxMistake) -> Bool {
    let start = at
    var spaceBefore = false
    while at < bytes.count {
      if isSpace(at), follows("-}}", after: 1) {
        add(.rightDelimiter, at + 1, spaceBefore)
        at += 4
        return true
      }
      if follows("}}") {
        add(.rightDelimiter, at, spaceBefore)
        at += 2
        return false
      }
      if isSpace(at) {
        at += 1
        spaceBefore = true
        continue
      }
      try lexToken(spaceBefore)
      spaceBefore = false
    }
    throw SyntaxMistake(message: "unclosed action", position: start)
  }

  private mutating func lexToken(_ spaceBefore: Bool) throws(SyntaxMistake) {
    let start = at
    let byte = bytes[at]
    let simple: (Token.Kind, Int)? =
      switch byte {
      case UInt8(ascii: "("): (.leftParenthesis, 1)
      case UInt8(ascii: ")"): (.rightParenthesis, 1)
      case UInt8(ascii: "|"): (.bar, 1)
      case UInt8(ascii: ","): (.comma, 1)
      case UInt8(ascii: "="): (.assign, 1)
      case UInt8(ascii: ":") where follows(":="): (.declare, 2)
      default: nil
      }
    if let (kind, length) = simple {
      at += length
      return add(kind, start, spaceBefore)
    }
    switch byte {
    case UInt8(ascii: "\""): add(.string(try quotedString()), start, spaceBefore)
    case UInt8(ascii: "`"): add(.string(try rawString()), start, spaceBefore)
    case UInt8(ascii: "'"): add(.int(try character()), start, spaceBefore)
    case UInt8(ascii: "$"):
      at += 1
      skipWord()
      add(.variable(text(start, at)), start, spaceBefore)
    case UInt8(ascii: ".") where !isDigit(at + 1):
      at += 1
      skipWord()
      add(at == start + 1 ? .dot : .field(text(start + 1, at)), start, spaceBefore)
    case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "0")...UInt8(ascii: "9"):
      add(try number(), start, spaceBefore)
    case _ where isWord(at):
      skipWord()
      add(word(text(start, at)), start, spaceBefore)
    default:
      throw SyntaxMistake(
        message: "unrecognized character in action: \(Self.shown(text(start, start + 1)))", position: start)
    }
    try checkTerminator()
  }

  private func word(_ name: String) -> Token.Kind {
    if name == "true" || name == "false" { return .bool(name == "true") }
    return Keyword(rawValue: name).map { .keyword($0) } ?? .identifier(name)
  }

  /// What may stand right behind a word, a number or a string.
  private func checkTerminator() throws(SyntaxMistake) {
    guard at < bytes.count, isWord(at) || bytes[at] == UInt8(ascii: "$") else { return }
    throw SyntaxMistake(message: "bad character \(Self.shown(text(at, at + 1)))", position: at)
  }

  // MARK: Literals

  private mutating func quotedString() throws(SyntaxMistake) -> String {
    let start = at
    at += 1
    var out: [UInt8] = []
    while at < bytes.count, bytes[at] != UInt8(ascii: "\n") {
      if bytes[at] == UInt8(ascii: "\"") {
        at += 1
        return String(decoding: out, as: UTF8.self)
      }
      try appendCharacter(to: &out, start)
    }
    throw SyntaxMistake(message: "unterminated quoted string", position: start)
  }

  private mutating func rawString() throws(SyntaxMistake) -> String {
    let start = at
    at += 1
    while at < bytes.count, bytes[at] != UInt8(ascii: "`") { at += 1 }
    guard at < bytes.count else {
      throw SyntaxMistake(message: "unterminated raw quoted string", position: start)
    }
    at += 1
    return text(start + 1, at - 1)
  }

  private mutating func character() throws(SyntaxMistake) -> Int {
    let start = at
    at += 1
    var out: [UInt8] = []
    while at < bytes.count, bytes[at] != UInt8(ascii: "'"), bytes[at] != UInt8(ascii: "\n") {
      try appendCharacter(to: &out, start)
    }
    guard at < bytes.count, bytes[at] == UInt8(ascii: "'") else {
      throw SyntaxMistake(message: "unterminated character constant", position: start)
    }
    at += 1
    let scalars = String(decoding: out, as: UTF8.self).unicodeScalars
    guard scalars.count == 1, let scalar = scalars.first else {
      throw SyntaxMistake(message: "malformed character constant: \(text(start, at))", position: start)
    }
    return Int(scalar.value)
  }

  /// One byte of the text, or one escape of Go's string literals.
  private mutating func appendCharacter(to out: inout [UInt8], _ start: Int) throws(SyntaxMistake) {
    guard bytes[at] == UInt8(ascii: "\\") else {
      out.append(bytes[at])
      at += 1
      return
    }
    at += 1
    let simple: [UInt8: UInt8] = [
      UInt8(ascii: "a"): 7, UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12, UInt8(ascii: "n"): 10,
      UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9, UInt8(ascii: "v"): 11, UInt8(ascii: "\\"): 92,
      UInt8(ascii: "'"): 39, UInt8(ascii: "\""): 34,
    ]
    guard at < bytes.count else { throw SyntaxMistake(message: "invalid syntax in literal", position: start) }
    let kind = bytes[at]
    if let byte = simple[kind] {
      out.append(byte)
      at += 1
      return
    }
    let numeric: (digits: Int, radix: Int)? =
      switch kind {
      case UInt8(ascii: "x"): (2, 16)
      case UInt8(ascii: "u"): (4, 16)
      case UInt8(ascii: "U"): (8, 16)
      case UInt8(ascii: "0")...UInt8(ascii: "7"): (3, 8)
      default: nil
      }
    let from = at + (numeric?.radix == 8 ? 0 : 1)
    guard let (digits, radix) = numeric, from + digits <= bytes.count,
      let code = UInt32(text(from, from + digits), radix: radix)
    else { throw SyntaxMistake(message: "invalid escape in literal", position: start) }
    at = from + digits
    if kind == UInt8(ascii: "u") || kind == UInt8(ascii: "U") {
      guard let scalar = Unicode.Scalar(code) else {
        throw SyntaxMistake(message: "invalid escape in literal", position: start)
      }
      out.append(contentsOf: String(Character(scalar)).utf8)
    } else {
      guard let byte = UInt8(exactly: code) else {
        throw SyntaxMistake(message: "invalid escape in literal", position: start)
      }
      out.append(byte)
    }
  }

  private mutating func number() throws(SyntaxMistake) -> Token.Kind {
    let start = at
    if bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-") { at += 1 }
    let isHexadecimal = follows("0x") || follows("0X")
    while at < bytes.count {
      let sign = bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-")
      let before = bytes[at - (at > start ? 1 : 0)] | 0x20
      let afterExponent = before == UInt8(ascii: isHexadecimal ? "p" : "e")
      guard isWord(at) || bytes[at] == UInt8(ascii: ".") || (sign && at > start && afterExponent) else {
        break
      }
      at += 1
    }
    guard let kind = NumberLiteral.read(text(start, at)) else {
      throw SyntaxMistake(message: "bad number syntax: \(Self.shown(text(start, at)))", position: start)
    }
    return kind
  }

  // MARK: Bytes

  private mutating func add(_ kind: Token.Kind, _ position: Int, _ spaceBefore: Bool = false) {
    tokens.append(Token(kind: kind, position: position, spaceBefore: spaceBefore))
  }

  private func text(_ from: Int, _ to: Int) -> String {
    String(decoding: bytes[from..<min(to, bytes.count)], as: UTF8.self)
  }

  private static func shown(_ text: String) -> String { "\"\(text)\"" }

  private func follows(_ word: StaticString, after offset: Int = 0) -> Bool {
    guard at + offset + word.utf8CodeUnitCount <= bytes.count else { return false }
    for place in 0..<word.utf8CodeUnitCount where bytes[at + offset + place] != word.utf8Start[place] {
      return false
    }
    return true
  }

  private func isSpace(_ place: Int) -> Bool {
    place >= 0 && place < bytes.count && [9, 10, 13, 32].contains(bytes[place])
  }

  private func isDigit(_ place: Int) -> Bool {
    place < bytes.count && (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[place])
  }

  /// A letter, a digit or `_`; every byte of a character beyond ASCII counts as a letter.
  private func isWord(_ place: Int) -> Bool {
    guard place < bytes.count else { return false }
    switch bytes[place] {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
      0x80...0xff:
      return true
    default: return isDigit(place)
    }
  }

  private mutating func skipWord() { while isWord(at) { at += 1 } }
}
