internal import Model
internal import StrictYAML

enum ListenAddress {
  /// nil when `text` is `IP:port`, `[IPv6]:port`, `localhost:port` or `:port`.
  static func complaint(_ text: String) -> String? {
    let expected = "must be IP:port, [IPv6]:port, localhost:port or :port, found \"\(text)\""
    guard let colon = text.lastIndex(of: ":"), UInt16(text[text.index(after: colon)...]) != nil else {
      return expected
    }
    let host = text[..<colon]
    let bare = host.hasPrefix("[") && host.hasSuffix("]") ? host.dropFirst().dropLast() : host
    if bare.contains(":") != (bare.count != host.count) { return expected }
    return nil
  }
}

/// nil when `text` is an absolute http or https URL.
func httpURLComplaint(_ text: String) -> String? {
  let rest: Substring
  if text.hasPrefix("http://") {
    rest = text.dropFirst(7)
  } else if text.hasPrefix("https://") {
    rest = text.dropFirst(8)
  } else {
    return "must begin with http:// or https://, found \"\(text)\""
  }
  let host = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
  if host.isEmpty { return "has no host: \"\(text)\"" }
  if host.contains("@") { return "must not hold a user name or password; use a header from a file" }
  if text.contains(where: { $0.isWhitespace || $0.isNewline }) { return "must not hold white space" }
  return nil
}

extension YAMLType where Value == Labels {
  /// Label names and values.
  static var labels: YAMLType<Labels> {
    let pairs = YAMLType<[String: String]>.map(.string).validated { pairs in
      let wrong = pairs.keys.sorted().first { !isLabelName($0) }
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
