#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import Synchronization

/// A TCP proxy on a free port of 127.0.0.1 that passes bytes on to a target on the same host, and misbehaves on command.
///
/// One thread of its own serves all connections; ``stop()``, at the latest the last reference, ends it. A command works
/// on connections that stand already and on later ones; offsets and counts are per connection, from its first byte.
/// A command has taken effect when it returns.
package final class FaultyProxy: Sendable {
  package enum Direction: Hashable, Sendable, CaseIterable { case toTarget, toClient }

  package struct SystemError: Error {
    package let call: String
    package let code: CInt
  }

  /// What happens to the bytes of one direction.
  package struct Faults: Hashable, Sendable {
    /// Nothing is read and nothing is written; the connections stay open.
    package var isFrozen = false
    /// Every chunk is passed on so much later than it came; order is kept.
    package var delay: Duration = .zero
    /// After so many bytes the connection is closed in good order, both ways.
    package var cutAfter: Int?
    /// After so many bytes the client gets RST.
    package var resetAfter: Int?
    /// Bytes at these offsets arrive inverted.
    package var corrupt: Set<Int> = []

    package init() {}
  }

  struct Orders: Sendable {
    var faults: [Direction: Faults] = [:]
    var refuses = false
    var resetsAll = false
    var isStopped = false
  }

  struct Tally: Sendable {
    var accepted = 0
    var open = 0
    var bytes: [Direction: Int] = [:]
  }

  struct State: Sendable {
    var orders = Orders()
    var tally = Tally()
    /// Orders given, and orders that the thread has taken up.
    var given = 0
    var taken = 0
  }

  /// Where clients connect, on 127.0.0.1.
  package let port: Int
  private let state: ProxyState
  private let bell: CInt
  private let thread: Mutex<pthread_t?>

  /// - Parameter target: port on 127.0.0.1. It is connected to when a client comes; when it refuses, the client's
  ///   connection is reset.
  package init(to target: Int) throws {
    // Bound and never listening: it keeps the port while the listener is away, which is how the proxy refuses.
    let (holder, port) = try ProxySockets.bound(to: 0)
    self.port = port
    var ends: [CInt] = [0, 0]
    guard pipe(&ends) == 0 else { throw SystemError(call: "pipe", code: errno) }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    bell = ends[1]
    state = ProxyState()
    let (listener, _) = try ProxySockets.bound(to: port)
    guard listen(listener, 4096) == 0 else { throw SystemError(call: "listen", code: errno) }
    let loop = ProxyLoop(target: target, holder: holder, listener: listener, bell: ends[0], state: state)
    var handle = pthread_t()
    let code = pthread_create(
      &handle, nil,
      { context in
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, nil)
        guard let context else { return nil }
        Unmanaged<ProxyLoop>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, Unmanaged.passRetained(loop).toOpaque())
    guard code == 0 else { throw SystemError(call: "pthread_create", code: code) }
    thread = Mutex(handle)
  }

  deinit { stop() }

  /// Connections accepted so far.
  package var accepted: Int { state.lock.withLock { $0.tally.accepted } }
  /// Connections that stand now.
  package var open: Int { state.lock.withLock { $0.tally.open } }
  /// Bytes passed on so far.
  package func bytes(_ direction: Direction) -> Int { state.lock.withLock { $0.tally.bytes[direction] ?? 0 } }

  /// Says nothing any more in these directions; nobody is told.
  package func freeze(_ directions: [Direction] = Direction.allCases) {
    change(directions) { $0.isFrozen = true }
  }
  /// Ends ``freeze(_:)``: what was held back goes on.
  package func thaw() { change(Direction.allCases) { $0.isFrozen = false } }
  package func delay(_ delay: Duration, _ directions: [Direction] = Direction.allCases) {
    change(directions) { $0.delay = delay }
  }
  package func cut(after count: Int, _ direction: Direction = .toClient) {
    change([direction]) { $0.cutAfter = count }
  }
  package func reset(after count: Int, _ direction: Direction = .toClient) {
    change([direction]) { $0.resetAfter = count }
  }
  package func corrupt(at offsets: Set<Int>, _ direction: Direction = .toClient) {
    change([direction]) { $0.corrupt = offsets }
  }
  /// Closes every connection that stands with RST, on both sides.
  package func reset() { order { $0.resetsAll = true } }
  /// New connections are refused; those that stand go on.
  package func refuse() { order { $0.refuses = true } }
  /// Takes back every command; what was cut or reset stays so.
  package func heal() {
    order {
      $0.faults = [:]
      $0.refuses = false
    }
  }

  /// Closes everything and ends the thread. Later calls do nothing.
  package func stop() {
    let handle = thread.withLock { handle in
      defer { handle = nil }
      return handle
    }
    guard let handle else { return }
    state.lock.withLock { $0.orders.isStopped = true }
    write(bell, "x", 1)
    pthread_join(handle, nil)
    close(bell)
  }

  private func change(_ directions: [Direction], _ body: (inout Faults) -> Void) {
    order { for direction in directions { body(&$0.faults[direction, default: Faults()]) } }
  }

  private func order(_ body: (inout Orders) -> Void) {
    guard thread.withLock({ $0 != nil }) else { return }
    let number = state.lock.withLock { state in
      body(&state.orders)
      state.given += 1
      return state.given
    }
    write(bell, "x", 1)
    while state.lock.withLock({ $0.taken < number }) { usleep(200) }
  }
}

/// What the commands and the thread share.
final class ProxyState: Sendable {
  let lock = Mutex(FaultyProxy.State())
}
