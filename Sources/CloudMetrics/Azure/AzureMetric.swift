internal import HTTPClient
package import Model

/// Metrics of one resource that are asked for together.
package struct AzureMetric: Hashable, Sendable {
  package enum Aggregation: String, CaseIterable, Hashable, Sendable {
    case average = "Average"
    case minimum = "Minimum"
    case maximum = "Maximum"
    case total = "Total"
    case count = "Count"
  }

  package struct Dimension: Hashable, Sendable {
    package var name: String
    /// nil: any.
    package var values: [String]?

    package init(_ name: String, _ values: [String]? = nil) {
      self.name = name
      self.values = values
    }
  }

  /// At most 20.
  package var names: [String]
  package var aggregation: Aggregation
  package var dimensions: [Dimension] = []
  /// nil: that of the resource's type.
  package var namespace: String?
  /// One of ``periods``.
  package var period: Duration = .seconds(60)
  package var delay: Duration = .zero
  /// As the service names it, where that is known before it is asked.
  var unit = ""

  package init(_ names: [String], _ aggregation: Aggregation) {
    self.names = names
    self.aggregation = aggregation
  }

  /// The grains that Azure Monitor keeps.
  package static let periods: [(period: Duration, name: String)] = [
    (.seconds(60), "PT1M"), (.seconds(300), "PT5M"), (.seconds(900), "PT15M"), (.seconds(1800), "PT30M"),
    (.seconds(3600), "PT1H"), (.seconds(21_600), "PT6H"), (.seconds(43_200), "PT12H"),
    (.seconds(86_400), "P1D"),
  ]

  /// As azure-metrics-exporter's and Grafana's usual template names it.
  package func family(_ name: String, type: String, unit: String) -> MetricFamily {
    let parts = ["azure", type, name, aggregation.rawValue, unit].filter { !$0.isEmpty }
    return .gauge(
      metricNamePart(parts.joined(separator: "_").lowercased()),
      "\(aggregation.rawValue) of Azure Monitor's \(name) in one period.")
  }
}

/// A resource of Azure, by its identifier.
package struct AzureResource: Hashable, Sendable {
  /// `/subscriptions/…/resourceGroups/…/providers/Microsoft.DBforPostgreSQL/flexibleServers/orders-eu`.
  package let id: String
  package let subscription: String
  package let group: String
  /// `Microsoft.DBforPostgreSQL/flexibleServers`, with the types of parents in between.
  package let type: String
  /// Of the resource, with those of its parents before it.
  package let name: String

  /// None: what stands where one could not be read.
  package static let none = AzureResource(none: "")

  private init(none: String) { (id, subscription, group, type, name) = (none, none, none, none, none) }

  /// nil when it is none.
  package init?(_ id: String) {
    let trimmed = id.hasSuffix("/") ? String(id.dropLast()) : id
    let parts = trimmed.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    let isPlain = trimmed.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
        || "/-_.()".utf8.contains(byte)
    }
    guard isPlain, parts.count >= 9, parts.count % 2 == 1, parts[0].isEmpty,
      !parts.dropFirst().contains(""), parts[1].lowercased() == "subscriptions",
      parts[3].lowercased() == "resourcegroups", parts[5].lowercased() == "providers"
    else { return nil }
    self.id = trimmed
    subscription = parts[2]
    group = parts[4]
    type = ([parts[6]] + stride(from: 7, to: parts.count, by: 2).map { parts[$0] }).joined(separator: "/")
    name = stride(from: 8, to: parts.count, by: 2).map { parts[$0] }.joined(separator: "/")
  }
}

/// Metrics of a resource.
struct AzureQuery: MetricQuery {
  var resource: AzureResource
  var metric: AzureMetric
  /// Without a slash at its end.
  var endpoint: String
  var caFile: String?
  /// Series of each metric; where there are more, Azure leaves them out without a word.
  var top: Int

  var period: Duration { metric.period }
  var delay: Duration { metric.delay }
  var isAligned: Bool { true }
  var title: String { metric.names.joined(separator: ", ") }
  var isOptional: Bool { false }

  private var filter: String? {
    guard !metric.dimensions.isEmpty else { return nil }
    func quoted(_ text: String) -> String {
      "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }
    return metric.dimensions.map { dimension in
      (dimension.values ?? ["*"]).map { "\(dimension.name) eq \(quoted($0))" }.joined(separator: " or ")
    }.joined(separator: " and ")
  }

  func request(_ window: MetricWindow, page: String?) -> HTTPRequest {
    let grain = AzureMetric.periods.first { $0.period == metric.period }?.name ?? "PT1M"
    var fields = [
      ("api-version", "2018-01-01"), ("metricnames", metric.names.joined(separator: ",")),
      ("timespan", "\(window.start.rfc3339)/\(window.end.rfc3339)"), ("interval", grain),
      ("aggregation", metric.aggregation.rawValue),
    ]
    if let namespace = metric.namespace { fields.append(("metricnamespace", namespace)) }
    if let filter { fields += [("$filter", filter), ("top", "\(top)")] }
    let query = fields.map { "\($0.0)=\(percentEncoded($0.1))" }.joined(separator: "&")
    var request = HTTPRequest(
      url: "\(endpoint)\(resource.id)/providers/microsoft.insights/metrics?\(query)")
    request.bodyLimit = 16 << 20
    request.acceptCompressed = true
    request.caFile = caFile
    return request
  }

  func read(_ body: [UInt8]) throws(CloudFailure) -> MetricPage { try AzureAnswer.page(body, of: self) }
  func failure(_ result: HTTPResult) -> CloudFailure { AzureAnswer.failure(result) }
}
