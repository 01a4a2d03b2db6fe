internal import Model
internal import Synchronization
internal import Threading

/// Where carriers leave what they bring; the core's thread empties it. Order of arrival is kept.
final class Mailbox<Message: Sendable>: Sendable {
  private let waiting = Mutex<[Message]>([])
  private let arrivals = Bell()

  /// Leaves a message; wakes the owner when the box was empty. Any thread.
  func post(_ message: Message) {
    let first = waiting.withLock { box in
      box.append(message)
      return box.count == 1
    }
    if first { arrivals.ring() }
  }

  /// Takes everything that waits, oldest first; waits up to `limit` for the first message. Owner's thread only.
  func take(waitingUpTo limit: Duration) -> [Message] {
    if limit > .zero {
      _ = arrivals.wait(upTo: limit)
    }
    let taken = waiting.withLock { box in
      defer { box = [] }
      return box
    }
    // A ring may be left over from a message that an earlier call took; it costs one empty turn at most.
    return taken
  }
}
