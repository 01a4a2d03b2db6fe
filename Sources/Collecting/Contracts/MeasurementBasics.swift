package import Model

/// What every collector has that is neither a health check, a link nor a backup job.
package struct MeasurementBasics: Hashable, Sendable {
  /// Unique among the collectors of its kind.
  package var name: String
  /// The region that it speaks of; "" for none, or for several.
  package var region = ""
  /// More labels for every reading.
  package var labels: Labels = .empty
  package var interval: Duration
  package var timeout: Duration

  package init(
    name: String, region: String = "", interval: Duration = .seconds(60), timeout: Duration = .seconds(10)
  ) {
    self.name = name
    self.region = region
    self.interval = interval
    self.timeout = timeout
  }

  /// - Parameter labels: that every reading gets beside ``labels``.
  package func description(kind: String, labels more: Labels = .empty) -> CollectorDescription {
    CollectorDescription(
      kind: kind, name: name, labels: labels.merging(more), interval: interval, timeout: timeout)
  }
}
