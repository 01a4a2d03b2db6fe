internal import CPostgres
internal import Glibc

/// Which sockets epoll watches, and for whom. Confined to the loop's thread.
///
/// libpq may replace a connection's socket at every step of connecting, by one of the same number too: the kernel
/// forgets a closed one by itself, so what the kernel says counts here and not what was remembered.
struct ReadySockets {
  /// The owner that stands for the mailbox.
  static let mailbox: UInt64 = 0
  private static let atOnce = 256

  private let epoll: CInt
  private var events = [epoll_event](repeating: epoll_event(), count: Self.atOnce)

  /// The descriptor that ``init(_:mailbox:)`` wants, its maker's to close; −1 when there is none.
  static func makeDescriptor() -> CInt { epoll_create1(CInt(EPOLL_CLOEXEC)) }

  init(_ epoll: CInt, mailbox descriptor: CInt) {
    self.epoll = epoll
    watch(descriptor, for: Self.mailbox, Int16(POLLIN))
  }

  /// - Parameter interest: `poll` events, whose numbers are epoll's.
  func watch(_ descriptor: CInt, for owner: UInt64, _ interest: Int16) {
    guard descriptor >= 0 else { return }
    var event = epoll_event()
    event.events = UInt32(UInt16(bitPattern: interest))
    event.data.u64 = owner
    if epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event) != 0 {
      epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event)
    }
  }

  /// The owners of what is ready.
  /// - Parameter pause: milliseconds; −1: until something is.
  mutating func wait(_ pause: CInt) -> [UInt64] {
    let count = epoll_wait(epoll, &events, CInt(Self.atOnce), pause)
    return events.prefix(Int(max(0, count))).map { $0.data.u64 }
  }
}
