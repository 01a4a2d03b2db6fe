internal import Model

/// The samples of one histogram or summary: they stand together, bounds first and in their order.
struct SampleGroup {
  let labels: Labels
  /// Buckets or quantiles by their bounds; `text` is how the bound was written.
  var points: [(bound: Double, text: String, value: Double)] = []
  var sum: Double?
  var count: Double?

  var samples: Int { points.count + (sum == nil ? 0 : 1) + (count == nil ? 0 : 1) }

  /// The groups in the order in which they first come, and how many rows belong into none.
  static func groups(
    _ rows: [(series: SeriesID, labels: Labels, value: Double)], of family: MetricFamily
  ) -> (groups: [SampleGroup], refused: Int) {
    let bound = family.kind == .histogram ? "le" : "quantile"
    var groups: [SampleGroup] = []
    var places: [Labels: Int] = [:]
    var refused = 0
    for (_, labels, value) in rows {
      let name = labels.metricName ?? family.name
      guard TextFormat.allows(name, in: family, labels: labels) else {
        refused += 1
        continue
      }
      let isPoint = name == family.name || name.hasSuffix("_bucket")
      let own = labels.dropping(isPoint ? [bound, Labels.metricNameLabel] : [Labels.metricNameLabel])
      let place = places[own] ?? groups.count
      if place == groups.count {
        places[own] = place
        groups.append(SampleGroup(labels: own))
      }
      if isPoint {
        let text = labels[bound] ?? ""
        groups[place].points.append((number(text), text, value))
      } else if name.hasSuffix("_sum") {
        groups[place].sum = value
      } else {
        groups[place].count = value
      }
    }
    for place in groups.indices {
      groups[place].points.sort { $0.bound < $1.bound || ($1.bound.isNaN && !$0.bound.isNaN) }
    }
    return (groups, refused)
  }

  private static func number(_ text: String) -> Double {
    switch text {
    case "+Inf": .infinity
    case "-Inf": -.infinity
    default: Double(text) ?? .nan
    }
  }
}
