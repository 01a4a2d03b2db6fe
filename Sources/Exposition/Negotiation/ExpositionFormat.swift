/// A way to write the metrics page.
package struct ExpositionFormat: Hashable, Sendable {
  package enum Syntax: Hashable, Sendable {
    case text, openMetrics, protobuf
  }

  package let syntax: Syntax
  /// "" for protobuf, which has none.
  package let version: String
  /// nil: what is no name of the old kind is left off.
  package let escaping: NameEscaping?

  package init(_ syntax: Syntax, version: String, escaping: NameEscaping?) {
    self.syntax = syntax
    self.version = version
    self.escaping = escaping
  }

  /// What everyone reads: Prometheus text 0.0.4 with names of the old kind only.
  package static let plain = ExpositionFormat(.text, version: "0.0.4", escaping: nil)

  /// Of the answer, letter by letter as Go's client library writes it.
  package var contentType: String {
    let bare =
      switch syntax {
      case .text: "text/plain; version=\(version); charset=utf-8"
      case .openMetrics: "application/openmetrics-text; version=\(version); charset=utf-8"
      case .protobuf:
        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
      }
    return escaping.map { "\(bare); escaping=\($0.rawValue)" } ?? bare
  }

  /// What to answer to an `Accept` field; nil: there is none. As Go's client library decides: the first clause by
  /// weight that names a format, text 0.0.4 if none does, and the escaping of the last clause looked at that has one.
  package static func negotiate(accept: String?) -> ExpositionFormat {
    var escaping = NameEscaping.underscores
    for clause in AcceptedMedia.read(accept ?? "") {
      if let asked = clause.parameters["escaping"], let known = NameEscaping(rawValue: asked) {
        escaping = known
      }
      let version = clause.parameters["version"] ?? ""
      switch clause.name {
      case "application/vnd.google.protobuf"
      where clause.parameters["proto"] == "io.prometheus.client.MetricFamily"
        && clause.parameters["encoding"] == "delimited":
        return .init(.protobuf, version: "", escaping: escaping)
      case "text/plain" where ["", "0.0.4", "1.0.0"].contains(version):
        return .init(.text, version: version.isEmpty ? "0.0.4" : version, escaping: escaping)
      case "application/openmetrics-text" where ["", "0.0.1", "1.0.0"].contains(version):
        return .init(.openMetrics, version: version.isEmpty ? "0.0.1" : version, escaping: escaping)
      default: continue
      }
    }
    return .init(.text, version: "0.0.4", escaping: escaping)
  }
}
