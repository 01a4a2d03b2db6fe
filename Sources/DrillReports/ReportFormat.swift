/// How a report is written.
package enum ReportFormat: String, Sendable, CaseIterable {
  case json, markdown, html

  package var contentType: String {
    switch self {
    case .json: "application/json"
    case .markdown: "text/markdown; charset=utf-8"
    case .html: "text/html; charset=utf-8"
    }
  }

  /// Of a file's name.
  package var ending: String {
    switch self {
    case .json: "json"
    case .markdown: "md"
    case .html: "html"
    }
  }
}
