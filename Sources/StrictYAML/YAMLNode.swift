/// One value of a document, with its place.
package struct YAMLNode: Sendable {
  /// How a scalar was written; only a plain one can be a number, a truth value or nothing.
  package enum Style: Sendable { case plain, quoted, block }

  package struct Entry: Sendable {
    package var key: String
    package var keyPosition: YAMLPosition
    package var value: YAMLNode

    package init(key: String, keyPosition: YAMLPosition, value: YAMLNode) {
      self.key = key
      self.keyPosition = keyPosition
      self.value = value
    }
  }

  package enum Content: Sendable {
    case scalar(String, Style)
    case sequence([YAMLNode])
    /// In the order of the text, keys unique.
    case mapping([Entry])
  }

  package var content: Content
  /// Where the value starts. For a value that came through an alias: where it was written.
  package var position: YAMLPosition
  /// How the characters of a scalar lie in the file, when they lie there unchanged.
  package enum Layout: Sendable, Equatable {
    /// Folded, escaped or over several lines: only the start is known.
    case unknown
    /// On one line, character for character, the first one `skipped` columns after the start (a quote).
    case verbatim(skipped: Int)
    /// A literal block (`|`): its lines are those after the start's, indented by so many columns.
    case literal(indentation: Int)
  }
  package var layout: Layout
  /// A tag of one's own, such as `!Ref`; only in documents that were read with their tags kept.
  package var tag: String?
  /// Nodes in this tree, itself included: what bounds the growth through aliases.
  let size: Int

  package init(
    _ content: Content, at position: YAMLPosition, layout: Layout = .unknown, tag: String? = nil
  ) {
    self.content = content
    self.position = position
    self.layout = layout
    self.tag = tag
    switch content {
    case .scalar: size = 1
    case .sequence(let items): size = items.reduce(1) { $0 + $1.size }
    case .mapping(let entries): size = entries.reduce(1) { $0 + 1 + $1.value.size }
    }
  }

  /// A mapping without entries: what an empty document is read as.
  package static func empty(at position: YAMLPosition = .start) -> YAMLNode {
    YAMLNode(.mapping([]), at: position)
  }

  /// `key:`, `key: ~` or `key: null`.
  package var isNull: Bool {
    if case .scalar(let text, .plain) = content {
      ["", "~", "null", "Null", "NULL"].contains(text)
    } else {
      false
    }
  }

  package var scalarText: String? {
    if case .scalar(let text, _) = content { text } else { nil }
  }

  /// The value of `key`, when this is a mapping that has it.
  package subscript(key: String) -> YAMLNode? {
    guard case .mapping(let entries) = content else { return nil }
    return entries.first { $0.key == key }?.value
  }

  /// Where the character at `offset` (in Unicode scalars from 0) of this scalar's text stands in the document;
  /// the start of the value when that cannot be told.
  package func position(ofOffset offset: Int) -> YAMLPosition {
    switch layout {
    case .unknown: return position
    case .verbatim(let skipped):
      return YAMLPosition(line: position.line, column: position.column + skipped + offset)
    case .literal(let indentation):
      let before = (scalarText ?? "").unicodeScalars.prefix(offset)
      let newlines = before.count { $0 == "\n" }
      let inLine = before.reversed().prefix { $0 != "\n" }.count
      return YAMLPosition(line: position.line + 1 + newlines, column: indentation + 1 + inLine)
    }
  }

  /// What was found, for a message: `a list`, `the number 5`, `the text "x"`.
  package var foundText: String {
    switch content {
    case .sequence: return "a list"
    case .mapping: return "a mapping"
    case .scalar(_, _) where isNull: return "nothing"
    case .scalar(let text, let style):
      let short = text.count > 40 ? text.prefix(40) + "…" : text[...]
      let shown =
        "\"" + short.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\\n") + "\""
      if style != .plain { return "the text \(shown)" }
      if text == "true" || text == "false" { return text }
      return Double(text) == nil ? shown : "the number \(short)"
    }
  }
}
