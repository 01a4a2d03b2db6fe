/// A key that was pressed, as far as anybody here asks.
package enum Key: Hashable, Sendable {
  case up, down, pageUp, pageDown, home, end
  case character(Character)
}

/// Keys from the bytes that a terminal sends. A sequence may come in parts; one that is not known is passed over.
package struct KeyReader: Sendable {
  private var waiting: [UInt8] = []
  /// Longer than any sequence that a terminal sends for a key.
  private static let longestSequence = 32

  package init() {}

  package mutating func read(_ bytes: some Sequence<UInt8>) -> [Key] {
    var keys: [Key] = []
    for byte in bytes {
      if waiting.isEmpty, byte != 0x1b {
        // Of text only what is ASCII is a command.
        if (0x20..<0x7f).contains(byte) { keys.append(.character(Character(Unicode.Scalar(byte)))) }
        continue
      }
      waiting.append(byte)
      guard let end = Self.sequence(waiting) else {
        if waiting.count > Self.longestSequence { waiting = [] }
        continue
      }
      waiting = []
      if let key = end { keys.append(key) }
    }
    return keys
  }

  /// nil: not at its end yet; `.some(nil)`: a whole one that means nothing here.
  private static func sequence(_ bytes: [UInt8]) -> Key?? {
    guard bytes.count > 1 else { return nil }
    guard bytes[1] == UInt8(ascii: "[") || bytes[1] == UInt8(ascii: "O") else { return .some(nil) }
    guard bytes.count > 2, let last = bytes.last, (0x40...0x7e).contains(last) else { return nil }
    switch last {
    case UInt8(ascii: "A"): return .up
    case UInt8(ascii: "B"): return .down
    case UInt8(ascii: "H"): return .home
    case UInt8(ascii: "F"): return .end
    case UInt8(ascii: "~"):
      switch String(decoding: bytes.dropFirst(2).dropLast(), as: UTF8.self) {
      case "1", "7": return .home
      case "4", "8": return .end
      case "5": return .pageUp
      case "6": return .pageDown
      default: return .some(nil)
      }
    default: return .some(nil)
    }
  }
}
