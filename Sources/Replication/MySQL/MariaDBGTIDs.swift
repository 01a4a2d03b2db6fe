/// Where MariaDB servers stand: the newest sequence number of each replication domain, with the server that wrote it.
package struct MariaDBGTIDs: Equatable, Sendable {
  package struct Place: Hashable, Sendable {
    package let domain: UInt32
    package let server: UInt32
  }

  package static let limit = 4096

  /// A position (`gtid_slave_pos`) has one entry a domain, a state (`gtid_binlog_state`) one a domain and server.
  package private(set) var entries: [Place: UInt64] = [:]

  package init() {}

  /// `0-1-100,1-2-7`. nil for anything else, above the limit, and for a number that no server reaches.
  package init?(_ text: String) {
    let parts = text.split(separator: ",")
    guard parts.count <= Self.limit else { return nil }
    for part in parts {
      let words = part.filter { !$0.isWhitespace }.split(separator: "-", omittingEmptySubsequences: false)
      if words == [""] { continue }
      guard words.count == 3, let domain = UInt32(words[0]), let server = UInt32(words[1]),
        let number = UInt64(words[2]), number < UInt64(Int64.max)
      else { return nil }
      let place = Place(domain: domain, server: server)
      entries[place] = max(entries[place] ?? 0, number)
    }
  }

  package var isEmpty: Bool { entries.isEmpty }

  /// The newest number of each domain.
  package var domains: [UInt32: UInt64] {
    entries.reduce(into: [:]) { $0[$1.key.domain] = max($0[$1.key.domain] ?? 0, $1.value) }
  }

  package func number(domain: UInt32, server: UInt32) -> UInt64? {
    entries[Place(domain: domain, server: server)]
  }
}
