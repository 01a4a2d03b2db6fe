package import Collecting
package import HTTPClient
package import Model

/// A page of metrics of another program, read at every interval.
package struct ScrapeSettings: CollectorSettings {
  package var basics: MeasurementBasics
  package var url: String
  /// In the open.
  package var headers: [HTTPHeader] = []
  /// Header name and the file with its value, whose first line is read at every scrape.
  package var headerFiles: [String: String] = [:]
  package var verifyPeer = true
  package var caFile: String?
  package var rules: [RelabelRule] = []
  package var limits = PageLimits()
  package var honorsLabels = false

  package init(_ basics: MeasurementBasics, url: String) {
    self.basics = basics
    self.url = url
  }

  package static var families: [MetricFamily] { ScrapeFamilies.all }
  package var bringsForeignSeries: Bool { true }

  package var description: CollectorDescription { basics.description(kind: "scrape") }

  /// `job` and `instance` as Prometheus names them, and the labels of the settings.
  package var targetLabels: Labels {
    let authority = HTTPURL(url).map { "\($0.host):\($0.port)" } ?? url
    var labels: [String: String] = ["job": basics.name, "instance": authority]
    if !basics.region.isEmpty { labels["region"] = basics.region }
    return basics.labels.merging(Labels(labels))
  }

  package func makeCollector(_ clients: CollectorClients) -> any Collector {
    ScrapeCollector(self, client: clients.http, time: clients.time)
  }

  package func makeRehearsal(start: Timestamp) -> any Rehearsal { ScrapeRehearsal(labels: targetLabels) }
}

/// What every scrape says of itself, in Prometheus' names.
package enum ScrapeFamilies {
  package static let up = MetricFamily.gauge("up", "Whether the page of another program could be read.")
  package static let duration = MetricFamily.gauge(
    "scrape_duration_seconds", "How long reading the page took.")
  package static let samples = MetricFamily.gauge("scrape_samples_scraped", "Samples on the page.")
  package static let kept = MetricFamily.gauge(
    "scrape_samples_post_metric_relabeling", "Samples that relabelling left.")

  package static let all = [up, duration, samples, kept]
}

/// Nothing of what another program would say is known: only whether it answers.
struct ScrapeRehearsal: Rehearsal {
  let labels: Labels

  func outcome(_ loss: RehearsedLoss, at moment: Timestamp) -> Outcome {
    let took: Duration = .milliseconds(20)
    return Outcome(
      startedAt: moment, finishedAt: moment + took, took: took,
      verdict: loss.isTarget ? .failure(.timeout, detail: "no answer") : .success,
      readings: [Reading(ScrapeFamilies.up, !loss.isTarget, labels: labels)])
  }
}
