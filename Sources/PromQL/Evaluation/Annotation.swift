/// Something that a reader of a result should know: it does not make the query fail.
package struct Annotation: Hashable, Sendable {
  package enum Severity: String, Sendable {
    case info = "PromQL info"
    case warning = "PromQL warning"
  }

  package let severity: Severity
  /// As Prometheus words it, without the severity in front and the position behind.
  package let message: String
  /// The part of the expression that it is about, as a range of bytes.
  package let range: SourceRange

  package init(_ severity: Severity, _ message: String, at range: SourceRange) {
    self.severity = severity
    self.message = message
    self.range = range
  }
}

extension EvaluationContext {
  /// Each annotation is kept once. At most ``maximumAnnotations`` are kept.
  func annotate(_ severity: Annotation.Severity, _ message: @autoclosure () -> String, at range: SourceRange)
  {
    guard annotations.count < Self.maximumAnnotations else { return }
    annotations.insert(Annotation(severity, message(), at: range))
  }
}
