package import Model

/// What remote write has done since the start.
package struct RemoteWriteStatistics: Hashable, Sendable {
  /// By status.
  package var requests: [Int: UInt64] = [:]
  package var tally = WriteTally()

  package init() {}

  package static let requests = MetricFamily.counter(
    "farwatch_remote_write_requests_total", "Requests to write samples, by status of the answer.")
  package static let samples = MetricFamily.counter(
    "farwatch_remote_write_samples_total", "Samples that were sent here and written, by type.")
  package static let refused = MetricFamily.counter(
    "farwatch_remote_write_samples_refused_total", "Samples that were sent here and not written, by reason.")

  package static let families = [requests, samples, refused]

  /// Every reason is there from the start, so that its first increase is seen.
  package var readings: [Reading] {
    requests.sorted { $0.key < $1.key }.map {
      Reading(Self.requests, Double($0.value), labels: ["code": "\($0.key)"])
    } + [
      Reading(Self.samples, Double(tally.samples), labels: ["type": "float"]),
      Reading(Self.samples, Double(tally.histograms), labels: ["type": "histogram"]),
    ]
      + WriteTally.Refusal.allCases.map {
        Reading(Self.refused, Double(tally.refused[$0] ?? 0), labels: ["reason": $0.rawValue])
      }
  }
}
