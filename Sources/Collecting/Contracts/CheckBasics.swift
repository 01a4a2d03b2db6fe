package import Model

/// What every health check has, whatever it asks.
package struct CheckBasics: Hashable, Sendable {
  /// Unique among the checks of a region.
  package var name: String
  /// The region that the target serves; "" for none.
  package var region: String
  /// The availability zone inside the region that the target stands in; "" for none.
  package var zone = ""
  /// The tier that the target belongs to (`web`, `database` …); "" for none.
  package var tier = ""
  /// What it counts among those that stand in for it; more than 0.
  package var weight = 1.0
  /// Whether it is part of its region's state, and not only measured.
  package var counts = true
  /// Whether it vouches for our own way out and says nothing of a region: see ``CanaryWatch``.
  package var isCanary = false
  /// Whether a success over the network shows that we are not offline; off for what stands beside us.
  package var provesWayOut = true
  /// Where the probe is made from; "" for none.
  package var vantage = ""
  /// More labels for every reading.
  package var labels: Labels = .empty

  package var interval: Duration = .seconds(30)
  package var timeout: Duration = .seconds(10)
  /// Failures in a row for down.
  package var failures = 3
  /// Successes in a row for up.
  package var successes = 3
  /// How soon to probe again while a change is unconfirmed; nil: with the interval.
  package var confirm: Duration?

  package init(name: String, region: String = "") {
    self.name = name
    self.region = region
  }

  package var rules: CheckState.Rules {
    .init(failures: failures, successes: successes, interval: interval, confirm: confirm)
  }

  /// - Parameter kind: of the collector, as ``CollectorDescription/kind``.
  package func description(kind: String) -> CollectorDescription {
    var all: [String: String] = ["check": name, "region": region, "vantage": vantage]
    if !zone.isEmpty { all["zone"] = zone }
    if !tier.isEmpty { all["tier"] = tier }
    if isCanary { all["canary"] = "true" }
    return .init(
      kind: kind, name: region.isEmpty ? name : "\(region)/\(name)",
      labels: labels.merging(Labels(all)), interval: interval, timeout: timeout)
  }

  package func validate() throws(InvalidSettings) {
    func require(_ isFine: Bool, _ field: String, _ problem: String) throws(InvalidSettings) {
      if !isFine { throw InvalidSettings(field: field, problem: problem) }
    }
    try require(!name.isEmpty, "name", "must not be empty")
    try require(interval > .zero, "interval", "must be more than 0")
    try require(timeout > .zero, "timeout", "must be more than 0")
    try require(confirm.map { $0 > .zero } ?? true, "confirm", "must be more than 0")
    try require(failures >= 1, "failures", "must be at least 1")
    try require(weight > 0 && weight.isFinite, "weight", "must be more than 0")
    try require(successes >= 1, "successes", "must be at least 1")
  }
}
