internal import Collecting
internal import ConfigurationTypes
internal import HTTPClient
internal import Model
internal import Scraping
internal import StrictYAML

/// `scrape:` of a collector.
enum ScrapeSection {
  static func read(_ m: MappingReader, _ basics: MeasurementBasics, _ scope: Scope) -> any CollectorSettings {
    var scrape = page(m, basics, scope)
    scrape.honorsLabels = m.optional("honor_labels", .bool) ?? false
    scrape.rules = (m.optional("metric_relabel_configs", .list(.mapping(rule))) ?? []).compactMap { $0 }
    scrape.limits.samples = m.optional("sample_limit", .int(1...1_000_000)) ?? scrape.limits.samples
    scrape.limits.labels = m.optional("label_limit", .int(1...256)) ?? scrape.limits.labels
    scrape.limits.labelValueBytes =
      m.optional("label_value_length_limit", .int(1...65_536)) ?? scrape.limits.labelValueBytes
    scrape.limits.bodyBytes = m.optional("body_size_limit", .byteSize) ?? scrape.limits.bodyBytes
    return scrape
  }

  /// Where the page is, and how it is asked for.
  static func page(_ m: MappingReader, _ basics: MeasurementBasics, _ scope: Scope) -> ScrapeSettings {
    var scrape = ScrapeSettings(basics, url: m.required("url", .nonEmptyString.validated(httpURLComplaint)))
    let (open, files) = Headers.readBoth(m, scope.paths.existing("the file of the header"))
    scrape.headers = open.sorted { $0.key < $1.key }.map { HTTPHeader($0.key, $0.value) }
    scrape.headerFiles = files
    scrape.verifyPeer = m.optional("verify", .bool) ?? true
    scrape.caFile = m.optional("ca_file", scope.paths.existing("the CA file"))
    return scrape
  }

  /// In Prometheus' own keys, so that a list can be taken over as it is.
  private static func rule(_ m: MappingReader) -> RelabelRule? {
    let before = m.problems.count
    let action = m.optional("action", YAMLType<RelabelRule.Action>.choice()) ?? .replace
    let sources = m.optional("source_labels", .list(.nonEmptyString)) ?? []
    let separator = m.optional("separator", .string) ?? ";"
    let regex = m.optional("regex", .string)
    let modulus = m.optional("modulus", .int(1 ... .max)) ?? 0
    let target = m.optional("target_label", .nonEmptyString) ?? ""
    let replacement = m.has("replacement") ? m.optional("replacement", .string) ?? "" : "$1"
    guard m.problems.count == before else { return nil }
    do {
      return try RelabelRule(
        action: action, sourceLabels: sources, separator: separator, regex: regex, modulus: UInt64(modulus),
        targetLabel: target, replacement: replacement)
    } catch {
      m.problem("\(error)", at: m.has("regex") && !(error is RelabelRule.Mistake) ? "regex" : nil)
      return nil
    }
  }
}
