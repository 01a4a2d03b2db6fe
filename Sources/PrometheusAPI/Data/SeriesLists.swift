internal import Model
internal import PromQL

/// `series`, `labels` and `label/<name>/values`.
extension PrometheusAPI {
  func series(_ form: Form, _ lease: QueryLease) throws(APIFault) -> Answer {
    let limit = try form.limit()
    if form.all("match[]").isEmpty { throw APIFault(.badData, "no match[] parameter provided") }
    let span = try form.span()
    let selectors: [[LabelMatcher]]
    do throws(APIFault) { selectors = try form.selectors() } catch {
      throw .invalid("match[]", error.message)
    }
    var found = try labels(selectors, span, lease)
    found.sort { $0.precedes($1) }
    return listed(found, limit) { $0.list($1) { $0.labels($1) } }
  }

  func labelNames(_ form: Form, _ lease: QueryLease) throws(APIFault) -> Answer {
    let limit = try form.limit()
    let span = try form.span()
    let selectors = try form.selectors()
    var names: Set<String> = []
    for labels in try labels(selectors.isEmpty ? [[]] : selectors, span, lease) {
      for label in labels.entries { names.insert(label.name) }
    }
    return listed(names.sorted(by: byteOrder), limit) { $0.strings($1) }
  }

  func labelValues(_ name: String, _ form: Form, _ lease: QueryLease) throws(APIFault) -> Answer {
    let limit = try form.limit()
    let name = EscapedName.decode(name)
    if name.isEmpty { throw APIFault(.badData, "invalid label name: \"\"") }
    let span = try form.span()
    let selectors = try form.selectors()
    // Only series that have the label: their list is in the index.
    let hasName = LabelMatcher(name, equals: "", negated: true)
    let narrowed = (selectors.isEmpty ? [[]] : selectors).map { $0 + [hasName] }
    var values: Set<String> = []
    for labels in try labels(narrowed, span, lease) {
      if let value = labels[name] { values.insert(value) }
    }
    return listed(values.sorted(by: byteOrder), limit) { $0.strings($1) }
  }

  private func listed<Element>(
    _ all: [Element], _ limit: Int, _ write: (inout JSONWriter, ArraySlice<Element>) -> Void
  ) -> Answer {
    let isCut = limit > 0 && all.count > limit
    var answer = Answer { write(&$0, isCut ? all.prefix(limit) : all[...]) }
    if isCut { answer.warnings = [Answer.truncated] }
    return answer
  }

  /// Of every series that one of the selections takes and of which a chunk overlaps the span, each once, in order of
  /// their identifiers. No sample is looked at.
  private func labels(
    _ selections: [[LabelMatcher]], _ span: (start: Timestamp, end: Timestamp), _ lease: QueryLease
  ) throws(APIFault) -> [Labels] {
    let reader = face.reader
    // The reader's intervals are open on the left.
    let after = Timestamp(milliseconds: max(span.start.milliseconds, .min + 1) - 1)
    let isWhole = after.milliseconds == .min && span.end.milliseconds == .max
    var ids: Set<SeriesID> = []
    for selection in selections { ids.formUnion(reader.select(selection, activeSince: after)) }
    var found: [Labels] = []
    var rest = ids.sorted { $0.raw < $1.raw }[...]
    while !rest.isEmpty {
      try lease.check()
      let some = Array(rest.prefix(1024))
      rest = rest.dropFirst(1024)
      for id in isWhole ? some : reader.overlapping(some, at: span.end, after: after) {
        let labels = reader.labels(of: id)
        if !labels.isEmpty { found.append(labels) }
      }
    }
    return found
  }
}

/// Names of labels in paths, as Prometheus 3 escapes what a path cannot carry: `U__a_2e_b` is `a.b`.
enum EscapedName {
  /// A name that is not escaped, or not rightly, is itself.
  static func decode(_ name: String) -> String {
    guard name.hasPrefix("U__") else { return name }
    let escaped = Array(name.unicodeScalars.dropFirst(3))
    var out = String.UnicodeScalarView()
    var place = 0
    while place < escaped.count {
      let scalar = escaped[place]
      place += 1
      if scalar != "_" {
        out.append(scalar)
        continue
      }
      let code = escaped[place...].prefix { $0 != "_" }
      guard place + code.count < escaped.count, code.count <= 6 else { return name }
      place += code.count + 1
      if code.isEmpty {
        out.append("_")
        continue
      }
      guard code.allSatisfy(\.properties.isASCIIHexDigit),
        let value = UInt32(code.reduce(into: "") { $0.unicodeScalars.append($1) }, radix: 16),
        let decoded = Unicode.Scalar(value)
      else { return name }
      out.append(decoded)
    }
    return String(out)
  }
}
