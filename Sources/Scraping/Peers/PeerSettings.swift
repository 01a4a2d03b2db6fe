package import Collecting
package import Model

/// Another Farwatch whose view of the regions is asked for, over its ordinary metrics page.
package struct PeerSettings: CollectorSettings {
  /// How its page is read; the page's own series are not kept.
  package var scrape: ScrapeSettings

  package init(_ scrape: ScrapeSettings) { self.scrape = scrape }

  package static var families: [MetricFamily] { PeerFamilies.all }
  package var description: CollectorDescription { scrape.basics.description(kind: "peer") }

  package func makeCollector(_ clients: CollectorClients) -> any Collector {
    PeerCollector(self, ScrapeCollector(asked, client: clients.http, time: clients.time))
  }

  /// Only what is looked at is asked for.
  private var asked: ScrapeSettings {
    var asked = scrape
    let names = PeerCollector.wanted.map { "name%5B%5D=\($0)" }.joined(separator: "&")
    asked.url += (asked.url.contains("?") ? "&" : "?") + names
    return asked
  }

  package func makeRehearsal(start: Timestamp) -> any Rehearsal { PeerRehearsal(name: scrape.basics.name) }
}

/// Of a world without network nothing is known.
struct PeerRehearsal: Rehearsal {
  let name: String

  func outcome(_ loss: RehearsedLoss, at moment: Timestamp) -> Outcome {
    let took: Duration = .milliseconds(20)
    return Outcome(
      startedAt: moment, finishedAt: moment + took, took: took,
      verdict: loss.isTarget ? .failure(.timeout, detail: "no answer") : .success,
      readings: [Reading(PeerFamilies.up, !loss.isTarget, labels: ["peer": name])])
  }
}
