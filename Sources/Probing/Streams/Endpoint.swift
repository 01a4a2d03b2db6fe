internal import Collecting
package import HTTPClient
internal import Model

/// A host and a port to connect to, and which of the host's addresses.
package struct Endpoint: Hashable, Sendable {
  /// A name or an IP address, an IPv6 address without brackets.
  package var host: String
  package var port: Int
  package var addressFamily: HTTPRequest.AddressFamily = .any
  /// Probe every address that the host resolves to; the worst of them decides.
  package var everyAddress = false

  package init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// `host:port` or `[IPv6]:port`; nil when `text` is neither.
  package init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let port = text[text.index(after: colon)...]
    var host = String(text[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]"), host.contains(":") {
      host = String(host.dropFirst().dropLast())
    } else if host.contains(where: { ":[]".contains($0) }) {
      return nil
    }
    guard !host.isEmpty, host.utf8.count <= 255,
      host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != 0x2f }),
      port.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(port),
      (1...65_535).contains(number)
    else { return nil }
    self.init(host: host, port: number)
  }

  package var text: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  func validate() throws(InvalidSettings) {
    guard !host.isEmpty else { throw InvalidSettings(field: "address", problem: "must name a host") }
    guard (1...65_535).contains(port) else {
      throw InvalidSettings(field: "address", problem: "the port must be between 1 and 65535")
    }
  }
}
