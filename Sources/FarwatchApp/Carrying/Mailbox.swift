internal import Model
internal import Synchronization
internal import Threading

/// Where carriers leave what they bring; the core's thread empties it. Order of arrival is kept.
final class Mailbox<Message: Sendable>: Sendable {
  private struct Box {
    var messages: [Message] = []
    /// One of them cannot wait.
    var isUrgent = false
  }

  private let waiting = Mutex(Box())
  private let arrivals = Bell()
  /// For how long messages that can wait are gathered: what starts together ends within about so much, and one turn
  /// serves it all.
  private static var gathering: Duration { .milliseconds(2) }

  /// Leaves a message; wakes the owner when the box was empty, or when this is the first that cannot wait. Any thread.
  func post(_ message: Message, canWait: Bool = false) {
    let wakes = waiting.withLock { box in
      box.messages.append(message)
      let isFirst = box.messages.count == 1
      defer { box.isUrgent = box.isUrgent || !canWait }
      return isFirst || !canWait && !box.isUrgent
    }
    if wakes { arrivals.ring() }
  }

  /// Takes everything that waits, oldest first; waits up to `limit` for the first message, and a little for more when
  /// all can wait. Owner's thread only.
  func take(waitingUpTo limit: Duration) -> [Message] {
    if limit > .zero, arrivals.wait(upTo: limit), waiting.withLock({ !$0.isUrgent && !$0.messages.isEmpty }) {
      // Rung only by what cannot wait, because the box is not empty.
      _ = arrivals.wait(upTo: min(limit, Self.gathering))
    }
    let taken = waiting.withLock { box in
      defer { box = Box() }
      return box.messages
    }
    // A ring may be left over from a message that an earlier call took; it costs one empty turn at most.
    return taken
  }
}
