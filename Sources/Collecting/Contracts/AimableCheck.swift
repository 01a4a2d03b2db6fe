package import HTTPClient
internal import Model

/// Where a target lies, as a check that is aimed at it will understand it.
package struct ProbePlace: Hashable, Sendable {
  /// A name in lower case without a dot at its end, or an IP address without brackets.
  package let host: String
  package let port: Int?
  package let isAddress: Bool

  /// - Throws: when `host` is neither a name nor an address as they are usually written. What only a resolver would
  ///   take for an address (`127.1`, `0x7f000001`) is none, so that nothing slips past a list of names.
  package init(host: String, port: Int?, field: String) throws(InvalidSettings) {
    var text = host.lowercased()
    if text.hasSuffix(".") { text.removeLast() }
    isAddress = AddressRange(text) != nil && !text.contains("/")
    self.host = text
    self.port = port
    guard !isAddress else { return }
    let last = text.split(separator: ".", omittingEmptySubsequences: false).last ?? ""
    let isName =
      !text.isEmpty && text.utf8.count <= 253
      && text.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x2d || $0 == 0x2e || $0 == 0x5f
      }
    guard isName, !last.utf8.allSatisfy({ (0x30...0x39).contains($0) }), !last.hasPrefix("0x") else {
      throw InvalidSettings(field: field, problem: "\(quoted(host)) is neither a host name nor an IP address")
    }
  }
}

/// A check whose settings can be pointed at a target that a request names.
package protocol AimableCheck: HealthCheckSettings {
  /// Which of a host's addresses are wanted.
  var addressFamily: HTTPRequest.AddressFamily { get }

  /// Where `target` lies. - Throws: when it is no target of this kind.
  func place(of target: String) throws(InvalidSettings) -> ProbePlace

  /// These settings for `target`.
  ///
  /// - Parameter address: connect there, and look nothing up; all names that are sent or verified stay the target's.
  func aimed(at target: String, address: String?) throws(InvalidSettings) -> Self
}
