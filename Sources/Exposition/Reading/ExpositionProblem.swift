/// What is wrong with an exposition, and where.
package struct ExpositionProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// Both from 1; columns count bytes. Protobuf is all one line.
  package var line: Int
  package var column: Int
  package var message: String

  /// `LINE:COLUMN: message`, to stand behind a file's name and a colon.
  package var description: String { "\(line):\(column): \(message)" }
}

/// Which rules an exposition is read by.
package enum ExpositionDialect: Hashable, Sendable {
  /// Prometheus text 0.0.4: free in its blanks and comments; times in milliseconds.
  case prometheus
  /// OpenMetrics 1.0: one blank between parts, nothing without meaning, `# EOF` at the end; times in seconds.
  case openMetrics
  /// `io.prometheus.client.MetricFamily` messages, each with its length in front.
  case protobuf

  /// By the content type of an answer; nil: that is none of ours. "" is taken for text.
  package init?(contentType: String) {
    let media = AcceptedMedia.all(contentType).first ?? AcceptedMedia(name: "")
    switch media.name {
    case "application/openmetrics-text": self = .openMetrics
    case "application/vnd.google.protobuf":
      guard ["delimited", nil].contains(media.parameters["encoding"]) else { return nil }
      self = .protobuf
    case "", "text/plain": self = .prometheus
    default: return nil
    }
  }

  /// What an exposition without a content type is taken for: OpenMetrics when it ends in `# EOF`.
  package static func guess(_ bytes: Span<UInt8>) -> ExpositionDialect {
    let mark = Array("# EOF".utf8)
    var end = bytes.count
    if end > 0, bytes[end - 1] == UInt8(ascii: "\n") { end -= 1 }
    guard end >= mark.count else { return .prometheus }
    let start = end - mark.count
    if start > 0, bytes[start - 1] != UInt8(ascii: "\n") { return .prometheus }
    return mark.indices.allSatisfy { bytes[start + $0] == mark[$0] } ? .openMetrics : .prometheus
  }
}

/// What a reader takes at most.
package struct ExpositionLimits: Hashable, Sendable {
  package var series = 1_000_000
  package var lineBytes = 1 << 20
  package var labels = 256
  /// Unicode scalars in the labels of an exemplar, as OpenMetrics bounds them.
  package var exemplarScalars = 128

  package init() {}
}
