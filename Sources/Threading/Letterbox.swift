#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import Synchronization

/// Where other threads leave letters for one that waits in `poll` or `epoll`. Order of arrival is kept.
package final class Letterbox<Message: Sendable>: Sendable {
  /// Readable when there are letters, or when it was rung.
  package let descriptor: CInt
  private let bell: CInt
  private let letters = Mutex<[Message]>([])

  /// - Throws: what `failure` makes of the reason, when the system gives no descriptors.
  package init<Failure: Error>(orThrow failure: (String) -> Failure) throws(Failure) {
    var ends: [CInt] = [-1, -1]
    guard pipe(&ends) == 0 else { throw failure("no pipe: \(String(cString: strerror(errno)))") }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    (descriptor, bell) = (ends[0], ends[1])
  }

  deinit {
    close(descriptor)
    close(bell)
  }

  /// Leaves a letter; wakes the owner when the box was empty. Any thread; never waits.
  package func post(_ letter: Message) {
    let wasEmpty = letters.withLock { letters in
      letters.append(letter)
      return letters.count == 1
    }
    if wasEmpty { ring() }
  }

  /// Wakes the owner. A pipe that takes no more is readable already.
  package func ring() { write(bell, [1 as UInt8], 1) }

  /// Takes everything that waits, oldest first, and silences the bell. Owner's thread only; does not wait.
  package func empty() -> [Message] {
    var scratch: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    // Before the letters: a ring that comes in between costs an empty turn, and never is one lost.
    while read(descriptor, &scratch, 32) == 32 {}
    return letters.withLock { letters in
      defer { letters = [] }
      return letters
    }
  }
}
