package import Model
internal import Synchronization

/// Contexts, one for each kind of options: reading the authorities takes milliseconds.
///
/// A context is made anew after a few minutes, so that changed files are noticed.
package final class TLSContexts: Sendable {
  private static let lifetime = Duration.seconds(300)
  private static let limit = 64
  private let time: any TimeSource
  private let known = Mutex<[TLSOptions: (context: TLSContext, since: MonotonicInstant)]>([:])

  package init(time: any TimeSource) { self.time = time }

  /// Reads files when there is none yet.
  package func context(for options: TLSOptions) throws(StreamFailure) -> TLSContext {
    let key = Self.key(options)
    let now = time.monotonic
    if let entry = known.withLock({ $0[key] }), now - entry.since < Self.lifetime { return entry.context }
    // Not under the lock: files that hang must not hold up whoever needs others.
    let made = try TLSContext(key)
    known.withLock { known in
      if known.count >= Self.limit, known[key] == nil { known = [:] }
      known[key] = (made, now)
    }
    return made
  }

  /// What of the options belongs to a connection and not to its context left out.
  private static func key(_ options: TLSOptions) -> TLSOptions {
    var key = options
    key.serverName = nil
    key.verify = true
    return key
  }
}
