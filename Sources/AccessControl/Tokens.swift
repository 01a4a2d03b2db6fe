internal import Crypto

/// Tokens as they were read, by their digests: the secrets themselves are not kept.
struct Tokens: Sendable {
  private struct Entry: Sendable {
    let name: String
    let digest: [UInt8]
    let roles: Roles
  }

  private var entries: [Entry] = []

  mutating func add(_ name: String, _ secret: String, _ roles: Roles) {
    entries.append(Entry(name: name, digest: Self.digest(secret), roles: roles))
  }

  var isEmpty: Bool { entries.isEmpty }

  /// Compares with every one, whichever fits.
  func find(_ secret: String) -> (name: String, roles: Roles)? {
    let digest = Self.digest(secret)
    var found: (name: String, roles: Roles)?
    for entry in entries where isEqualInConstantTime(entry.digest, digest) {
      found = found ?? (entry.name, entry.roles)
    }
    return found
  }

  private static func digest(_ secret: String) -> [UInt8] { Array(SHA256.hash(data: Array(secret.utf8))) }
}
