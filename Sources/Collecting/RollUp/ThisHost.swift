#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import Model

/// What is known of the machine that Farwatch runs on: reaching it proves no way out.
package struct ThisHost: Hashable, Sendable {
  private let names: Set<String>
  private let addresses: Set<String>
  /// Whether the system is asked as well.
  private var asksSystem = false
  private static let loopback = ["127.0.0.0/8", "0.0.0.0/32", "::1/128", "::/128", "::ffff:127.0.0.0/104"]
    .compactMap(AddressRange.init)

  /// - Parameters:
  ///   - names: beside `localhost` and what ends in `.localhost`.
  ///   - addresses: beside the loopback ones.
  package init(names: Set<String> = [], addresses: Set<String> = []) {
    self.names = Set(names.map { $0.lowercased() })
    self.addresses = addresses
  }

  /// The machine by its name; which addresses are its own the system is asked each time.
  package static func now() -> ThisHost {
    var name = [CChar](repeating: 0, count: 256)
    var here = ThisHost()
    if gethostname(&name, name.count - 1) == 0 {
      let bytes = name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
      here = ThisHost(names: [String(decoding: bytes, as: UTF8.self)])
    }
    here.asksSystem = true
    return here
  }

  /// Whether `host`, a name or an address, is surely this machine. A name is not looked up: one that the hosts file
  /// leads back here is not known as such.
  package func isMeant(by host: String) -> Bool {
    var host = host.lowercased()
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    if host.hasSuffix(".") { host.removeLast() }
    if host == "localhost" || host.hasSuffix(".localhost") || names.contains(host) { return true }
    if Self.loopback.contains(where: { $0.contains(host) }) { return true }
    return addresses.contains { AddressRange($0)?.contains(host) == true } || asksSystem && Self.isOwn(host)
  }

  /// Whether a success of this check shows that the network was reached: all of its hosts are known, and none is here.
  package func isLeft(by check: any HealthCheckSettings) -> Bool {
    let hosts = check.reachedHosts
    return !hosts.isEmpty && !hosts.contains { $0.isEmpty || isMeant(by: $0) }
  }

  /// Whether this check can fail because the network is gone: it is not made here, and not all of its hosts are this one.
  package func mayBeLeft(by check: any HealthCheckSettings) -> Bool {
    let hosts = check.reachedHosts
    return !check.isMadeHere && (hosts.isEmpty || hosts.contains { $0.isEmpty || !isMeant(by: $0) })
  }

  /// Whether a socket can be bound to it: only to addresses of one's own. The list of interfaces would need netlink,
  /// which a confined service may not have. Where the kernel lets one bind to any address, no check proves a way out,
  /// and the canaries are all that counts.
  private static func isOwn(_ address: String) -> Bool {
    var hints = addrinfo()
    hints.ai_flags = AI_NUMERICHOST
    hints.ai_socktype = CInt(SOCK_DGRAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(address, "0", &hints, &found) == 0, let first = found?.pointee else { return false }
    defer { freeaddrinfo(found) }
    let made = socket(first.ai_family, first.ai_socktype | CInt(SOCK_CLOEXEC.rawValue), 0)
    guard made >= 0 else { return false }
    defer { close(made) }
    return bind(made, first.ai_addr, first.ai_addrlen) == 0
  }
}
