#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import Model

/// A socket for echo requests: the system's unprivileged kind where it allows that, else a raw one.
final class PingSocket {
  struct Kind: Hashable {
    var isIPv6: Bool
    var dontFragment: Bool
  }

  /// What came for one of our packets.
  struct Arrival {
    var cookie: UInt64
    var meaning: EchoPacket.Meaning
    var timeToLive: Int?
    /// The system's error about the packet, from its queue of them.
    var error: CInt?
  }

  let kind: Kind
  let descriptor: CInt
  /// Raw IPv4 sockets give the IP header, too.
  private let isRaw: Bool
  private let id = UInt16.random(in: 1 ... .max)
  private var buffer = [UInt8](repeating: 0, count: 66_000)
  private var control = [UInt8](repeating: 0, count: 512)

  private init(_ kind: Kind, _ descriptor: CInt, isRaw: Bool) {
    self.kind = kind
    self.descriptor = descriptor
    self.isRaw = isRaw
  }

  deinit { close(descriptor) }

  static func open(_ kind: Kind, mayUseRaw: Bool) -> Result<PingSocket, PingFailure> {
    let family = kind.isIPv6 ? AF_INET6 : AF_INET
    let flags = CInt(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let number = kind.isIPv6 ? 58 : 1
    var descriptor = socket(family, CInt(SOCK_DGRAM.rawValue) | flags, CInt(number))
    var isRaw = false
    if descriptor < 0, errno == EACCES || errno == EPERM || errno == EPROTONOSUPPORT, mayUseRaw {
      descriptor = socket(family, CInt(SOCK_RAW.rawValue) | flags, CInt(number))
      isRaw = true
    }
    guard descriptor >= 0 else { return .failure(failure(errno, isIPv6: kind.isIPv6)) }
    let socket = PingSocket(kind, descriptor, isRaw: isRaw)
    socket.prepare()
    return .success(socket)
  }

  private static func failure(_ code: CInt, isIPv6: Bool) -> PingFailure {
    switch code {
    case EACCES, EPERM:
      PingFailure(
        .permission,
        "this account may not send pings: allow its group with `sysctl net.ipv4.ping_group_range=\"0 2147483647\"`, "
          + "or give the program CAP_NET_RAW (systemd: AmbientCapabilities=CAP_NET_RAW)")
    case EMFILE, ENFILE, ENOBUFS, ENOMEM: PingFailure(.limit, "no socket for pings: \(text(code))")
    case EAFNOSUPPORT: PingFailure(.unreachable, "this host has no \(isIPv6 ? "IPv6" : "IPv4")")
    default: PingFailure(.other, "no socket for pings: \(text(code))")
    }
  }

  private static func text(_ code: CInt) -> String { String(cString: strerror(code)) }

  /// Linux's numbers of options, some of which are not in Swift's module of the C library.
  private func prepare() {
    func set(_ level: CInt, _ option: CInt, _ value: CInt) {
      var value = value
      setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<CInt>.size))
    }
    set(SOL_SOCKET, SO_RCVBUF, 1 << 20)
    if kind.isIPv6 {
      // IPV6_RECVHOPLIMIT, IPV6_RECVERR; IPV6_MTU_DISCOVER = do, IPV6_DONTFRAG.
      set(41, 51, 1)
      set(41, 25, 1)
      if kind.dontFragment {
        set(41, 23, 2)
        set(41, 62, 1)
      }
    } else {
      // IP_RECVTTL, IP_RECVERR; IP_MTU_DISCOVER = do, or don't.
      set(0, 12, 1)
      set(0, 11, 1)
      set(0, 10, kind.dontFragment ? 2 : 0)
    }
    guard isRaw else { return }
    if kind.isIPv6 {
      // ICMP6_FILTER: pass the errors and the echo reply.
      var filter = [UInt32](repeating: .max, count: 8)
      for type in [1, 2, 3, 129] { filter[type / 32] &= ~(1 << UInt32(type % 32)) }
      setsockopt(descriptor, 58, 1, &filter, 32)
    } else {
      // ICMP_FILTER of SOL_RAW: the same.
      var filter = ~UInt32(1 << 0 | 1 << 3 | 1 << 11)
      setsockopt(descriptor, 255, 1, &filter, 4)
    }
  }

  /// nil when the packet left.
  func send(cookie: UInt64, sequence: UInt16, payload: Int, to address: PingAddress) -> PingFailure? {
    let bytes = EchoPacket.request(
      cookie: cookie, id: id, sequence: sequence, payload: payload, isIPv6: kind.isIPv6)
    for _ in 0..<3 {
      let count = address.withSocketAddress { sendto(descriptor, bytes, bytes.count, 0, $0, $1) }
      if count >= 0 { return nil }
      let code = errno
      switch code {
      case EMSGSIZE:
        return PingFailure(
          .unreachable, "a packet of \(payload) bytes is too big for the way and must not be cut up")
      case EAGAIN, ENOBUFS: return PingFailure(.limit, "the system takes no more packets: \(Self.text(code))")
      case EACCES, EPERM: return PingFailure(.permission, "a firewall or the system forbids the packet")
      case ENETUNREACH, ENETDOWN, EADDRNOTAVAIL, EINVAL:
        return PingFailure(.unreachable, "sending: \(Self.text(code))")
      // An error that waits in the socket, perhaps of another packet: it is fetched from the queue, not here.
      default: continue
      }
    }
    return PingFailure(.unreachable, "sending: \(Self.text(errno))")
  }

  /// The next thing that came for one of our packets; nil when nothing more is there, or too much of others' between:
  /// then it is asked again in the next round.
  func receive() -> Arrival? {
    for _ in 0..<1000 {
      if let count = read(flags: 0) {
        if let arrival = understand(count) { return arrival }
        continue
      }
      guard let count = read(flags: CInt(MSG_ERRQUEUE)) else { return nil }
      // What is queued is our own packet.
      guard let cookie = EchoPacket.cookie(ofRequest: buffer[..<count]),
        let code = controlValue(kind.isIPv6 ? 25 : 11)
      else { continue }
      return Arrival(cookie: cookie, meaning: .unreachable(type: 0, code: 0), error: code)
    }
    return nil
  }

  private func understand(_ count: Int) -> Arrival? {
    var packet = buffer[..<count]
    // IP_TTL, IPV6_HOPLIMIT.
    var timeToLive = controlValue(kind.isIPv6 ? 52 : 2).map(Int.init)
    if isRaw, !kind.isIPv6 {
      guard let stripped = EchoPacket.strippingIPv4(packet) else { return nil }
      packet = stripped.packet
      timeToLive = stripped.timeToLive
    }
    guard let (cookie, meaning) = EchoPacket.read(packet, isIPv6: kind.isIPv6) else { return nil }
    return Arrival(cookie: cookie, meaning: meaning, timeToLive: timeToLive)
  }

  /// Bytes read into `buffer`; nil when nothing is there.
  private func read(flags: CInt) -> Int? {
    let count = buffer.withUnsafeMutableBytes { data in
      control.withUnsafeMutableBytes { more in
        var part = iovec(iov_base: data.baseAddress, iov_len: data.count)
        return withUnsafeMutablePointer(to: &part) { part in
          var header = msghdr()
          header.msg_iov = part
          header.msg_iovlen = 1
          header.msg_control = more.baseAddress
          header.msg_controllen = more.count
          let count = recvmsg(descriptor, &header, flags)
          controlLength = count < 0 ? 0 : min(more.count, Int(header.msg_controllen))
          return count
        }
      }
    }
    return count < 0 ? nil : count
  }
  private var controlLength = 0

  /// The number at the start of a control message of the IP level; the C library's macros for them are not to be had.
  private func controlValue(_ type: CInt) -> CInt? {
    let level: CInt = kind.isIPv6 ? 41 : 0
    var place = 0
    return control.withUnsafeBytes { bytes in
      // Length (8 bytes), level and type (4 each), then the value; aligned to 8.
      while place + 20 <= controlLength {
        let length = bytes.loadUnaligned(fromByteOffset: place, as: Int.self)
        guard length >= 16, length <= controlLength - place else { return nil }
        let isWanted =
          bytes.loadUnaligned(fromByteOffset: place + 8, as: CInt.self) == level
          && bytes.loadUnaligned(fromByteOffset: place + 12, as: CInt.self) == type
        if isWanted, length >= 20 { return bytes.loadUnaligned(fromByteOffset: place + 16, as: CInt.self) }
        place += (length + 7) & ~7
      }
      return nil
    }
  }
}

/// An IP address as the system wants it.
struct PingAddress {
  let isIPv6: Bool
  private let storage: [UInt8]

  /// nil when `text` is no IP address. Nothing is looked up.
  init?(_ text: String) {
    var hints = addrinfo()
    hints.ai_socktype = CInt(SOCK_DGRAM.rawValue)
    hints.ai_flags = CInt(AI_NUMERICHOST)
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(text, nil, &hints, &list) == 0, let entry = list, let address = entry.pointee.ai_addr
    else {
      return nil
    }
    defer { freeaddrinfo(list) }
    isIPv6 = entry.pointee.ai_family == AF_INET6
    storage = Array(UnsafeRawBufferPointer(start: address, count: Int(entry.pointee.ai_addrlen)))
  }

  func withSocketAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    // Copied into storage that is aligned for it.
    var aligned = sockaddr_storage()
    withUnsafeMutableBytes(of: &aligned) { $0.copyBytes(from: storage) }
    return withUnsafePointer(to: &aligned) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(storage.count)) }
    }
  }
}
