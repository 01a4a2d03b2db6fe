internal import Model

extension OrderedJSON {
  /// The same as YAML in block style. Every text stands between double quotes, written as in JSON, so that none is taken
  /// for a number or a truth value.
  var yaml: String {
    var out = ""
    appendYAML(indent: 0, to: &out)
    return out
  }

  /// Begins in the middle of a line, behind what needs this value, and ends a line.
  private func appendYAML(indent: Int, to out: inout String) {
    switch self {
    case .object(let members) where !members.isEmpty:
      for (place, member) in members.enumerated() {
        if place > 0 { out += String(repeating: " ", count: indent) }
        out += Self.isPlain(member.name) ? member.name : OrderedJSON.string(member.name).compact
        out += ":"
        member.value.appendYAML(after: "\n" + String(repeating: " ", count: indent + 2), indent + 2, to: &out)
      }
    case .array(let items) where !items.isEmpty:
      for (place, item) in items.enumerated() {
        if place > 0 { out += String(repeating: " ", count: indent) }
        out += "-"
        item.appendYAML(after: " ", indent + 2, to: &out)
      }
    default: out += compact + "\n"
    }
  }

  private func appendYAML(after separator: String, _ indent: Int, to out: inout String) {
    switch self {
    case .object(let members) where !members.isEmpty: out += separator
    case .array(let items) where !items.isEmpty: out += separator
    default: out += " "
    }
    appendYAML(indent: indent, to: &out)
  }

  /// Whether it can stand without quotes and is a text to every reader.
  private static func isPlain(_ name: String) -> Bool {
    let words = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]
    return name.utf8.count > 1 && !words.contains(name.lowercased())
      && name.utf8.allSatisfy { (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) }
  }
}
