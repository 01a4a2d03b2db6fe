/// The condition of a composite alarm: `ALARM("a") AND NOT (OK(b) OR FALSE)`.
package indirect enum AlarmRule: Sendable, Equatable {
  case constant(Bool)
  case has(AlarmState, alarm: String)
  case not(AlarmRule)
  case and([AlarmRule])
  case or([AlarmRule])

  /// Why a rule cannot be used; `offset` in Unicode scalars from 0.
  package struct Fault: Error, Equatable {
    package var message: String
    package var offset: Int
  }

  package static let maximumLength = 10_240
  package static let maximumDepth = 64
  /// Alarms that one rule may name, as in AWS.
  package static let maximumChildren = 500

  package init(_ text: String) throws(Fault) {
    var parser = AlarmRuleParser(text)
    self = try parser.parse()
  }

  /// Alarms that are named, each once, in the order of the text.
  package var children: [String] {
    var names: [String] = []
    func visit(_ rule: AlarmRule) {
      switch rule {
      case .constant: return
      case .has(_, let alarm): if !names.contains(alarm) { names.append(alarm) }
      case .not(let inner): visit(inner)
      case .and(let parts), .or(let parts): for part in parts { visit(part) }
      }
    }
    visit(self)
    return names
  }

  /// Where `text` names `alarm` for the first time, in Unicode scalars; 0 when that cannot be told.
  static func offset(of alarm: String, in text: String) -> Int {
    guard let place = text.firstRange(of: alarm) else { return 0 }
    return text[..<place.lowerBound].unicodeScalars.count
  }

  package func holds(_ state: (String) -> AlarmState) -> Bool {
    switch self {
    case .constant(let value): value
    case .has(let wanted, let alarm): state(alarm) == wanted
    case .not(let inner): !inner.holds(state)
    case .and(let parts): parts.allSatisfy { $0.holds(state) }
    case .or(let parts): parts.contains { $0.holds(state) }
    }
  }
}

/// Recursive descent, bounded in depth. NOT binds closest, then AND, then OR.
private struct AlarmRuleParser {
  private typealias Fault = AlarmRule.Fault
  private let text: [Unicode.Scalar]
  private var place = 0
  private var depth = 0
  private var names = 0

  init(_ text: String) { self.text = Array(text.unicodeScalars) }

  mutating func parse() throws(AlarmRule.Fault) -> AlarmRule {
    guard text.count <= AlarmRule.maximumLength else {
      throw Fault(message: "longer than \(AlarmRule.maximumLength) characters", offset: 0)
    }
    let rule = try disjunction()
    skipSpace()
    if place < text.count { throw fault("expected AND, OR or the end") }
    return rule
  }

  private func fault(_ message: String) -> AlarmRule.Fault {
    let found = place < text.count ? "found \"\(word(at: place))\"" : "found the end"
    return Fault(message: "\(message), \(found)", offset: place)
  }

  private func word(at start: Int) -> String {
    let rest = text[start...].prefix { Self.isWordPart($0) }
    var out = String.UnicodeScalarView()
    out.append(contentsOf: rest.isEmpty ? text[start...start] : rest.prefix(40))
    return String(out)
  }

  private static func isWordPart(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isAlphabetic || scalar == "_" || scalar.value >= 0x30 && scalar.value <= 0x39
  }

  private mutating func skipSpace() {
    while place < text.count, text[place].properties.isWhitespace { place += 1 }
  }

  /// Takes a keyword, in any case.
  private mutating func take(_ keyword: String) -> Bool {
    skipSpace()
    guard place < text.count, word(at: place).uppercased() == keyword else { return false }
    place += keyword.unicodeScalars.count
    return true
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    skipSpace()
    guard place < text.count, text[place] == scalar else { return false }
    place += 1
    return true
  }

  private mutating func disjunction() throws(AlarmRule.Fault) -> AlarmRule {
    depth += 1
    defer { depth -= 1 }
    guard depth <= AlarmRule.maximumDepth else {
      throw Fault(message: "nested more than \(AlarmRule.maximumDepth) levels deep", offset: place)
    }
    var parts = [try conjunction()]
    while take("OR") { parts.append(try conjunction()) }
    return parts.count == 1 ? parts[0] : .or(parts)
  }

  private mutating func conjunction() throws(AlarmRule.Fault) -> AlarmRule {
    var parts = [try negation()]
    while take("AND") { parts.append(try negation()) }
    return parts.count == 1 ? parts[0] : .and(parts)
  }

  private mutating func negation() throws(AlarmRule.Fault) -> AlarmRule {
    var negated = false
    while take("NOT") { negated.toggle() }
    let rule = try operand()
    return negated ? .not(rule) : rule
  }

  private mutating func operand() throws(AlarmRule.Fault) -> AlarmRule {
    if take("(") {
      let inner = try disjunction()
      guard take(")") else { throw fault("expected \")\"") }
      return inner
    }
    if take("TRUE") { return .constant(true) }
    if take("FALSE") { return .constant(false) }
    for state in AlarmState.allCases where take(state.rawValue) {
      guard take("(") else { throw fault("expected \"(\" after \(state.rawValue)") }
      return .has(state, alarm: try name())
    }
    throw fault("expected ALARM(…), OK(…), INSUFFICIENT_DATA(…), NOT, TRUE, FALSE or \"(\"")
  }

  /// An alarm's name or ARN up to the closing parenthesis, in quotes or not.
  private mutating func name() throws(AlarmRule.Fault) -> String {
    skipSpace()
    var out = String.UnicodeScalarView()
    let start = place
    if take("\"") {
      while place < text.count, text[place] != "\"" {
        if text[place] == "\\", place + 1 < text.count { place += 1 }
        out.append(text[place])
        place += 1
      }
      guard take("\"") else { throw Fault(message: "the quote is not closed", offset: start) }
    } else {
      while place < text.count, text[place] != ")", text[place] != "(" {
        out.append(text[place])
        place += 1
      }
    }
    guard take(")") else { throw fault("expected \")\" after the alarm's name") }
    let name = alarmName(of: String(out).trimmed)
    if name.isEmpty { throw Fault(message: "an alarm's name must not be empty", offset: start) }
    names += 1
    guard names <= AlarmRule.maximumChildren else {
      throw Fault(message: "names more than \(AlarmRule.maximumChildren) alarms", offset: start)
    }
    return name
  }
}

/// The name in `arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME`; anything else is a name already.
func alarmName(of text: String) -> String {
  guard text.hasPrefix("arn:") else { return text }
  let parts = text.split(separator: ":", maxSplits: 6, omittingEmptySubsequences: false)
  return parts.count == 7 && parts[2] == "cloudwatch" && parts[5] == "alarm" ? String(parts[6]) : text
}

extension String {
  /// Without white space at both ends.
  var trimmed: String {
    var rest = Substring(self)
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }
}
