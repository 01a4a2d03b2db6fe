// libyaml comes inside the Yams package. Its events are used rather than Yams' own tree, because the tree forgets
// where duplicate keys stand, and hashes a key that is an alias of a huge value before anyone can refuse it.
internal import CYaml

/// Builds the positioned tree from libyaml's events, within limits.
struct Composer: ~Copyable {
  /// Reading cannot go on; the problem has been added.
  private struct Stop: Error {}

  private let text: [UInt8]
  /// Byte offset of the start of each line.
  private let lineStarts: [Int]
  private let problems: Problems
  private let limits: YAML.Limits
  private let dialect: YAML.Dialect

  init(text: String, problems: Problems, limits: YAML.Limits, dialect: YAML.Dialect) {
    self.dialect = dialect
    self.text = Array(text.utf8)
    var starts = [0]
    for (place, byte) in self.text.enumerated() where byte == UInt8(ascii: "\n") { starts.append(place + 1) }
    lineStarts = starts
    self.problems = problems
    self.limits = limits
  }

  /// All documents; nil when a problem ended the reading.
  func documents() -> [YAMLNode]? {
    // libyaml keeps pointers into its own parser: it must not move, so it lives on the heap.
    let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    defer { parser.deallocate() }
    guard yaml_parser_initialize(parser) == 1 else {
      problems.add("out of memory", at: .start)
      return nil
    }
    defer { yaml_parser_delete(parser) }
    return text.withUnsafeBufferPointer { bytes in
      yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
      yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
      var pass = Pass(parser: parser)
      do {
        return try stream(&pass)
      } catch {
        return nil
      }
    }
  }

  /// The state of one pass over the text.
  private struct Pass {
    let parser: UnsafeMutablePointer<yaml_parser_t>
    var anchors: [String: YAMLNode] = [:]
    var depth = 0
    var nodes = 0
  }

  /// One event, copied out of libyaml's memory.
  private struct Event {
    enum Kind {
      case alias(String)
      case scalar(String, yaml_scalar_style_t)
      case sequenceStart, sequenceEnd, mappingStart, mappingEnd
      /// Whether its directive asks for another version of YAML than 1.1.
      case documentStart(isForeign: Bool)
      case streamEnd, other
    }
    var kind: Kind
    var anchor: String?
    var tag: String?
    var start: yaml_mark_t
    var end: yaml_mark_t
    var position: YAMLPosition { YAMLPosition(line: Int(start.line) + 1, column: Int(start.column) + 1) }
  }

  private func stream(_ pass: inout Pass) throws(Stop) -> [YAMLNode] {
    var documents: [YAMLNode] = []
    while true {
      let event = try next(&pass)
      switch event.kind {
      case .streamEnd: return documents
      case .documentStart(let isForeign):
        if isForeign, dialect == .prometheus {
          problems.add("Prometheus reads YAML 1.1 only; leave the %YAML directive out", at: event.position)
          throw Stop()
        }
        pass.anchors = [:]
        documents.append(try node(from: try next(&pass), &pass))
      default: continue
      }
    }
  }

  private func node(from event: Event, _ pass: inout Pass) throws(Stop) -> YAMLNode {
    let ownTag = event.tag.flatMap { $0.hasPrefix("tag:yaml.org,2002:") || $0 == "!" ? nil : $0 }
    if let ownTag, dialect == .strict {
      problems.add("tags such as \(ownTag) are not supported", at: event.position)
    }
    var node: YAMLNode
    switch event.kind {
    case .alias(let name):
      guard let target = pass.anchors[name] else {
        problems.add("unknown alias `*\(name)`", at: event.position)
        throw Stop()
      }
      try spend(target.size, at: event.position, &pass)
      return target
    case .scalar(let value, let style):
      try spend(1, at: event.position, &pass)
      node = scalar(value, style, event)
    case .sequenceStart: node = try sequence(event, &pass)
    case .mappingStart: node = try mapping(event, &pass)
    default:
      problems.add("expected a value", at: event.position)
      throw Stop()
    }
    if dialect == .keepsTags { node.tag = ownTag }
    if let anchor = event.anchor { pass.anchors[anchor] = node }
    return node
  }

  private func scalar(_ value: String, _ style: yaml_scalar_style_t, _ event: Event) -> YAMLNode {
    let width = Int(event.end.column) - Int(event.start.column)
    let oneLine = event.start.line == event.end.line
    let length = value.unicodeScalars.count
    switch style {
    case YAML_PLAIN_SCALAR_STYLE where event.tag != "tag:yaml.org,2002:str":
      return YAMLNode(
        .scalar(value, .plain), at: event.position,
        layout: oneLine && width == length ? .verbatim(skipped: 0) : .unknown)
    case YAML_LITERAL_SCALAR_STYLE:
      return YAMLNode(.scalar(value, .block), at: event.position, layout: literalLayout(value, event))
    case YAML_FOLDED_SCALAR_STYLE:
      return YAMLNode(.scalar(value, .block), at: event.position)
    default:
      // Without escapes the quotes are all that the text is shorter by.
      return YAMLNode(
        .scalar(value, .quoted), at: event.position,
        layout: oneLine && width == length + 2 ? .verbatim(skipped: 1) : .unknown)
    }
  }

  /// Finds the indentation of a literal block by looking for its first line in the text.
  private func literalLayout(_ value: String, _ event: Event) -> YAMLNode.Layout {
    let lines = value.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard let first = lines.firstIndex(where: { !$0.isEmpty }) else { return .unknown }
    let line = Int(event.start.line) + 1 + first
    guard line < lineStarts.count else { return .unknown }
    let source = text[lineStarts[line]...].prefix { $0 != UInt8(ascii: "\n") }
    let indentation = source.count - lines[first].count
    guard indentation >= 0, source.suffix(lines[first].count).elementsEqual(lines[first]) else {
      return .unknown
    }
    return .literal(indentation: indentation)
  }

  private func sequence(_ start: Event, _ pass: inout Pass) throws(Stop) -> YAMLNode {
    try enter(start, &pass)
    var items: [YAMLNode] = []
    while true {
      let event = try next(&pass)
      if case .sequenceEnd = event.kind { break }
      items.append(try node(from: event, &pass))
    }
    pass.depth -= 1
    return YAMLNode(.sequence(items), at: start.position)
  }

  private func mapping(_ start: Event, _ pass: inout Pass) throws(Stop) -> YAMLNode {
    try enter(start, &pass)
    var entries: [YAMLNode.Entry] = []
    var lines: [String: Int] = [:]
    var merged: [YAMLNode] = []
    while true {
      let event = try next(&pass)
      if case .mappingEnd = event.kind { break }
      let keyNode = try node(from: event, &pass)
      let value = try node(from: try next(&pass), &pass)
      guard case .scalar(let key, let style) = keyNode.content else {
        problems.add("a key must be text, found \(keyNode.foundText)", at: event.position)
        continue
      }
      if key == "<<", style == .plain {
        merged.append(value)
      } else if let line = lines[key] {
        problems.add("duplicate key `\(key)`; the first is on line \(line)", at: event.position)
      } else {
        lines[key] = event.position.line
        entries.append(YAMLNode.Entry(key: key, keyPosition: event.position, value: value))
      }
    }
    for value in merged { merge(value, into: &entries, known: &lines) }
    pass.depth -= 1
    return YAMLNode(.mapping(entries), at: start.position)
  }

  /// `<<: *defaults` or `<<: [*a, *b]`: adds what is not written itself; of several the first wins.
  private func merge(_ value: YAMLNode, into entries: inout [YAMLNode.Entry], known: inout [String: Int]) {
    switch value.content {
    case .mapping(let others):
      for other in others where known[other.key] == nil {
        known[other.key] = other.keyPosition.line
        entries.append(other)
      }
    case .sequence(let values)
    where values.allSatisfy { if case .mapping = $0.content { true } else { false } }:
      for value in values { merge(value, into: &entries, known: &known) }
    default:
      problems.add("`<<` takes a mapping or a list of mappings, found \(value.foundText)", at: value)
    }
  }

  private func enter(_ event: Event, _ pass: inout Pass) throws(Stop) {
    pass.depth += 1
    try spend(1, at: event.position, &pass)
    guard pass.depth <= limits.depth else {
      problems.add("nested more than \(limits.depth) levels deep", at: event.position)
      throw Stop()
    }
  }

  private func spend(_ count: Int, at position: YAMLPosition, _ pass: inout Pass) throws(Stop) {
    pass.nodes += count
    guard pass.nodes <= limits.nodes else {
      problems.add("more than \(limits.nodes) values, counting what aliases repeat", at: position)
      throw Stop()
    }
  }

  private func next(_ pass: inout Pass) throws(Stop) -> Event {
    var event = yaml_event_t()
    guard yaml_parser_parse(pass.parser, &event) == 1 else {
      addSyntaxProblem(pass.parser.pointee)
      throw Stop()
    }
    defer { yaml_event_delete(&event) }
    var anchor: UnsafeMutablePointer<yaml_char_t>?
    var tag: UnsafeMutablePointer<yaml_char_t>?
    let kind: Event.Kind
    switch event.type {
    case YAML_STREAM_END_EVENT: kind = .streamEnd
    case YAML_DOCUMENT_START_EVENT:
      let version = event.data.document_start.version_directive?.pointee
      kind = .documentStart(isForeign: version.map { $0.major != 1 || $0.minor != 1 } ?? false)
    case YAML_SEQUENCE_END_EVENT: kind = .sequenceEnd
    case YAML_MAPPING_END_EVENT: kind = .mappingEnd
    case YAML_ALIAS_EVENT: kind = .alias(event.data.alias.anchor.map { String(cString: $0) } ?? "")
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      (anchor, tag) = (scalar.anchor, scalar.tag)
      let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
      kind = .scalar(String(decoding: bytes, as: UTF8.self), scalar.style)
    case YAML_SEQUENCE_START_EVENT:
      (anchor, tag) = (event.data.sequence_start.anchor, event.data.sequence_start.tag)
      kind = .sequenceStart
    case YAML_MAPPING_START_EVENT:
      (anchor, tag) = (event.data.mapping_start.anchor, event.data.mapping_start.tag)
      kind = .mappingStart
    default: kind = .other
    }
    return Event(
      kind: kind, anchor: anchor.map { String(cString: $0) }, tag: tag.map { String(cString: $0) },
      start: event.start_mark, end: event.end_mark)
  }

  private func addSyntaxProblem(_ parser: yaml_parser_t) {
    var message = parser.problem.map { String(cString: $0) } ?? "cannot be parsed"
    if let context = parser.context {
      message += " (\(String(cString: context)) that begins on line \(parser.context_mark.line + 1))"
    }
    var mark = parser.problem_mark
    if parser.error == YAML_READER_ERROR {
      // The reader knows a byte offset only.
      let offset = min(Int(parser.problem_offset), text.count)
      let line = lineStarts.lastIndex { $0 <= offset } ?? 0
      let before = String(decoding: text[lineStarts[line]..<offset], as: UTF8.self)
      mark.line = numericCast(line)
      mark.column = numericCast(before.unicodeScalars.count)
    }
    let position = YAMLPosition(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
    problems.add("not valid YAML: \(message)", at: position)
  }
}
