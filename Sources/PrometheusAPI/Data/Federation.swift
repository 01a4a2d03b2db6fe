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
    var rows = try newest(ids.sorted(), at: now, after: after, lease)
    rows.sort { a, b in
      let (left, right) = (a.labels.metricName ?? "", b.labels.metricName ?? "")
      return sameBytes(left, right) ? a.labels.precedes(b.labels) : byteOrder(left, right)
    }
    let format = ExpositionFormat.negotiate(accept: accept)
    var page = FederatedPage(format, externalLabels: face.externalLabels)
    for row in rows {
      if let histogram = row.histogram {
        page.append(row.labels, histogram, at: row.sample.timestamp)
      } else {
        page.append(row.labels, row.sample)
      }
    }
    return HTTPServerResponse(
      status: 200, contentType: format.contentType,
      headers: [HTTPServerField("Vary", "Accept"), HTTPServerField("X-Content-Type-Options", "nosniff")],
      body: .bytes(page.finish()))
  }

  /// Of each series that has one, and a name: without a name there is no line for it.
  private func newest(
    _ ids: [SeriesID], at: Timestamp, after: Timestamp, _ lease: QueryLease
  ) throws(APIFault) -> [(labels: Labels, sample: Sample, histogram: FloatHistogram?)] {
    var rows: [(Labels, Sample, FloatHistogram?)] = []
    var (samples, places) = (SampleColumns(), [Int]())
    var rest = ids[...]
    while !rest.isEmpty {
      try lease.check()
      let some = Array(rest.prefix(1024))
      rest = rest.dropFirst(1024)
      samples.removeAll()
      places.removeAll(keepingCapacity: true)
      face.reader.readNewest(of: some, at: at, after: after, into: &samples, places: &places)
      for (column, place) in places.enumerated() {
        let labels = face.reader.labels(of: some[place])
        guard labels.metricName != nil else { continue }
        let sample = Sample(
          timestamp: Timestamp(milliseconds: samples.times[column]), value: samples.values[column])
        rows.append((labels, sample, samples.hasHistograms ? samples.histograms[column] : nil))
      }
    }
    return rows
  }
}
