package import CloudAccess
package import Collecting
package import Model

/// Metrics of CloudWatch, of several regions and accounts.
package struct CloudWatchSettings: CollectorSettings {
  package struct Account: Hashable, Sendable {
    /// The label `account`; "" where only one is asked.
    package var name: String
    package var identity: AWSIdentitySettings

    package init(name: String = "", identity: AWSIdentitySettings = AWSIdentitySettings()) {
      self.name = name
      self.identity = identity
    }
  }

  package var basics: MeasurementBasics
  /// AWS' regions.
  package var regions: [String]
  package var accounts: [Account]
  package var metrics: [CloudWatchMetric]
  package var endpoint: String?
  package var caFile: String?
  /// nil: ten minutes, or two periods where that is longer.
  package var staleness: Duration?
  package var rediscovery: Duration = .seconds(600)
  /// Series that are asked for at most, of each region and account.
  package var maximumSeries = 2000

  package init(
    _ basics: MeasurementBasics, regions: [String], accounts: [Account] = [Account()],
    metrics: [CloudWatchMetric]
  ) {
    self.basics = basics
    self.regions = regions
    self.accounts = accounts
    self.metrics = metrics
  }

  /// Every place with what is asked there: metrics of the whole world only in the region that has them.
  package var places: [(place: CloudWatchPlace, metrics: [CloudWatchMetric])] {
    var all = regions
    for home in metrics.compactMap(\.homeRegion) where !all.contains(home) { all.append(home) }
    return accounts.flatMap { account in
      all.compactMap { region in
        let asked = metrics.filter { $0.homeRegion.map { $0 == region } ?? regions.contains(region) }
        guard !asked.isEmpty else { return nil }
        var place = CloudWatchPlace(
          region: region, account: account.name, identity: account.identity, endpoint: endpoint)
        place.caFile = caFile
        return (place, asked)
      }
    }
  }

  /// Those of the settings come to these, by their own names.
  package static var families: [MetricFamily] {
    CloudWatchFamilies.all
      + CloudWatchPreset.allCases.flatMap { preset in
        preset.metrics.flatMap { metric in metric.statistics.map { metric.family($0) } }
      }
  }

  package var chosenFamilies: [MetricFamily] {
    metrics.flatMap { metric in metric.statistics.map { metric.family($0) } }
  }

  package var description: CollectorDescription { basics.description(kind: "cloudwatch") }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    let identities = try clients.shared(AWSIdentities.self) {
      AWSIdentities(http: clients.http, time: clients.time)
    }
    return CloudWatchCollector(self, identities: identities, time: clients.time)
  }

  package func makeRehearsal(start: Timestamp) -> any Rehearsal { SilentRehearsal() }
}

/// Brings nothing: what others measure cannot be made up.
struct SilentRehearsal: Rehearsal {
  mutating func outcome(_ loss: RehearsedLoss, at moment: Timestamp) -> Outcome {
    Outcome(startedAt: moment, finishedAt: moment, took: .zero, verdict: .success, readings: [])
  }
}
