internal import HTTPServer

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
        || ["forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip"].contains(
          name)
    }
  }

  /// From a program on this machine that knows us as on this machine. A proxy on it passes on the requests of others,
  /// and tells of it or not.
  var isFromThisMachine: Bool {
    guard remoteAddress == "::1" || remoteAddress.hasPrefix("127."), !isForwarded else { return false }
    guard let host = header("Host") else { return true }
    return HostName(host) == .thisMachine
  }
}
