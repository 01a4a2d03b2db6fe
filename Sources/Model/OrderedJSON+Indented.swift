extension OrderedJSON {
  /// For files that people read and version control compares: two spaces a level, what is empty or plain on one line.
  package var indented: String {
    var text = ""
    append(to: &text, indent: "")
    return text + "\n"
  }

  private func append(to text: inout String, indent: String) {
    let inner = indent + "  "
    switch self {
    case .array(let items) where !items.isEmpty:
      text += "["
      for (place, item) in items.enumerated() {
        text += (place == 0 ? "\n" : ",\n") + inner
        item.append(to: &text, indent: inner)
      }
      text += "\n\(indent)]"
    case .object(let members) where !members.isEmpty:
      text += "{"
      for (place, member) in members.enumerated() {
        text += (place == 0 ? "\n" : ",\n") + inner + OrderedJSON.string(member.name).compact + ": "
        member.value.append(to: &text, indent: inner)
      }
      text += "\n\(indent)}"
    default: text += compact
    }
  }
}
