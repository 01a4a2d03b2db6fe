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

/// The annotations of the evaluation under way, each once.
///
/// A step that keeps its result keeps what was said about it too: `mark` and ``since(_:)`` cut out what one step and
/// its operands said.
struct AnnotationLog {
  static let limit = 100

  private(set) var all: [Annotation] = []

  var mark: Int { all.count }

  mutating func removeAll() { all.removeAll(keepingCapacity: true) }

  mutating func add(_ annotation: Annotation) {
    guard all.count < Self.limit, !all.contains(annotation) else { return }
    all.append(annotation)
  }

  func since(_ mark: Int) -> [Annotation] { mark < all.count ? Array(all[mark...]) : [] }
}

extension EvaluationContext {
  /// Each annotation is kept once. At most ``AnnotationLog/limit`` are kept.
  func annotate(_ severity: Annotation.Severity, _ message: @autoclosure () -> String, at range: SourceRange)
  {
    guard notes.mark < AnnotationLog.limit else { return }
    notes.add(Annotation(severity, message(), at: range))
  }
}
