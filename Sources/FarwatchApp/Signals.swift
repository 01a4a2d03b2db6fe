internal import Dispatch
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Turns process signals into calls on a queue of their own.
final class Signals: Sendable {
  private let sources: Mutex<[any DispatchSourceSignal]>

  /// Takes over SIGTERM and SIGINT (`stop`) and SIGHUP (`reload`), and ignores SIGPIPE and SIGXFSZ: a peer that hangs
  /// up, and a file that may not grow, are errors of that connection and that file and no reason to die.
  init(stop: @escaping @Sendable () -> Void, reload: @escaping @Sendable () -> Void) {
    // Each its own: a reload that waits for a dead file system must not hold up the end.
    let ending = DispatchQueue(label: "farwatch.signals.stop")
    let reloading = DispatchQueue(label: "farwatch.signals.reload")
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    var made: [any DispatchSourceSignal] = []
    let registered = DispatchGroup()
    for (number, queue, action) in [
      (SIGTERM, ending, stop), (SIGINT, ending, stop), (SIGHUP, reloading, reload),
    ] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler(handler: action)
      registered.enter()
      source.setRegistrationHandler { registered.leave() }
      source.resume()
      made.append(source)
    }
    sources = Mutex(made)
    // Until then a signal is ignored, and whoever sent it would wait for ever.
    registered.wait()
  }

  func end() { sources.withLock { for source in $0 { source.cancel() } } }
}
