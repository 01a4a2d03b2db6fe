/// What kind of record is asked for or was answered, by its number.
package struct DNSRecordType: Hashable, Sendable {
  package let code: UInt16

  package init(code: UInt16) { self.code = code }

  package static let a = Self(code: 1)
  package static let ns = Self(code: 2)
  package static let cname = Self(code: 5)
  package static let soa = Self(code: 6)
  package static let ptr = Self(code: 12)
  package static let mx = Self(code: 15)
  package static let txt = Self(code: 16)
  package static let aaaa = Self(code: 28)
  package static let srv = Self(code: 33)
  static let opt = Self(code: 41)
  package static let caa = Self(code: 257)

  private static let named: [(name: String, type: Self)] = [
    ("A", .a), ("AAAA", .aaaa), ("CNAME", .cname), ("MX", .mx), ("NS", .ns), ("SOA", .soa), ("TXT", .txt),
    ("SRV", .srv), ("PTR", .ptr), ("CAA", .caa),
  ]

  /// Those that can be asked for: their data is understood.
  package static var names: [String] { named.map(\.name) }

  package init?(_ name: String) {
    guard let known = Self.named.first(where: { $0.name == name }) else { return nil }
    self = known.type
  }

  /// `AAAA`, or `TYPE65` for one that is not known here (RFC 3597).
  package var name: String { Self.named.first { $0.type == self }?.name ?? "TYPE\(code)" }
}

/// How a server judged a question: the code of the header with the extension of EDNS.
package struct DNSResponseCode: Hashable, Sendable {
  package let code: UInt16

  package init(code: UInt16) { self.code = code }

  package static let noError = Self(code: 0)
  package static let formatError = Self(code: 1)
  package static let serverFailure = Self(code: 2)
  package static let nameError = Self(code: 3)

  /// In the order of their numbers; "" where a number has no common name.
  private static let known = [
    "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET",
    "NOTAUTH", "NOTZONE", "", "", "", "", "", "BADVERS",
  ]

  package static var names: [String] { known.filter { !$0.isEmpty } }

  package init?(_ name: String) {
    guard !name.isEmpty, let code = Self.known.firstIndex(of: name) else { return nil }
    self.code = UInt16(code)
  }

  package var name: String {
    let place = Int(code)
    return place < Self.known.count && !Self.known[place].isEmpty ? Self.known[place] : "RCODE\(code)"
  }
}
