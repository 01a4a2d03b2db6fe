internal import Synchronization

/// The newest signatures: the subscriptions of a topic get the same signed text, and so do retries, and a signature
/// takes longer than all the rest of a page.
final class RememberedSignatures: Sendable {
  private static let limit = 256

  private struct Memory {
    var signatures: [[UInt8]: String] = [:]
    /// Keys, oldest first, in a ring.
    var keys: [[UInt8]] = []
    var next = 0
  }

  private let memory = Mutex(Memory())

  /// What was made of the text with this digest, else what `make` makes of it now. Two threads that ask at once both
  /// make it.
  func signature(of digest: [UInt8], _ make: () throws -> String) rethrows -> String {
    if let known = memory.withLock({ $0.signatures[digest] }) { return known }
    let made = try make()
    memory.withLock { memory in
      guard memory.signatures.updateValue(made, forKey: digest) == nil else { return }
      if memory.keys.count < Self.limit {
        memory.keys.append(digest)
      } else {
        memory.signatures[memory.keys[memory.next]] = nil
        memory.keys[memory.next] = digest
        memory.next = (memory.next + 1) % Self.limit
      }
    }
    return made
  }
}
