package import DNSClient
package import Model

/// What the answer of each server must be.
package struct DNSExpectation: Hashable, Sendable {
  package var codes: [DNSResponseCode] = [.noError]
  /// Exactly these, in any order; nil: not looked at.
  package var exactly: [String]?
  /// At least these.
  package var include: [String] = []
  /// None but these; empty: not looked at.
  package var among: [String] = []
  /// Every address in one of these; empty: not looked at.
  package var within: [AddressRange] = []
  /// RE2: every answer matches one of these anywhere; empty: not looked at.
  package var regex: [String] = []
  /// RE2: no answer matches any of these.
  package var notRegex: [String] = []
  package var minimumAnswers = 1
  package var minimumTimeToLive: Duration?
  package var maximumTimeToLive: Duration?
  package var authoritative = false
  package var authenticated = false
  /// SOA only: how far the serial may be behind the newest of the servers; nil: not looked at.
  package var serialDrift: UInt32?

  package init() {}

  /// `text` as ``DNSRecordData/presentation`` writes such data; nil when it is no data of that type.
  package static func canonical(_ text: String, _ type: DNSRecordType) -> String? {
    switch type {
    case .a, .aaaa:
      guard let address = ResolverAddress(address: text)?.address,
        address.contains(":") == (type == .aaaa)
      else { return nil }
      return address
    case .cname, .ns, .ptr: return DNSName.canonical(text)
    case .mx: return numbersAndName(text, numbers: 1)
    case .srv: return numbersAndName(text, numbers: 3)
    default: return text
    }
  }

  private static func numbersAndName(_ text: String, numbers: Int) -> String? {
    let parts = text.split(separator: " ")
    guard parts.count == numbers + 1, let name = DNSName.canonical(String(parts[numbers])) else { return nil }
    let values = parts.dropLast().compactMap { UInt16($0) }
    guard values.count == numbers else { return nil }
    return values.map { "\($0) " }.joined() + name
  }
}
