#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import Model

/// A look-up with the system's own resolver. It blocks until that gives up, and cannot be cancelled.
enum SystemLookUp {
  /// The distinct addresses in the order of their text, at least one; or the failure `dns`.
  static func addresses(of name: LookUps.Name) -> HostResolver.Answer {
    var hints = addrinfo()
    // Of any kind of socket: what comes more than once is dropped below.
    hints.ai_family =
      switch name.family {
      case .any: AF_UNSPEC
      case .ipv4: AF_INET
      case .ipv6: AF_INET6
      }
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(name.host, nil, &hints, &list)
    defer { if let list { freeaddrinfo(list) } }
    guard code == 0 else {
      return .failure(HTTPFailure(.dns, "\(name.host): \(String(cString: gai_strerror(code)))"))
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
    guard !addresses.isEmpty else { return .failure(HTTPFailure(.dns, "\(name.host) has no address")) }
    return .success(addresses.sorted(by: byteOrder))
  }
}
