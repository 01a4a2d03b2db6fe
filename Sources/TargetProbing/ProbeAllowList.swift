package import Collecting
internal import Model

/// Which targets may be probed. Whoever can ask for a probe makes this machine connect, so that nothing is allowed
/// that is not listed.
package struct ProbeAllowList: Hashable, Sendable {
  /// What a list says of a target.
  package enum Ruling: Hashable, Sendable {
    case refused
    case allowed
    /// A listed name, whose every address must lie in one of the listed ranges.
    case allowedWithinRanges
  }

  private struct Pattern: Hashable {
    let host: String
    let port: Int?
  }

  private var targets: Set<String> = []
  private var patterns: Set<Pattern> = []
  private var ranges: [AddressRange] = []

  package init() {}

  /// Adds one entry: a range of addresses (`10.0.0.0/8`) or an address, a URL that is to be the whole target, or a host
  /// name in which `*` stands for any characters, with a port if only that one is meant.
  ///
  /// - Returns: what is wrong with the entry; nil: it was added.
  package mutating func add(_ entry: String) -> String? {
    if let range = AddressRange(entry) {
      ranges.append(range)
      return nil
    }
    if entry.contains("://") {
      targets.insert(entry)
      return nil
    }
    var host = entry.lowercased()
    var port: Int?
    if let colon = host.lastIndex(of: ":") {
      guard let number = Int(host[host.index(after: colon)...]), (1...65_535).contains(number) else {
        return "the port of \(quoted(entry)) must be between 1 and 65535"
      }
      port = number
      host = String(host[..<colon])
    }
    if host.hasSuffix(".") { host.removeLast() }
    guard host.contains(where: { $0 != "*" && $0 != "." }) else {
      return "\(quoted(entry)) would allow every host; name a domain, or ranges of addresses"
    }
    let isName =
      host.utf8.count <= 253
      && host.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) || [0x2a, 0x2d, 0x2e, 0x5f].contains($0)
      }
    guard isName else {
      return "\(quoted(entry)) is no host name, URL, address or range such as 10.0.0.0/8"
    }
    patterns.insert(Pattern(host: host, port: port))
    return nil
  }

  package var isEmpty: Bool { targets.isEmpty && patterns.isEmpty && ranges.isEmpty }

  package func rule(on target: String, at place: ProbePlace) -> Ruling {
    if place.isAddress, allows(address: place.host) { return .allowed }
    let isNamed =
      targets.contains(target)
      || patterns.contains { pattern in
        (pattern.port == nil || pattern.port == place.port)
          // An address is meant as such only where it is written out.
          && (place.isAddress ? pattern.host == place.host : Self.matches(pattern.host, place.host))
      }
    guard isNamed else { return .refused }
    return place.isAddress || ranges.isEmpty ? .allowed : .allowedWithinRanges
  }

  package func allows(address: String) -> Bool { ranges.contains { $0.contains(address) } }

  /// Whether `text` is as `pattern` says, where `*` stands for any characters. Takes time in proportion to the product
  /// of both lengths at most.
  static func matches(_ pattern: String, _ text: String) -> Bool {
    let (pattern, text) = (Array(pattern.utf8), Array(text.utf8))
    var (p, t) = (0, 0)
    var lastStar: (p: Int, t: Int)?
    while t < text.count {
      if p < pattern.count, pattern[p] == 0x2a {
        lastStar = (p, t)
        p += 1
      } else if p < pattern.count, pattern[p] == text[t] {
        p += 1
        t += 1
      } else if let star = lastStar {
        p = star.p + 1
        t = star.t + 1
        lastStar = (star.p, t)
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == 0x2a }
  }
}
