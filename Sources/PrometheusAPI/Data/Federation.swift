internal import HTTPServer
internal import Model
internal import PromQL

/// `/federate`: the newest samples of chosen series in the text format, for another Prometheus to scrape.
extension PrometheusAPI {
  /// A sample counts for so long after its time.
  private static let lookback: Duration = .seconds(300)

  func federate(_ form: Form, _ lease: QueryLease) throws(APIFault) -> HTTPServerResponse {
    let selections: [[LabelMatcher]]
    do throws(APIFault) { selections = try form.selectors(mayBeEmpty: true) } catch {
      return .text(400, error.message + "\n")
    }
    let (reader, now) = (face.reader, face.now)
    let after = now - Self.lookback
    var ids: Set<SeriesID> = []
    // `{}` is nothing, not everything.
    for selection in selections where !selection.isEmpty {
      ids.formUnion(reader.select(selection, activeSince: after))
    }
    var rows: [(labels: Labels, sample: Sample)] = []
    for (place, id) in ids.enumerated() {
      if place % 1024 == 0 { try lease.check() }
      guard let sample = reader.newestSample(of: id, at: now, after: after) else { continue }
      let labels = reader.labels(of: id)
      // Without a name there is no line for it.
      if labels.metricName != nil { rows.append((labels, sample)) }
    }
    rows.sort { a, b in
      let (left, right) = (a.labels.metricName ?? "", b.labels.metricName ?? "")
      return sameBytes(left, right) ? a.labels.precedes(b.labels) : byteOrder(left, right)
    }
    var page = FederatedPage(externalLabels: face.externalLabels)
    for row in rows { page.append(row.labels, row.sample) }
    return HTTPServerResponse(
      status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8",
      headers: [HTTPServerField("X-Content-Type-Options", "nosniff")], body: .bytes(page.bytes))
  }
}

/// Lines of the text format with times, all of them untyped.
private struct FederatedPage {
  private(set) var bytes: [UInt8] = []
  private let added: [Label]
  private var family = ""

  init(externalLabels: Labels) {
    // Who scrapes with `honor_labels` must not put its own instance where there is none.
    let names = externalLabels["instance"] == nil ? [Label("instance", "")] : []
    added = (externalLabels.entries + names).sorted { byteOrder($0.name, $1.name) }
  }

  mutating func append(_ labels: Labels, _ sample: Sample) {
    let name = labels.metricName ?? ""
    if !sameBytes(name, family) {
      family = name
      write("# TYPE \(Self.plain(name, colons: true)) untyped\n")
    }
    write(Self.plain(name, colons: true))
    var separator = UInt8(ascii: "{")
    let own = labels.withoutMetricName.entries
    for label in own + added.filter({ new in !own.contains { sameBytes($0.name, new.name) } }) {
      bytes.append(separator)
      separator = UInt8(ascii: ",")
      write(Self.plain(label.name, colons: false))
      write("=\"")
      escape(label.value)
      bytes.append(UInt8(ascii: "\""))
    }
    write("} ")
    // Negative zero is written as zero in this format.
    NumberText.append(sample.value == 0 ? 0 : sample.value, to: &bytes)
    bytes.append(UInt8(ascii: " "))
    NumberText.appendInteger(sample.timestamp.milliseconds, to: &bytes)
    bytes.append(UInt8(ascii: "\n"))
  }

  private mutating func write(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private mutating func escape(_ text: String) {
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\\"), UInt8(ascii: "\""): bytes += [UInt8(ascii: "\\"), byte]
      case UInt8(ascii: "\n"): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
      default: bytes.append(byte)
      }
    }
  }

  /// This version of the format knows the old alphabet only: other characters become underscores.
  private static func plain(_ name: String, colons: Bool) -> String {
    var out = ""
    for (place, scalar) in name.unicodeScalars.enumerated() {
      switch scalar {
      case "a"..."z", "A"..."Z", "_": out.unicodeScalars.append(scalar)
      case "0"..."9" where place > 0: out.unicodeScalars.append(scalar)
      case ":" where colons: out.unicodeScalars.append(scalar)
      default: out += "_"
      }
    }
    return out
  }
}
