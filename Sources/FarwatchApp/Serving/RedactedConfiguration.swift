internal import Model
internal import StrictYAML

/// The configuration as others may see it: what the file says, without comments and with `<secret>` in place of what is
/// one, or may be one.
///
/// Secrets belong into files and the environment, which the configuration only names; but an address may hold a
/// password, a header a token. What is hidden here is hidden by where it stands, not by what it is: too much rather
/// than too little.
enum RedactedConfiguration {
  static let secret = "<secret>"

  /// "" when the file cannot be read. Blocks.
  static func text(ofFile path: String) -> String {
    let problems = Problems(file: path)
    return YAML.text(ofFile: path, problems).map { text(of: $0) } ?? ""
  }

  static func text(of yaml: String) -> String {
    guard let root = YAML.parse(yaml, Problems(file: "")) else { return "" }
    var out = ""
    write(root, Place(), indent: 0, to: &out)
    return out
  }

  /// Where a value stands.
  private struct Place {
    /// Everything from here on is hidden.
    var isSecret = false
    /// Of a list, everything behind its first item: a program's arguments.
    var hidesRest = false
    /// Addresses are hidden but for their host: who knows that of a receiver may post there.
    var hidesPaths = false

    func below(_ key: String, holdsMappings: Bool) -> Place {
      var place = self
      place.hidesRest = key.lowercased() == "command"
      let name = key.lowercased()
      // What a file or a variable is called is no secret.
      let names = ["_file", "_files", "_env", "_path"].contains { name.hasSuffix($0) }
      // A list of tokens says of each whose it is, what it may do and where the secret is.
      if name == "tokens", !place.isSecret, holdsMappings { return place }
      if !names, secretKeys.contains(where: { name.contains($0) }) || secretWords.contains(name) {
        place.isSecret = true
      }
      if ["topics", "heartbeats"].contains(name) { place.hidesPaths = true }
      return place
    }
  }

  private static let secretKeys = [
    "password", "passphrase", "secret", "token", "credential", "dsn", "cookie", "authorization", "api_key",
    "access_key", "private_key", "routing_key",
  ]
  /// Whoever knows the id of a job that checks in may speak for it; the others hold whatever their writer puts there.
  private static let secretWords: Set<String> = ["id", "headers", "body", "environment", "env", "data"]

  /// The depth is bounded, see ``YAML/Limits``.
  private static func write(_ node: YAMLNode, _ place: Place, indent: Int, to out: inout String) {
    let space = String(repeating: " ", count: indent)
    switch node.content {
    case .scalar(let text, let style):
      out += space + shown(text, isPlain: style == .plain, place) + "\n"
    case .sequence(let items):
      var place = place
      for (index, item) in items.enumerated() {
        out += space + "-"
        if place.hidesRest, index > 0 { place.isSecret = true }
        writeValue(item, place, indent: indent, to: &out)
      }
    case .mapping(let entries):
      for entry in entries {
        out += space + key(entry.key) + ":"
        writeValue(
          entry.value, place.below(entry.key, holdsMappings: holdsMappings(entry.value)), indent: indent,
          to: &out)
      }
    }
  }

  private static func holdsMappings(_ node: YAMLNode) -> Bool {
    guard case .sequence(let items) = node.content else { return false }
    return items.allSatisfy { item in
      if case .mapping = item.content { true } else { false }
    }
  }

  private static func writeValue(_ node: YAMLNode, _ place: Place, indent: Int, to out: inout String) {
    switch node.content {
    case .scalar(let text, let style): out += " " + shown(text, isPlain: style == .plain, place) + "\n"
    case .sequence(let items) where items.isEmpty: out += " []\n"
    case .mapping(let entries) where entries.isEmpty: out += " {}\n"
    case .sequence, .mapping:
      out += "\n"
      write(node, place, indent: indent + 2, to: &out)
    }
  }

  private static func key(_ name: String) -> String {
    let isPlain = name.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0)
        || [0x5f, 0x2d, 0x2e].contains($0)
    }
    return isPlain && !name.isEmpty ? name : quoted(name)
  }

  private static func shown(_ text: String, isPlain: Bool, _ place: Place) -> String {
    if place.isSecret { return text.isEmpty && isPlain ? "" : secret }
    let lower = text.lowercased()
    if ["password=", "passwd=", "token=", "secret=", "bearer ", "basic ", "-----begin"].contains(
      where: lower.contains)
    {
      return secret
    }
    let open = withoutSecrets(text, hidesPath: place.hidesPaths)
    return isPlain && open == text ? text : isPlain && open.isEmpty ? "" : quoted(open)
  }

  /// An address without the password of its user, without its query, and if asked without its path.
  private static func withoutSecrets(_ text: String, hidesPath: Bool) -> String {
    guard let mark = text.firstRange(of: "://") else { return text }
    let rest = text[mark.upperBound...]
    var authority = rest.prefix { !"/?#".contains($0) }
    let tail = rest.dropFirst(authority.count)
    var shown = String(text[..<mark.upperBound])
    if let at = authority.lastIndex(of: "@") {
      shown += "\(secret)@"
      authority = authority[authority.index(after: at)...]
    }
    shown += authority
    if hidesPath, tail.count > 1 { return shown + "/\(secret)" }
    let path = tail.prefix { $0 != "?" && $0 != "#" }
    return shown + path + (path.count < tail.count ? "?\(secret)" : "")
  }
}
