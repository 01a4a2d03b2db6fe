internal import CloudAccess
internal import Model
internal import XMLDocuments

/// One page of an answer of `GetMetricData`.
struct CloudWatchDataPage: Sendable {
  struct Result: Sendable {
    var id: String
    /// `Complete`, `PartialData` (more on the next page), `InternalError`, `Forbidden`.
    var status: String
    var points: [CloudWatchPoint]
  }

  var results: [Result] = []
  var nextToken: String?
  /// What AWS says beside the results: its codes.
  var messages: [String] = []

  init(_ body: [UInt8]) throws(AWSFailure) {
    let root = try document(body, "GetMetricDataResult")
    nextToken = root.text("NextToken").flatMap { $0.isEmpty ? nil : $0 }
    messages = (root["Messages"]?.all("member") ?? []).compactMap { $0.text("Code") }
    for member in root["MetricDataResults"]?.all("member") ?? [] {
      let times = member["Timestamps"]?.all("member") ?? []
      let values = member["Values"]?.all("member") ?? []
      guard let id = member.text("Id"), times.count == values.count else {
        throw AWSFailure(
          .protocolError, "GetMetricData: a result without an id, or with more times than values")
      }
      var points: [CloudWatchPoint] = []
      for (time, value) in zip(times, values) {
        guard let time = Timestamp(rfc3339: time.text), let value = Double(value.text) else {
          throw AWSFailure(.protocolError, "GetMetricData: a point that is none")
        }
        if value.isFinite { points.append(CloudWatchPoint(time: time, value: value)) }
      }
      results.append(Result(id: id, status: member.text("StatusCode") ?? "", points: points))
    }
  }
}

/// One page of an answer of `ListMetrics`.
struct CloudWatchMetricsPage: Sendable {
  var sets: [[CloudWatchDimension]] = []
  var nextToken: String?

  init(_ body: [UInt8], of metric: CloudWatchMetric) throws(AWSFailure) {
    let root = try document(body, "ListMetricsResult")
    nextToken = root.text("NextToken").flatMap { $0.isEmpty ? nil : $0 }
    for member in root["Metrics"]?.all("member") ?? [] {
      // An emulator may answer more than was asked for.
      guard member.text("Namespace") == metric.namespace, member.text("MetricName") == metric.name else {
        continue
      }
      sets.append(
        (member["Dimensions"]?.all("member") ?? []).compactMap { dimension in
          guard let name = dimension.text("Name"), let value = dimension.text("Value") else { return nil }
          return CloudWatchDimension(name, value)
        })
    }
  }
}

private func document(_ body: [UInt8], _ name: String) throws(AWSFailure) -> XMLElement {
  let root: XMLElement
  do throws(XMLFailure) {
    root = try XMLDocument.read(body)
  } catch {
    throw AWSFailure(.protocolError, "the answer cannot be read: \(error)")
  }
  guard let result = root[name] else {
    throw AWSFailure(.protocolError, "the answer has no \(name): is this CloudWatch?")
  }
  return result
}
