#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// A thread for work that waits: what blocks must not run where Swift's tasks do.
///
/// It starts with all signals blocked: they belong to the main thread, and a write to a connection that the peer has
/// closed must be an error of that connection, not SIGPIPE.
package struct OwnThread: Sendable {
  /// The system gives no thread: a limit of processes or memory was reached.
  package struct Failure: Error, Sendable, CustomStringConvertible {
    package let description: String
  }

  private let handle: pthread_t

  /// - Parameter name: for `top` and crash reports; 15 bytes count.
  package static func start(
    _ name: String, _ body: @escaping @Sendable () -> Void
  ) throws(Failure) -> OwnThread {
    OwnThread(handle: try create(name, body))
  }

  /// A thread that nobody waits for.
  package static func detached(_ name: String, _ body: @escaping @Sendable () -> Void) throws(Failure) {
    pthread_detach(try create(name, body))
  }

  /// Waits until the thread has ended; from the thread itself it only lets go of it. To be called once.
  package func join() {
    if pthread_equal(handle, pthread_self()) != 0 {
      pthread_detach(handle)
    } else {
      pthread_join(handle, nil)
    }
  }

  private final class Start: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(_ name: String, _ body: @escaping @Sendable () -> Void) {
      self.name = String(decoding: name.utf8.prefix(15), as: UTF8.self)
      self.body = body
    }

    /// Through the kernel's file, because the C function is hidden from Swift. A thread without a name works too.
    func nameThread() {
      let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
      guard file >= 0 else { return }
      _ = write(file, Array(name.utf8), name.utf8.count)
      close(file)
    }
  }

  private static func create(
    _ name: String, _ body: @escaping @Sendable () -> Void
  ) throws(Failure) -> pthread_t {
    let start = Unmanaged.passRetained(Start(name, body))
    // A new thread inherits the mask of the one that makes it.
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    var handle = pthread_t()
    let code = pthread_create(
      &handle, nil,
      { context in
        guard let context else { return nil }
        let start = Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
        start.nameThread()
        start.body()
        return nil
      }, start.toOpaque())
    guard code == 0 else {
      start.release()
      throw Failure(description: "no thread: \(String(cString: strerror(code)))")
    }
    return handle
  }
}
