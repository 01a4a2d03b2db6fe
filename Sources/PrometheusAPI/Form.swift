internal import HTTPServer
internal import Model
internal import PromQL

/// The parameters of a request: those of a form in its body before those of its address, as Go reads them.
struct Form {
  private let items: [HTTPServerField]

  init(_ request: HTTPServerRequest) {
    items = (request.method == "POST" ? request.formItems ?? [] : []) + request.query
  }

  /// The first value; "" when there is none.
  subscript(name: String) -> String { items.first { $0.name == name }?.value ?? "" }

  func all(_ name: String) -> [String] { items.filter { $0.name == name }.map(\.value) }

  // MARK: Numbers

  /// How many at most; 0: as many as there are.
  func limit(_ name: String = "limit") throws(APIFault) -> Int {
    let text = self[name]
    if text.isEmpty { return 0 }
    guard let number = GoNumber.integer(text) else {
      throw .invalid(name, "strconv.Atoi: parsing \(quoted(text)): invalid syntax")
    }
    guard number >= 0 else { throw .invalid(name, "limit must be non-negative") }
    return number
  }

  /// `true`, `1` and what else Go takes for it; empty is `byDefault`.
  func isOn(_ name: String) throws(APIFault) -> Bool {
    let text = self[name]
    if text.isEmpty { return false }
    if ["1", "t", "T", "TRUE", "true", "True"].contains(text) { return true }
    if ["0", "f", "F", "FALSE", "false", "False"].contains(text) { return false }
    throw .invalid(name, "strconv.ParseBool: parsing \(quoted(text)): invalid syntax")
  }

  // MARK: Time

  func time(_ name: String) throws(APIFault) -> Timestamp {
    guard let time = TimeText.time(self[name]) else {
      throw .invalid(name, "cannot parse \(quoted(self[name])) to a valid timestamp")
    }
    return time
  }

  /// - Parameter standard: what holds when nothing is said.
  func time(_ name: String, or standard: Timestamp) throws(APIFault) -> Timestamp {
    if self[name].isEmpty { return standard }
    guard let time = TimeText.time(self[name]) else {
      throw .invalid(
        name, "invalid time value for '\(name)': cannot parse \(quoted(self[name])) to a valid timestamp")
    }
    return time
  }

  /// Nanoseconds; see ``TimeText/nanoseconds(_:)``.
  func duration(_ name: String) throws(APIFault) -> Int64 {
    switch TimeText.nanoseconds(self[name]) {
    case .success(let nanoseconds): return nanoseconds
    case .failure(let fault): throw .invalid(name, fault.message)
    }
  }

  /// From `start` to `end`; everything when neither is said.
  func span() throws(APIFault) -> (start: Timestamp, end: Timestamp) {
    (
      try time("start", or: Timestamp(milliseconds: .min)), try time("end", or: Timestamp(milliseconds: .max))
    )
  }

  // MARK: Selectors

  /// What `match[]` selects, each with a condition that narrows it.
  ///
  /// - Parameter mayBeEmpty: all series may be selected, too.
  func selectors(mayBeEmpty: Bool = false) throws(APIFault) -> [[LabelMatcher]] {
    let texts = all("match[]")
    let most = 128
    guard texts.count <= most else { throw APIFault(.badData, "more than \(most) match[] parameters") }
    var sets: [[LabelMatcher]] = []
    for text in texts { sets.append(try Self.selector(text)) }
    if mayBeEmpty { return sets }
    for matchers in sets where matchers.allSatisfy({ $0.matches("") }) {
      throw APIFault(.badData, "match[] must contain at least one non-empty matcher")
    }
    return sets
  }
}

extension Form {
  static func selector(_ text: String) throws(APIFault) -> [LabelMatcher] {
    do throws(ParseError) { return try parseMetricSelector(text) } catch {
      throw APIFault(.badData, "\(error)")
    }
  }
}

/// Numbers as Go's `strconv` reads them.
enum GoNumber {
  static func integer(_ text: String) -> Int? {
    let digits = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int(text)
  }

  /// Decimal, with an exponent or not; infinities and NaN, which no parameter here can use, are none.
  static func float(_ text: String) -> Double? {
    let known = text.utf8.allSatisfy {
      (0x30...0x39).contains($0) || [0x2b, 0x2d, 0x2e, 0x45, 0x65].contains($0)
    }
    guard known, let value = Double(text), value.isFinite else { return nil }
    return value
  }
}
