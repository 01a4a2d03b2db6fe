internal import Model

/// The secret that a receiver hands back to prove that it got a message. Printing it prints no secret.
package struct ConfirmationToken: Hashable, Sendable, Codable, CustomStringConvertible,
  CustomDebugStringConvertible, CustomReflectable
{
  let secret: String

  /// 256 random bits in hexadecimal.
  init(using generator: inout any RandomNumberGenerator) {
    secret = hexadecimal(randomBytes(32, using: &generator))
  }

  package init(from decoder: any Decoder) throws {
    secret = try decoder.singleValueContainer().decode(String.self)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(secret)
  }

  /// Takes the same time wherever the first difference is.
  func matches(_ presented: String) -> Bool {
    let ours = Array(secret.utf8)
    let theirs = Array(presented.utf8)
    guard ours.count == theirs.count, !ours.isEmpty else { return false }
    var difference: UInt8 = 0
    for place in ours.indices { difference |= ours[place] ^ theirs[place] }
    return difference == 0
  }

  package var description: String { "(token)" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
