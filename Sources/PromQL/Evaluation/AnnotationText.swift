extension Annotation {
  /// `PromQL info: what there is to say`.
  package var text: String { "\(severity.rawValue): \(message)" }

  /// `PromQL info: what there is to say (1:5)`, as Prometheus' clients see it; `query` is the text of the expression.
  package func text(in query: String) -> String {
    let position = SourcePosition(offset: min(range.start, query.utf8.count), in: query.utf8)
    return "\(text) (\(position))"
  }
}
