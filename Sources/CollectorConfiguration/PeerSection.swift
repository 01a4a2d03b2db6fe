internal import Collecting
internal import ConfigurationTypes
internal import Scraping
internal import StrictYAML

/// `peer:` of a collector: another Farwatch, and how its page is read.
enum PeerSection {
  static func read(_ m: MappingReader, _ basics: MeasurementBasics, _ scope: Scope) -> any CollectorSettings {
    PeerSettings(ScrapeSection.page(m, basics, scope))
  }
}
