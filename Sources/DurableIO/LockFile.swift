#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import Synchronization

/// The claim of one process on a state directory, for as long as it lives.
///
/// The lock is the kernel's (`flock`), not the file's existence: it ends with the process however that dies, so there
/// is no stale lock to clean up. The file holds the owner's process id as text, for people and for the error message.
/// It is never removed: two processes could then hold locks on two files of one name.
package final class LockFile: Sendable {
  package let path: String
  /// -1 once released.
  private let descriptor: Mutex<Int32>

  /// Why a lock was not taken.
  package enum Failure: Error, Sendable, Equatable, CustomStringConvertible {
    /// Another process has it; `holder` is what it wrote into the file, normally its process id.
    case held(path: String, holder: String)
    case io(IOFailure)

    package var description: String {
      switch self {
      case .held(let path, let holder):
        "another process\(holder.isEmpty ? "" : " (pid \(holder))") holds \(path): one daemon per state directory"
      case .io(let failure): failure.description
      }
    }
  }

  /// Takes the lock or says who has it; never waits.
  package init(path: String) throws(Failure) {
    let taken = retrying { open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode_t(0o644)) }
    guard taken >= 0 else { throw .io(IOFailure(.open, path)) }
    guard retrying({ flock(taken, LOCK_EX | LOCK_NB) }) == 0 else {
      let failure = IOFailure(.lock, path)
      close(taken)
      guard failure.code == EWOULDBLOCK else { throw .io(failure) }
      let bytes = (try? readFile(path, limit: 64)) ?? []
      throw .held(path: path, holder: String(decoding: bytes.prefix { $0 > 0x20 }, as: UTF8.self))
    }
    // The lock is what counts; a disk too full to hold the text must not stop the daemon.
    let text = Array("\(getpid())\n".utf8)
    if ftruncate(taken, 0) == 0 { _ = retrying { pwrite(taken, text, text.count, 0) } }
    self.path = path
    descriptor = Mutex(taken)
  }

  /// Gives the lock back. Again is nothing.
  package func release() {
    descriptor.withLock {
      guard $0 >= 0 else { return }
      _ = ftruncate($0, 0)
      close($0)
      $0 = -1
    }
  }

  deinit { release() }
}
