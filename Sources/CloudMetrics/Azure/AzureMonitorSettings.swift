package import CloudAccess
package import Collecting
package import Model

/// How Azure is reached, and as whom.
package struct AzureAccess: Hashable, Sendable {
  package var identity: AzureIdentity
  /// Of the Resource Manager, without a slash at its end; tokens are asked for it.
  package var endpoint = "https://management.azure.com"
  /// Another giver of tokens than the public cloud's.
  package var authority: String?
  package var caFile: String?

  package init(_ identity: AzureIdentity) { self.identity = identity }

  func query(_ resource: AzureResource, _ metric: AzureMetric, top: Int) -> AzureQuery {
    AzureQuery(resource: resource, metric: metric, endpoint: endpoint, caFile: caFile, top: top)
  }

  func sender(_ tokens: CloudTokens) -> CloudSender {
    tokens.sender(tokens.azure(identity, resource: endpoint, authority: authority))
  }
}

/// Metrics of Azure Monitor, of several resources.
package struct AzureMonitorSettings: CollectorSettings {
  /// Metrics that are asked of certain resources.
  package struct Wish: Hashable, Sendable {
    package var resources: [AzureResource]
    package var metrics: [AzureMetric]

    package init(_ resources: [AzureResource], _ metrics: [AzureMetric]) {
      self.resources = resources
      self.metrics = metrics
    }
  }

  package var basics: MeasurementBasics
  package var access: AzureAccess
  package var wishes: [Wish]
  /// The age of a period's beginning at which its value is not told any more; at least three periods and the delay.
  package var staleness: Duration = .seconds(600)
  /// Series that are kept at most, of each resource.
  package var maximumSeries = 500

  package init(_ basics: MeasurementBasics, access: AzureAccess, wishes: [Wish]) {
    self.basics = basics
    self.access = access
    self.wishes = wishes
  }

  static let own = PolledMetricsFamilies("azure_monitor", "Azure Monitor")

  /// Those of the settings come to these, by their own names.
  package static var families: [MetricFamily] {
    own.all + AzurePreset.allCases.flatMap(\.families)
  }

  /// The names hold the unit, which is known from the answers.
  package var bringsForeignSeries: Bool { true }

  package var description: CollectorDescription { basics.description(kind: "azure_monitor") }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    collector(try CloudTokens.shared(clients), time: clients.time)
  }

  package func collector(_ tokens: CloudTokens, time: any TimeSource) -> any Collector {
    let sender = access.sender(tokens)
    var resources: [AzureResource] = []
    var metrics: [AzureResource: [AzureMetric]] = [:]
    for wish in wishes {
      for resource in wish.resources {
        if metrics[resource] == nil { resources.append(resource) }
        metrics[resource, default: []] += wish.metrics
      }
    }
    let readers = resources.map { resource in
      let asked = metrics[resource] ?? []
      return MetricReader(
        resource.name,
        labels: [
          "subscriptionID": resource.subscription, "resourceGroup": resource.group,
          "resourceName": resource.name,
        ],
        queries: asked.map { access.query(resource, $0, top: maximumSeries) },
        staleness: staleness, limit: maximumSeries, sender, time: time)
    }
    return PolledMetricsCollector(description, Self.own, readers, time: time)
  }

  package func makeRehearsal(start: Timestamp) -> any Rehearsal { SilentRehearsal() }
}
