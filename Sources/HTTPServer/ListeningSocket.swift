#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// A TCP socket that listens; whoever is given it closes it.
///
/// Bound here and not by libmicrohttpd, because only so does the operator learn why an address cannot be had.
struct ListeningSocket {
  let descriptor: Int32
  let port: UInt16
  /// `127.0.0.1:9797`, `[::]:9797`: the numeric address with the real port.
  let boundAddress: String

  private struct Address {
    var host: String
    var port: UInt16
    var isIPv6: Bool
  }

  init(_ text: String, backlog: Int32 = 511) throws(HTTPServerError) {
    guard let address = Self.parse(text) else { throw .badAddress(text) }
    if address.host.isEmpty {
      // All interfaces: one socket for both families, or IPv4 alone where the kernel has no IPv6.
      do throws(HTTPServerError) {
        try self.init(Address(host: "::", port: address.port, isIPv6: true), shown: text, backlog: backlog)
      } catch .cannotListen {
        try self.init(
          Address(host: "0.0.0.0", port: address.port, isIPv6: false), shown: text, backlog: backlog)
      } catch .addressNotAvailable {
        try self.init(
          Address(host: "0.0.0.0", port: address.port, isIPv6: false), shown: text, backlog: backlog)
      }
    } else {
      try self.init(address, shown: text, backlog: backlog)
    }
  }

  private init(_ address: Address, shown: String, backlog: Int32) throws(HTTPServerError) {
    let family = address.isIPv6 ? AF_INET6 : AF_INET
    let fd = socket(
      family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    guard fd >= 0 else { throw Self.error(errno, shown) }
    var keep = false
    defer { if !keep { close(fd) } }
    var reuse: Int32 = 1
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
    if address.isIPv6 {
      var only: Int32 = address.host == "::" ? 0 : 1
      setsockopt(fd, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &only, socklen_t(MemoryLayout<Int32>.size))
    }
    guard Self.bind(fd, address) == 0, listen(fd, backlog) == 0 else { throw Self.error(errno, shown) }
    guard let port = Self.localPort(fd) else { throw Self.error(errno, shown) }
    keep = true
    descriptor = fd
    self.port = port
    boundAddress = address.isIPv6 ? "[\(address.host)]:\(port)" : "\(address.host):\(port)"
  }

  private static func parse(_ text: String) -> Address? {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let portText = text[text.index(after: colon)...]
    guard !portText.isEmpty, portText.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
      let port = UInt16(portText)
    else { return nil }
    var host = String(text[..<colon])
    if host.isEmpty { return Address(host: "", port: port, isIPv6: false) }
    if host == "localhost" { host = "127.0.0.1" }
    var isIPv6 = false
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = String(host.dropFirst().dropLast())
      isIPv6 = true
    }
    var v4 = in_addr()
    var v6 = in6_addr()
    guard (isIPv6 ? inet_pton(AF_INET6, host, &v6) : inet_pton(AF_INET, host, &v4)) == 1 else { return nil }
    return Address(host: host, port: port, isIPv6: isIPv6)
  }

  private static func bind(_ fd: Int32, _ address: Address) -> Int32 {
    func bind<Storage>(_ storage: Storage) -> Int32 {
      withUnsafeBytes(of: storage) { bytes in
        guard let base = bytes.bindMemory(to: sockaddr.self).baseAddress else { return -1 }
        #if canImport(Glibc)
          return Glibc.bind(fd, base, socklen_t(bytes.count))
        #else
          return Musl.bind(fd, base, socklen_t(bytes.count))
        #endif
      }
    }
    if address.isIPv6 {
      var storage = sockaddr_in6()
      storage.sin6_family = sa_family_t(AF_INET6)
      storage.sin6_port = address.port.bigEndian
      inet_pton(AF_INET6, address.host, &storage.sin6_addr)
      return bind(storage)
    }
    var storage = sockaddr_in()
    storage.sin_family = sa_family_t(AF_INET)
    storage.sin_port = address.port.bigEndian
    inet_pton(AF_INET, address.host, &storage.sin_addr)
    return bind(storage)
  }

  private static func localPort(_ fd: Int32) -> UInt16? {
    var storage = sockaddr_in6()  // large enough for both families, and the port lies at the same place
    var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
    let result = withUnsafeMutableBytes(of: &storage) { bytes -> Int32 in
      guard let base = bytes.bindMemory(to: sockaddr.self).baseAddress else { return -1 }
      return getsockname(fd, base, &size)
    }
    return result == 0 ? UInt16(bigEndian: storage.sin6_port) : nil
  }

  private static func error(_ code: Int32, _ shown: String) -> HTTPServerError {
    switch code {
    case EADDRINUSE: .addressInUse(shown)
    case EADDRNOTAVAIL: .addressNotAvailable(shown)
    case EACCES, EPERM: .permissionDenied(shown)
    default: .cannotListen(shown, reason: strerror(code).map { String(cString: $0) } ?? "error \(code)")
    }
  }
}
