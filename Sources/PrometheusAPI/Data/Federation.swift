internal import Exposition
internal import HTTPServer
internal import Model
internal import PromQL

/// `/federate`: the newest samples of chosen series for another Prometheus to scrape, in the format that it asks for.
extension PrometheusAPI {
  /// A sample counts for so long after its time.
  private static let lookback: Duration = .seconds(300)

  /// - Parameter accept: the request's field of that name.
  func federate(
    _ form: Form, accept: String?, _ lease: QueryLease
  ) throws(APIFault) -> HTTPServerResponse {
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
    let format = ExpositionFormat.negotiate(accept: accept)
    var page = FederatedPage(format, externalLabels: face.externalLabels)
    for row in rows { page.append(row.labels, row.sample) }
    return HTTPServerResponse(
      status: 200, contentType: format.contentType,
      headers: [HTTPServerField("Vary", "Accept"), HTTPServerField("X-Content-Type-Options", "nosniff")],
      body: .bytes(page.finish()))
  }
}
