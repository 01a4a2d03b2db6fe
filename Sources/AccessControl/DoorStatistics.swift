internal import Synchronization

/// Requests that were not let in, by why.
package struct DoorStatistics: Hashable, Sendable {
  package enum Refusal: String, CaseIterable, Sendable {
    /// Too many requests.
    case rate
    /// No or a wrong login.
    case login
    /// Too many wrong passwords from one address.
    case barred
    /// The role is missing.
    case role
    /// Another site's page.
    case origin
    /// A name that is not ours, without a login.
    case host
  }

  package var refused: [Refusal: UInt64] = [:]
}

final class DoorCounters: Sendable {
  private let counts = Mutex<[DoorStatistics.Refusal: UInt64]>(
    Dictionary(uniqueKeysWithValues: DoorStatistics.Refusal.allCases.map { ($0, 0) }))

  func count(_ refusal: DoorStatistics.Refusal) { counts.withLock { $0[refusal, default: 0] &+= 1 } }
  var snapshot: DoorStatistics { DoorStatistics(refused: counts.withLock { $0 }) }
}
