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

  /// Takes over SIGTERM and SIGINT (`stop`) and SIGHUP (`reload`), and ignores SIGPIPE: a peer that hangs up is an
  /// error of that connection and no reason to die.
  init(stop: @escaping @Sendable () -> Void, reload: @escaping @Sendable () -> Void) {
    let queue = DispatchQueue(label: "farwatch.signals")
    signal(SIGPIPE, SIG_IGN)
    var made: [any DispatchSourceSignal] = []
    for (number, action) in [(SIGTERM, stop), (SIGINT, stop), (SIGHUP, reload)] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler(handler: action)
      source.resume()
      made.append(source)
    }
    sources = Mutex(made)
  }

  func end() { sources.withLock { for source in $0 { source.cancel() } } }
}
