internal import CollectorConfiguration
internal import Model
internal import StrictYAML

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

enum ListenAddress {
  /// nil when `text` is `IP:port`, `[IPv6]:port`, `localhost:port` or `:port`.
  static func complaint(_ text: String) -> String? {
    let expected = "must be IP:port, [IPv6]:port, localhost:port or :port, found \"\(text)\""
    guard let (host, port) = parts(text), port.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      UInt16(port) != nil
    else { return expected }
    var v4 = in_addr()
    var v6 = in6_addr()
    if host.hasPrefix("["), host.hasSuffix("]") {
      return inet_pton(AF_INET6, String(host.dropFirst().dropLast()), &v6) == 1 ? nil : expected
    }
    return host.isEmpty || host == "localhost" || inet_pton(AF_INET, host, &v4) == 1 ? nil : expected
  }

  /// Whether this address means every interface, and so is none that others could visit.
  static func isWildcard(_ text: String) -> Bool {
    parts(text).map { ["", "0.0.0.0", "[::]"].contains($0.host) } ?? false
  }

  private static func parts(_ text: String) -> (host: String, port: Substring)? {
    text.lastIndex(of: ":").map { (String(text[..<$0]), text[text.index(after: $0)...]) }
  }
}

extension YAMLType where Value == [Settings.Region] {
  /// `taiwan: {role: primary, share: 60}` in the order of the text.
  static var regions: YAMLType<[Settings.Region]> {
    YAMLType(expected: "a mapping of region names", placeholder: []) { node, problems in
      guard case .mapping(let entries) = node.content else {
        problems.add("expected a mapping of region names, found \(node.foundText)", at: node)
        return nil
      }
      if entries.isEmpty { problems.add("needs at least one region", at: node) }
      for entry in entries where entry.key.isEmpty || entry.key.contains("/") {
        problems.add("a region's name must not be empty or hold a slash", at: entry.keyPosition)
      }
      let regions = entries.compactMap { entry in
        YAMLType<Settings.Region>.mapping { m in
          Settings.Region(
            name: entry.key, role: m.optional("role", .choice()) ?? .active,
            share: m.optional("share", .double(0...100)), rules: RollUpSection.read(m),
            traffic: m.optional("traffic", .mapping(TrafficSection.read)) ?? nil)
        }.read(entry.value, problems)
      }
      let shares = regions.compactMap(\.share).reduce(0, +)
      if shares > 100.001 {
        problems.add("the shares add up to \(NumberText.plain(shares)) %, above 100", at: node)
      }
      return regions
    }
  }
}
