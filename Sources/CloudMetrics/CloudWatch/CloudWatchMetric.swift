package import Model

/// Which values of one dimension are wanted.
package struct CloudWatchDimensionFilter: Hashable, Sendable {
  package var name: String
  /// nil: any that CloudWatch knows.
  package var values: [String]?

  package init(_ name: String, _ values: [String]? = nil) {
    self.name = name
    self.values = values
  }
}

/// A dimension with its value, as CloudWatch tells series of one metric apart.
package struct CloudWatchDimension: Hashable, Sendable {
  package var name: String
  package var value: String

  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// One metric to ask for, and how.
package struct CloudWatchMetric: Hashable, Sendable {
  package var namespace: String
  package var name: String
  /// `Average`, `Sum`, `p99` …
  package var statistics: [String]
  package var dimensions: [CloudWatchDimensionFilter]
  /// false: also sets with further dimensions, whatever they are; those must be looked for.
  package var isExactSet = true
  /// A multiple of a minute, or 1, 5, 10 or 30 seconds where the metric has such points.
  package var period: Duration = .seconds(60)
  /// How long after its end a period is left alone, because its value is not complete.
  package var delay: Duration = .zero
  /// The one region that has it, whatever regions are asked for the others.
  package var homeRegion: String?

  package init(
    _ namespace: String, _ name: String, statistics: [String], dimensions: [CloudWatchDimensionFilter]
  ) {
    self.namespace = namespace
    self.name = name
    self.statistics = statistics
    self.dimensions = dimensions
    homeRegion = Self.globalNamespaces.contains(namespace) ? "us-east-1" : nil
  }

  /// Services of the whole world keep their metrics in one region.
  private static let globalNamespaces: Set<String> = ["AWS/Route53", "AWS/CloudFront", "AWS/Billing"]

  /// Which sets of dimensions there are is not known from the settings.
  package var needsDiscovery: Bool { !isExactSet || dimensions.contains { $0.values == nil } }

  /// The sets that the settings name; only where ``needsDiscovery`` is false.
  package var namedSets: [[CloudWatchDimension]] {
    dimensions.reduce([[]]) { sets, filter in
      sets.flatMap { set in (filter.values ?? []).map { set + [CloudWatchDimension(filter.name, $0)] } }
    }
  }

  package func accepts(_ set: [CloudWatchDimension]) -> Bool {
    if isExactSet, set.count != dimensions.count { return false }
    return dimensions.allSatisfy { filter in
      set.contains { $0.name == filter.name && filter.values?.contains($0.value) ?? true }
    }
  }

  // MARK: - Names, as cloudwatch_exporter makes them

  package func family(_ statistic: String) -> MetricFamily {
    let parts = [namespace.lowercased(), Self.snake(name), Self.snake(statistic)]
    return MetricFamily.gauge(
      Self.safe(parts.joined(separator: "_")),
      "\(statistic) of CloudWatch's \(namespace) \(name) in one period.")
  }

  package static func labels(_ set: [CloudWatchDimension]) -> [Label] {
    set.map { dimension in
      let name = snake(dimension.name)
      let isTaken = ["region", "account", "collector", "metric"].contains(name)
      let isName = name.utf8.first.map { !(0x30...0x39).contains($0) } ?? false
      return Label(isTaken || !isName ? "dimension_\(name)" : name, dimension.value)
    }
  }

  /// `DBInstanceIdentifier` is `dbinstance_identifier`: a new word begins where a capital follows something small.
  static func snake(_ text: String) -> String {
    var out: [UInt8] = []
    var wasSmall = false
    for byte in text.utf8 {
      let isCapital = (0x41...0x5a).contains(byte)
      if isCapital, wasSmall { out.append(UInt8(ascii: "_")) }
      out.append(isCapital ? byte | 0x20 : byte)
      wasSmall = (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte)
    }
    return safe(String(decoding: out, as: UTF8.self))
  }

  private static func safe(_ text: String) -> String {
    var out: [UInt8] = []
    for byte in text.utf8 {
      let isPlain =
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
      if isPlain { out.append(byte) } else if out.last != 0x5f { out.append(0x5f) }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
