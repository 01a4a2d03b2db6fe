internal import DrillReports
internal import RowCoding

/// A report as it was made at the end of its drill, in all forms: what it rests on is not kept as long.
struct StoredReport: Codable, Sendable {
  /// Bytes beyond which a report is made anew each time, and not stored.
  private static let mostBytes = 8 << 20

  var json: String
  var markdown: String
  var html: String

  init(_ report: SignedReport) throws {
    json = report.json
    markdown = try report.text(.markdown)
    html = try report.text(.html)
  }

  /// nil: it is no such row.
  init?(_ row: [UInt8]) {
    guard let stored = try? RowCoding.decode(StoredReport.self, row) else { return nil }
    self = stored
  }

  /// nil: it is too long.
  var row: [UInt8]? {
    guard json.utf8.count + markdown.utf8.count + html.utf8.count <= Self.mostBytes else { return nil }
    return try? RowCoding.encode(self)
  }

  func text(_ format: ReportFormat) -> String {
    switch format {
    case .json: json
    case .markdown: markdown
    case .html: html
    }
  }
}
