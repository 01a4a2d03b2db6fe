internal import HTTPClient
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

/// nil when `text` is an absolute http or https URL. Says nothing of what may be a secret.
func httpURLComplaint(_ text: String) -> String? {
  let scheme = ["http://", "https://"].first { text.hasPrefix($0) }
  let rest = scheme.map { text.dropFirst($0.count) } ?? text[...]
  let host = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
  if host.contains("@") || scheme == nil && text.contains("://") && text.contains("@") {
    return "must not hold a user name or password; name a file with `header_files`"
  }
  if scheme == nil { return "must begin with http:// or https://, found \"\(text)\"" }
  if text.unicodeScalars.contains(where: { $0.value <= 0x20 || $0.value == 0x7f }) {
    return "must not hold white space or control characters"
  }
  if host.isEmpty || host.hasPrefix(":") { return "has no host" }
  return HTTPURL(text) == nil ? "is no URL that can be asked: check host and port \"\(host)\"" : nil
}

extension YAMLType where Value == String {
  /// A name that is joined with others into one, so that it must not hold what joins them.
  static var namePart: YAMLType {
    nonEmptyString.validated { $0.contains("/") ? "must not hold a slash, found \"\($0)\"" : nil }
  }
}

extension YAMLType where Value == Labels {
  /// Label names and values.
  static var labels: YAMLType<Labels> {
    let pairs = YAMLType<[String: String]>.map(.string).validated { pairs in
      let wrong = pairs.keys.sorted().first { !isLabelName($0) }
      if wrong == Labels.metricNameLabel { return "\"\(Labels.metricNameLabel)\" names the metric itself" }
      return wrong.map { "\"\($0)\" is no label name: letters, digits and _, not beginning with a digit" }
    }
    return .converted(from: pairs, placeholder: .empty) { Labels($0) }
  }
}

private func isLabelName(_ name: String) -> Bool {
  guard let first = name.utf8.first, !(0x30...0x39).contains(first), name != Labels.metricNameLabel else {
    return false
  }
  return name.utf8.allSatisfy {
    (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x5f
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
            share: m.optional("share", .double(0...100)))
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
