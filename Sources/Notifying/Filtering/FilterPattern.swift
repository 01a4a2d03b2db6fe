internal import Model

/// One value of a filter policy, which may be an operator.
indirect enum FilterPattern: Hashable, Sendable {
  case string(String)
  case number(Double)
  case boolean(Bool)
  case null
  case prefix(String)
  case suffix(String)
  case equalsIgnoreCase(String)
  case wildcard(FilterWildcard)
  /// None of these.
  case anythingBut([FilterPattern])
  case numeric(FilterRange)
  case exists(Bool)
  case cidr(AddressRange)

  /// Whether `value` fulfils it; nil: there is none. Of a list one element must.
  func accepts(_ value: OrderedJSON?) -> Bool {
    if case .exists(let wanted) = self {
      // Only a leaf exists.
      if case .object = value { return !wanted }
      return (value != nil) == wanted
    }
    guard let value else { return false }
    if case .array(let items) = value {
      return items.contains { item in
        if case .array(let inner) = item { return inner.contains { acceptsOne($0) } }
        return acceptsOne(item)
      }
    }
    return acceptsOne(value)
  }

  private func acceptsOne(_ value: OrderedJSON) -> Bool {
    switch self {
    case .null: return value == .null
    case .boolean(let wanted): return value == .boolean(wanted)
    case .number(let wanted): return value.finiteNumber.map { FilterRange.same($0, wanted) } ?? false
    case .numeric(let range): return value.finiteNumber.map { range.contains($0) } ?? false
    case .anythingBut(let patterns):
      switch value {
      case .object, .array: return false
      default: return !patterns.contains { $0.acceptsOne(value) }
      }
    case .exists: return false
    case .string, .prefix, .suffix, .equalsIgnoreCase, .wildcard, .cidr:
      guard case .string(let text) = value else { return false }
      return acceptsText(text)
    }
  }

  private func acceptsText(_ text: String) -> Bool {
    switch self {
    case .string(let wanted): sameBytes(text, wanted)
    case .prefix(let wanted): text.utf8.starts(with: wanted.utf8)
    case .suffix(let wanted): text.utf8.reversed().starts(with: wanted.utf8.reversed())
    case .equalsIgnoreCase(let wanted): sameBytes(text.lowercased(), wanted.lowercased())
    case .wildcard(let wildcard): wildcard.matches(text)
    case .cidr(let range): range.contains(text)
    case .number, .boolean, .null, .anythingBut, .numeric, .exists: false
    }
  }
}

extension OrderedJSON {
  fileprivate var finiteNumber: Double? {
    switch self {
    case .number(let value): value.isFinite ? value : nil
    case .integer(let value): Double(value)
    default: nil
    }
  }
}

/// What `numeric` asks for: an interval with or without its ends.
struct FilterRange: Hashable, Sendable {
  var low: (value: Double, isIncluded: Bool)?
  var high: (value: Double, isIncluded: Bool)?

  func contains(_ value: Double) -> Bool {
    if let low, value < low.value || value == low.value && !low.isIncluded { return false }
    if let high, value > high.value || value == high.value && !high.isIncluded { return false }
    return true
  }

  /// Equal to six places after the point: SNS promises five.
  static func same(_ a: Double, _ b: Double) -> Bool { (a * 1e6).rounded() == (b * 1e6).rounded() }

  static func == (a: Self, b: Self) -> Bool {
    a.low?.value == b.low?.value && a.low?.isIncluded == b.low?.isIncluded && a.high?.value == b.high?.value
      && a.high?.isIncluded == b.high?.isIncluded
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(low?.value)
    hasher.combine(high?.value)
  }
}

/// Text with `*` for any run of bytes, none included; `\*` and `\\` mean themselves.
struct FilterWildcard: Hashable, Sendable {
  /// What stands between the stars, in order; one more than there are stars.
  private let pieces: [[UInt8]]

  /// nil when two stars stand together, or a backslash before anything else.
  init?(_ text: String) {
    var pieces: [[UInt8]] = [[]]
    var bytes = text.utf8.makeIterator()
    var wasStar = false
    while let byte = bytes.next() {
      switch byte {
      case UInt8(ascii: "*"):
        if wasStar { return nil }
        pieces.append([])
      case UInt8(ascii: "\\"):
        guard let next = bytes.next(), next == UInt8(ascii: "*") || next == UInt8(ascii: "\\") else {
          return nil
        }
        pieces[pieces.count - 1].append(next)
      default: pieces[pieces.count - 1].append(byte)
      }
      wasStar = byte == UInt8(ascii: "*")
    }
    self.pieces = pieces
  }

  func matches(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard let first = pieces.first, let last = pieces.last, bytes.starts(with: first) else { return false }
    if pieces.count == 1 { return bytes.count == first.count }
    var place = first.count
    // The earliest place for each piece leaves the most room for those that follow.
    for piece in pieces.dropFirst().dropLast() {
      guard let found = Self.find(piece, in: bytes, from: place) else { return false }
      place = found + piece.count
    }
    return bytes.count - place >= last.count && bytes.suffix(last.count).elementsEqual(last)
  }

  private static func find(_ piece: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
    guard bytes.count - start >= piece.count else { return nil }
    return (start...(bytes.count - piece.count)).first { bytes[$0...].starts(with: piece) }
  }
}
