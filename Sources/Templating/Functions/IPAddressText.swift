/// Tells addresses from names, as Go's `net.ParseIP` does.
enum IPAddressText {
  static func isAddress(_ text: String) -> Bool { isVersion4(text[...]) || isVersion6(text) }

  private static func isVersion4(_ text: Substring) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { part in
        part.utf8.count <= 3 && part.utf8.allSatisfy { (48...57).contains($0) } && UInt8(part) != nil
          && (part.utf8.count == 1 || part.utf8.first != 48)
      }
  }

  private static func isVersion6(_ text: String) -> Bool {
    let sides = text.split(separator: "::", maxSplits: 2, omittingEmptySubsequences: false)
    guard text.contains(":"), sides.count <= 2 else { return false }
    var count = 0
    for (number, side) in sides.enumerated() where !side.isEmpty {
      let groups = side.split(separator: ":", omittingEmptySubsequences: false)
      for (place, group) in groups.enumerated() {
        let isLast = number == sides.count - 1 && place == groups.count - 1
        if isLast, group.contains("."), isVersion4(group) {
          count += 2
        } else if (1...4).contains(group.utf8.count), group.utf8.allSatisfy(isHexadecimal) {
          count += 1
        } else {
          return false
        }
      }
    }
    return sides.count == 2 ? count < 8 : count == 8
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (97...102).contains(byte | 0x20)
  }
}
