internal import CCurl
#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import Model

/// Which descriptors epoll watches, for what. Confined to the client's thread.
final class SocketTable {
  private struct Entry {
    /// What epoll was told; 0: not in epoll.
    var registered: UInt32 = 0
    /// What libcurl asked for last; 0: nothing.
    var wanted: UInt32 = 0
    /// Opened through ``open(_:)``, so ``closed(_:)`` will tell of its end.
    var isConnection = false
    /// Whose it is.
    var shard = 0
  }

  private let epoll: CInt
  private let bell: CInt
  private var entries: ContiguousArray<Entry> = []
  private let events: UnsafeMutableBufferPointer<epoll_event>

  init?(bell: CInt) {
    epoll = epoll_create1(CInt(EPOLL_CLOEXEC))
    guard epoll >= 0 else { return nil }
    self.bell = bell
    events = .allocate(capacity: 256)
    var event = epoll_event()
    event.events = EPOLLIN.rawValue
    event.data.fd = bell
    epoll_ctl(epoll, EPOLL_CTL_ADD, bell, &event)
  }

  deinit { events.deallocate() }

  func close() { closeDescriptor(epoll) }

  /// Waits for events or `deadline` and hands each event on in libcurl's terms: socket, what happened, whose it is.
  func wait(until deadline: MonotonicInstant?, _ time: SystemTime, _ body: (CInt, CInt, Int) -> Void) {
    var timeout: CInt = -1
    if let deadline {
      let left = (deadline - time.monotonic).nanoseconds
      // Rounded up: waking before the deadline would spin.
      timeout = CInt(clamping: max(0, (left + 999_999) / 1_000_000))
    }
    let count = epoll_wait(epoll, events.baseAddress, CInt(events.count), timeout)
    guard count > 0 else { return }
    for index in 0..<Int(count) {
      let socket = events[index].data.fd
      let happened = events[index].events
      if socket != bell, entry(socket).wanted == 0 {
        // A kept connection that nobody uses: the server closed it. libcurl will find out when it wants it.
        forget(socket)
        continue
      }
      var bits: CInt = 0
      if happened & (EPOLLIN.rawValue | EPOLLHUP.rawValue) != 0 { bits |= CURL_CSELECT_IN }
      if happened & EPOLLOUT.rawValue != 0 { bits |= CURL_CSELECT_OUT }
      if happened & EPOLLERR.rawValue != 0 { bits |= CURL_CSELECT_ERR }
      body(socket, bits, entry(socket).shard)
    }
  }

  /// libcurl wants to know about `what` on `socket` of a shard.
  func watch(_ socket: CInt, _ what: CInt, for shard: Int) {
    reserve(socket)
    entries[Int(socket)].shard = shard
    switch what {
    case CURL_POLL_IN: entries[Int(socket)].wanted = EPOLLIN.rawValue
    case CURL_POLL_OUT: entries[Int(socket)].wanted = EPOLLOUT.rawValue
    case CURL_POLL_INOUT: entries[Int(socket)].wanted = EPOLLIN.rawValue | EPOLLOUT.rawValue
    default:
      entries[Int(socket)].wanted = 0
      // A connection is likely to be used again; anything else (the resolver's pipe) is about to be closed.
      let entry = entries[Int(socket)]
      if !entry.isConnection || entry.registered & EPOLLOUT.rawValue != 0 { forget(socket) }
      return
    }
    let entry = entries[Int(socket)]
    guard entry.wanted != entry.registered else { return }
    var event = epoll_event()
    event.events = entry.wanted
    event.data.fd = socket
    let operation = entry.registered == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD
    if epoll_ctl(epoll, operation, socket, &event) != 0 {
      // The table was wrong about the kernel (a descriptor closed behind its back): do the other thing.
      epoll_ctl(epoll, operation == EPOLL_CTL_ADD ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event)
    }
    entries[Int(socket)].registered = entry.wanted
  }

  /// Opens a connection's socket for libcurl.
  func open(_ address: curl_sockaddr) -> curl_socket_t {
    let type = address.socktype | CInt(SOCK_CLOEXEC.rawValue)
    let socket = socket(address.family, type, address.protocol)
    guard socket >= 0 else { return CURL_SOCKET_BAD }
    reserve(socket)
    entries[Int(socket)] = Entry(isConnection: true)
    return socket
  }

  /// Closes a socket for libcurl; the kernel drops it from epoll.
  func closed(_ socket: curl_socket_t) -> CInt {
    reserve(socket)
    entries[Int(socket)] = Entry()
    return closeDescriptor(socket)
  }

  private func forget(_ socket: CInt) {
    if entry(socket).registered != 0 { epoll_ctl(epoll, EPOLL_CTL_DEL, socket, nil) }
    entries[Int(socket)].registered = 0
  }

  private func entry(_ socket: CInt) -> Entry {
    reserve(socket)
    return entries[Int(socket)]
  }

  private func reserve(_ socket: CInt) {
    while entries.count <= Int(socket) { entries.append(Entry()) }
  }
}

/// The system's `close`, whose name the table's own method hides.
@discardableResult
private func closeDescriptor(_ descriptor: CInt) -> CInt { close(descriptor) }
