internal import HTTPServer

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// What the `Host` header says: by which name the client knows this server.
enum HostName: Hashable {
  /// `localhost`, or an address that leads nowhere but to the client's own machine.
  case thisMachine
  /// Any other numeric address.
  case address
  /// In small letters, without port and final dot.
  case name(String)
  /// Empty or malformed.
  case none

  init(_ host: String) {
    let text = host.lowercased()
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]") else {
        self = .none
        return
      }
      self = text[..<end].dropFirst() == "::1" ? .thisMachine : .address
      return
    }
    var name = text.prefix { $0 != ":" }
    if name.hasSuffix(".") { name = name.dropLast() }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    if parts.count == 4, parts.allSatisfy({ Self.isByte($0) }) {
      self = parts[0] == "127" ? .thisMachine : .address
    } else if name == "localhost" {
      self = .thisMachine
    } else {
      self = name.isEmpty ? .none : .name(String(name))
    }
  }

  private static func isByte(_ text: Substring) -> Bool {
    text.utf8.allSatisfy { (0x30...0x39).contains($0) } && UInt8(text) != nil
  }
}

/// The host, in small letters, by which others are told to reach us; nil when the URL leads to this machine alone.
package func outerHost(ofURL url: String) -> String? {
  guard let start = url.firstRange(of: "://")?.upperBound else { return nil }
  let authority = String(url[start...].prefix { $0 != "/" && $0 != "?" && $0 != "#" })
  switch HostName(authority) {
  case .thisMachine, .none: return nil
  case .name(let name): return name
  case .address: return (authority.hasPrefix("[") ? authority : authority.prefix { $0 != ":" }.lowercased())
  }
}

extension HTTPServerRequest {
  /// Somebody says that he passes on what another has sent.
  var isForwarded: Bool {
    headers.contains { field in
      let name = field.name.lowercased()
      return name.hasPrefix("x-forwarded-")
        || ["forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip"].contains(name)
    }
  }

  /// From a program on this machine that knows us as on this machine. A proxy on it passes on the requests of others,
  /// and tells of it or not.
  var isFromThisMachine: Bool {
    guard remoteAddress == "::1" || remoteAddress.hasPrefix("127."), !isForwarded else { return false }
    guard let host = header("Host") else { return true }
    return HostName(host) == .thisMachine
  }

  /// Whose limits apply: an IPv4 address, or the first 64 bits of an IPv6 one, because whoever has one address there has
  /// all with the same beginning.
  var clientNetwork: String { AccessControl.clientNetwork(of: remoteAddress) }
}

/// As ``HTTPServer/HTTPServerRequest/clientNetwork``; what is no IPv6 address is taken as it is.
func clientNetwork(of address: String) -> String {
  guard address.contains(":") else { return address }
  let plain = address.prefix { $0 != "%" }
  var bytes = [UInt8](repeating: 0, count: 16)
  guard inet_pton(AF_INET6, String(plain), &bytes) == 1 else { return address }
  let digits = bytes[..<8].map { byte in
    (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }
  return digits.joined() + "/64"
}
