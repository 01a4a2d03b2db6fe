package import DNSClient
package import Model

/// A server that a check asks, as it is named in the settings.
package struct DNSServer: Hashable, Sendable {
  /// An IP address, or a name that the system looks up for each question.
  package let host: String
  package let port: UInt16
  /// On whose behalf it is asked.
  package var clientSubnet: ClientSubnet?

  /// - Parameter text: `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53`, `[2001:db8::53]:5353`, `ns1.example.com` or
  ///   `ns1.example.com:5353`; nil when it is none of these.
  package init?(_ text: String) {
    var (host, port) = (text, "53")
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]") else { return nil }
      host = String(text[text.index(after: text.startIndex)..<end])
      let rest = text[text.index(after: end)...]
      guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
      if !rest.isEmpty { port = String(rest.dropFirst()) }
      guard host.contains(":"), ResolverAddress(address: host) != nil else { return nil }
    } else if ResolverAddress(address: text) == nil, let colon = text.lastIndex(of: ":") {
      host = String(text[..<colon])
      port = String(text[text.index(after: colon)...])
      // More than one colon is an IPv6 address, and with a port that needs brackets.
      guard !host.contains(":") else { return nil }
    }
    guard port.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt16(port), number > 0 else {
      return nil
    }
    if let address = ResolverAddress(address: host) {
      self.host = address.address
    } else {
      // What looks like an address is one that is misspelt.
      let last = host.split(separator: ".").last ?? ""
      guard let name = DNSName.canonical(host), name != ".",
        !last.utf8.allSatisfy({ (0x30...0x39).contains($0) })
      else { return nil }
      self.host = name
    }
    self.port = number
  }

  init(_ address: ResolverAddress) {
    host = address.address
    port = address.port
  }

  /// The host; with the port where that is not 53.
  package var name: String {
    if port == 53 { return host }
    return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }

  /// `resolver`, and `client_subnet` where there is one.
  package var labels: Labels {
    ["resolver": name, "client_subnet": clientSubnet?.description ?? ""]
  }
}
