package struct DNSQuestion: Hashable, Sendable {
  /// As ``DNSName`` writes it.
  package let name: String
  package var type: DNSRecordType

  package init(name: String, type: DNSRecordType) {
    self.name = DNSName.canonical(name) ?? name
    self.type = type
  }
}

/// What a record says, as far as its type is understood.
package enum DNSRecordData: Hashable, Sendable {
  /// A or AAAA, in the system's shortest text.
  case address(String)
  /// CNAME, NS or PTR.
  case name(String)
  case mailExchange(preference: UInt16, host: String)
  case startOfAuthority(DNSStartOfAuthority)
  /// The strings of a TXT record, put together: how a long text is cut says nothing.
  case text(String)
  case service(priority: UInt16, weight: UInt16, port: UInt16, target: String)
  case authorization(flags: UInt8, tag: String, value: String)
  case other([UInt8])

  /// As `dig +short` prints it, but without quotation marks and without the dot at the end of names.
  package var presentation: String {
    switch self {
    case .address(let text), .name(let text), .text(let text): text
    case .mailExchange(let preference, let host): "\(preference) \(host)"
    case .startOfAuthority(let soa):
      "\(soa.primary) \(soa.mailbox) \(soa.serial) \(soa.refresh) \(soa.retry) \(soa.expire) \(soa.minimum)"
    case .service(let priority, let weight, let port, let target): "\(priority) \(weight) \(port) \(target)"
    case .authorization(let flags, let tag, let value): "\(flags) \(tag) \(value)"
    case .other(let bytes): "\\# \(bytes.count)"
    }
  }
}

package struct DNSStartOfAuthority: Hashable, Sendable {
  package var primary: String
  package var mailbox: String
  package var serial: UInt32
  package var refresh: UInt32
  package var retry: UInt32
  package var expire: UInt32
  package var minimum: UInt32
}

package struct DNSRecord: Hashable, Sendable {
  package var name: String
  package var type: DNSRecordType
  /// Seconds; what has the highest bit set is 0 (RFC 2181, 8).
  package var timeToLive: UInt32
  package var data: DNSRecordData

  package init(name: String, type: DNSRecordType, timeToLive: UInt32, data: DNSRecordData) {
    self.name = name
    self.type = type
    self.timeToLive = timeToLive
    self.data = data
  }
}

/// An answer, whole and in order; records in the order of the message.
package struct DNSMessage: Hashable, Sendable {
  package var id: UInt16
  package var question: DNSQuestion?
  package var code: DNSResponseCode
  package var isAuthoritative: Bool
  package var isTruncated: Bool
  package var recursionAvailable: Bool
  /// The server says that it has verified the signatures; only worth something over a trusted way to it.
  package var isAuthenticated: Bool
  package var answers: [DNSRecord] = []
  package var authority: [DNSRecord] = []
  /// Without the record of EDNS.
  package var additional: [DNSRecord] = []
  package var hasEDNS = false
  /// How many bits of the client subnet the answer depends on; nil when the server did not look at it.
  package var clientSubnetScope: Int?

  /// The records that answer `question`: of its type, owned by its name or by what aliases in the message make of it.
  package func records(for question: DNSQuestion) -> [DNSRecord] {
    let owners = Set([question.name] + aliases(of: question.name))
    return answers.filter { $0.type == question.type && owners.contains($0.name) }
  }

  /// Where CNAME records of the answer lead from `name`, in order; ends at a circle.
  package func aliases(of name: String) -> [String] {
    var targets: [String: String] = [:]
    for record in answers where record.type == .cname {
      if case .name(let target) = record.data { targets[record.name] = targets[record.name] ?? target }
    }
    var chain: [String] = []
    var current = name
    while let next = targets.removeValue(forKey: current) {
      chain.append(next)
      current = next
    }
    return chain
  }

  /// The smallest time to live among the records that lead to the answer; of an answer without records how long that
  /// may be remembered (RFC 2308): the smaller of the authority's own time to live and its `minimum`.
  package func timeToLive(for question: DNSQuestion) -> UInt32? {
    let names = Set([question.name] + aliases(of: question.name))
    let used = answers.filter { names.contains($0.name) && ($0.type == question.type || $0.type == .cname) }
    if let smallest = used.map(\.timeToLive).min() { return smallest }
    for record in authority {
      if case .startOfAuthority(let soa) = record.data { return min(record.timeToLive, soa.minimum) }
    }
    return nil
  }
}
