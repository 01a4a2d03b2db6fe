internal import CCrypt

/// A bcrypt hash of a password: `$2a$`, `$2b$` or `$2y$`, its cost, and 53 characters of salt and hash.
package struct PasswordHash: Hashable, Sendable {
  let text: String

  /// How often the work is doubled; above 14 one check takes seconds.
  package static let costs = 4...14

  /// nil when it is no bcrypt hash, or its cost is out of ``costs``.
  package init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count == 60, ["$2a$", "$2b$", "$2y$"].contains(String(text.prefix(4))),
      let cost = Int(text.dropFirst(4).prefix(2)), Self.costs.contains(cost), bytes[6] == UInt8(ascii: "$"),
      bytes[7...].allSatisfy({ Self.alphabet.contains($0) })
    else { return nil }
    self.text = text
  }

  private static let alphabet = Set(
    "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)

  /// What unknown users' passwords are compared with, so that time does not tell who exists: of nobody's password.
  static let nobody = PasswordHash("$2b$10$os1qlsb8zjm4g2bWRpe.neEaCRfAbs91d0es/86Oq8CQ1JNTF.lp2")

  /// Takes tens of milliseconds of processor, more with each step of cost. bcrypt sees 72 bytes of the password.
  package func matches(_ password: String) -> Bool {
    // The system's function ends at a 0 byte: such a password would match its beginning.
    guard !password.utf8.contains(0) else { return false }
    let data = UnsafeMutablePointer<crypt_data>.allocate(capacity: 1)
    // Zeroed before: an unset first byte would be taken for state. Zeroed after: it holds traces of the password.
    func clear() {
      UnsafeMutableRawPointer(data).initializeMemory(
        as: UInt8.self, repeating: 0, count: MemoryLayout<crypt_data>.size)
    }
    clear()
    defer {
      clear()
      data.deallocate()
    }
    guard let result = crypt_r(password, text, data) else { return false }
    return isEqualInConstantTime(Array(String(cString: result).utf8), Array(text.utf8))
  }
}

/// Compares all bytes whatever they are, so that time does not tell where the first difference lies.
func isEqualInConstantTime(_ a: [UInt8], _ b: [UInt8]) -> Bool {
  guard a.count == b.count else { return false }
  var difference: UInt8 = 0
  for (x, y) in zip(a, b) { difference |= x ^ y }
  return difference == 0
}
