/// A shell pattern for one file name: `*`, `?`, `[a-z]`, `[!a-z]`, `\` before a literal; `/` is no part of a name.
///
/// As in a shell, a leading dot must be written out: the temporary files of many tools begin with one.
package struct Glob: Hashable, Sendable {
  package let text: String
  private let parts: [Part]

  private enum Part: Hashable, Sendable {
    case literal(Unicode.Scalar)
    case anyOne
    case anyRun
    case set([ClosedRange<Unicode.Scalar>], negated: Bool)

    func matches(_ scalar: Unicode.Scalar) -> Bool {
      switch self {
      case .literal(let wanted): wanted == scalar
      case .anyOne, .anyRun: true
      case .set(let ranges, let negated): ranges.contains { $0.contains(scalar) } != negated
      }
    }
  }

  package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
  }

  package init(_ text: String) throws(Failure) {
    guard !text.isEmpty, !text.unicodeScalars.contains("/"), !text.unicodeScalars.contains("\0") else {
      throw Failure(description: "pattern must be one file name, without a slash")
    }
    var parts: [Part] = []
    var rest = Array(text.unicodeScalars)[...]
    while let scalar = rest.popFirst() {
      switch scalar {
      // Two stars say no more than one, and would cost a level of searching.
      case "*": if parts.last != .anyRun { parts.append(.anyRun) }
      case "?": parts.append(.anyOne)
      case "[": parts.append(try Self.set(&rest))
      case "\\":
        guard let next = rest.popFirst() else { throw Failure(description: "pattern ends with a backslash") }
        parts.append(.literal(next))
      default: parts.append(.literal(scalar))
      }
    }
    self.text = text
    self.parts = parts
  }

  /// After `[`. A `]` that comes first is itself a member.
  private static func set(_ rest: inout ArraySlice<Unicode.Scalar>) throws(Failure) -> Part {
    var ranges: [ClosedRange<Unicode.Scalar>] = []
    let negated = rest.first == "!" || rest.first == "^"
    if negated { rest.removeFirst() }
    while let low = rest.popFirst() {
      if low == "]", !ranges.isEmpty { return .set(ranges, negated: negated) }
      guard rest.first == "-", let high = rest.dropFirst().first, high != "]" else {
        ranges.append(low...low)
        continue
      }
      rest.removeFirst(2)
      guard low <= high else { throw Failure(description: "pattern has the empty range \(low)-\(high)") }
      ranges.append(low...high)
    }
    throw Failure(description: "pattern has a [ without its ]")
  }

  package func matches(_ name: String) -> Bool {
    let scalars = Array(name.unicodeScalars)
    if scalars.first == ".", parts.first != .literal(".") { return false }
    // Only the last star ever needs to be tried again: linear in practice, at worst the product of the lengths.
    var (place, part) = (0, 0)
    var retry: (place: Int, part: Int)?
    while place < scalars.count {
      if part < parts.count, parts[part] == .anyRun {
        part += 1
        retry = (place, part)
      } else if part < parts.count, parts[part].matches(scalars[place]) {
        place += 1
        part += 1
      } else if let last = retry {
        retry = (last.place + 1, last.part)
        (place, part) = (last.place + 1, last.part)
      } else {
        return false
      }
    }
    return parts[part...].allSatisfy { $0 == .anyRun }
  }
}
