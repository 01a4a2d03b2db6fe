internal import Dispatch
#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import Model
internal import Synchronization

/// Looks up all addresses of a host with the system's resolver, on a bounded number of threads.
///
/// `getaddrinfo` cannot be cancelled: a lookup that outlives its time-out keeps its thread until the system gives up.
/// When all threads are taken lookups wait, and time out, so a broken resolver costs a bounded number of threads.
package final class HostResolver: Sendable {
  package typealias Answer = Result<[String], HTTPFailure>

  private struct Lookup: Sendable {
    let host: String
    let family: HTTPRequest.AddressFamily
    let waiter: Waiter
  }

  private struct State {
    var queue: [Lookup] = []
    var workers = 0
  }

  private let state = Mutex(State())
  private let threadLimit: Int
  private let queueLimit: Int
  private let work = DispatchQueue(label: "resolver", attributes: .concurrent)
  private let timers = DispatchQueue(label: "resolver.timers")

  package init(threadLimit: Int = 8, queueLimit: Int = 1000) {
    self.threadLimit = threadLimit
    self.queueLimit = queueLimit
  }

  /// Calls `completion` exactly once, on a thread of the resolver, with the distinct addresses in the order of their
  /// text, at least one; or with `dns`, `timeout`, or `limit` when too many lookups wait.
  package func resolve(
    _ host: String, family: HTTPRequest.AddressFamily = .any, timeout: Duration,
    _ completion: @escaping @Sendable (Answer) -> Void
  ) {
    let waiter = Waiter(completion)
    let (isQueued, needsWorker) = state.withLock { state in
      guard state.queue.count < queueLimit else { return (false, false) }
      state.queue.append(Lookup(host: host, family: family, waiter: waiter))
      guard state.workers < threadLimit else { return (true, false) }
      state.workers += 1
      return (true, true)
    }
    guard isQueued else {
      timers.async { waiter.finish(.failure(HTTPFailure(.limit, "too many names wait for the resolver"))) }
      return
    }
    if needsWorker { work.async { self.drain() } }
    timers.asyncAfter(deadline: .now() + .milliseconds(Int(clamping: timeout.milliseconds))) {
      waiter.finish(.failure(HTTPFailure(.timeout, "the resolver did not answer in time")))
    }
  }

  /// One worker: looks up until nothing waits.
  private func drain() {
    while true {
      let next = state.withLock { state -> Lookup? in
        state.queue.removeAll(where: \.waiter.isDone)
        guard !state.queue.isEmpty else {
          state.workers -= 1
          return nil
        }
        return state.queue.removeFirst()
      }
      guard let next else { return }
      next.waiter.finish(Self.lookUp(next.host, next.family))
    }
  }

  private static func lookUp(_ host: String, _ family: HTTPRequest.AddressFamily) -> Answer {
    var hints = addrinfo()
    hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
    hints.ai_family =
      switch family {
      case .any: AF_UNSPEC
      case .ipv4: AF_INET
      case .ipv6: AF_INET6
      }
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, nil, &hints, &list)
    defer { if let list { freeaddrinfo(list) } }
    guard code == 0 else {
      return .failure(HTTPFailure(.dns, "\(host): \(String(cString: gai_strerror(code)))"))
    }
    var addresses: Set<String> = []
    var item = list
    while let entry = item?.pointee {
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      if getnameinfo(entry.ai_addr, entry.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
        == 0
      {
        addresses.insert(text.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" })
      }
      item = entry.ai_next
    }
    guard !addresses.isEmpty else { return .failure(HTTPFailure(.dns, "\(host) has no address")) }
    return .success(addresses.sorted(by: byteOrder))
  }
}

/// A completion that is called once, by whoever comes first.
private final class Waiter: Sendable {
  private let completion: Mutex<(@Sendable (HostResolver.Answer) -> Void)?>

  init(_ completion: @escaping @Sendable (HostResolver.Answer) -> Void) {
    self.completion = Mutex(completion)
  }

  var isDone: Bool { completion.withLock { $0 == nil } }

  func finish(_ answer: HostResolver.Answer) {
    let completion = completion.withLock { completion in
      defer { completion = nil }
      return completion
    }
    completion?(answer)
  }
}
