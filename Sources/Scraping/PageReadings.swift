package import Exposition
package import Model

/// What is taken of a page of another program at most; more fails the whole page, as in Prometheus.
package struct PageLimits: Hashable, Sendable {
  package var bodyBytes = 16 << 20
  /// After relabelling.
  package var samples = 10_000
  package var labels = 64
  package var labelNameBytes = 256
  package var labelValueBytes = 2048

  package init() {}
}

/// Turns a metrics page of another program into readings. Pure.
package struct PageReadings: Sendable {
  package struct Refusal: Error, Sendable, CustomStringConvertible {
    package let reason: FailureReason
    package let description: String
  }

  package struct Page: Sendable {
    package var readings: [Reading] = []
    /// Before relabelling.
    package var samples = 0
  }

  package var limits = PageLimits()
  package var rules: [RelabelRule] = []
  /// Labels of the target. A page's own label of such a name stays under `exported_…`.
  package var own: Labels
  /// The page's labels win instead.
  package var honorsLabels = false

  package init(own: Labels) { self.own = own }

  /// Times that the page gives its samples are not kept: a sample counts from when it was read.
  package func read(_ bytes: [UInt8], dialect: ExpositionDialect? = nil) throws(Refusal) -> Page {
    var reader = ExpositionReader()
    var samples: [(series: Int, value: Double)] = []
    do throws(ExpositionProblem) {
      let span = bytes.span
      try reader.read(span, dialect: dialect ?? .guess(span)) { series, value, _ in
        samples.append((series, value))
        return nil
      }
    } catch { throw Refusal(reason: .protocolError, description: "no metrics page: \(error)") }
    return try readings(samples, reader)
  }

  private func readings(
    _ samples: [(series: Int, value: Double)], _ reader: ExpositionReader
  ) throws(Refusal) -> Page {
    var page = Page()
    page.samples = samples.count
    var families: [String: MetricFamily] = [:]
    var seen: Set<Int> = []
    let series = reader.series
    for sample in samples {
      // A page that has a series twice: the first counts.
      guard seen.insert(sample.series).inserted, let labels = relabelled(series[sample.series]) else {
        continue
      }
      let name = labels.metricName ?? ""
      guard !name.isEmpty else { continue }
      try checkOwnership(name, labels)
      try check(labels)
      guard page.readings.count < limits.samples else {
        throw Refusal(reason: .limit, description: "the page has more than \(limits.samples) samples")
      }
      let family = families[name] ?? Self.family(name, reader.familyTypes)
      families[name] = family
      page.readings.append(Reading(family, sample.value, labels: labels.withoutMetricName))
    }
    return page
  }

  private func relabelled(_ labels: Labels) -> Labels? {
    var all = labels.dictionary
    for (name, value) in own.dictionary {
      if let theirs = all[name] {
        if honorsLabels { continue }
        all["exported_\(name)"] = theirs
      }
      all[name] = value
    }
    for rule in rules {
      guard let next = rule.apply(to: all) else { return nil }
      all = next
    }
    return Labels(all)
  }

  /// Nothing of a page may stand in the place of what was measured here: ours has no `instance`, theirs must keep it.
  private func checkOwnership(_ name: String, _ labels: Labels) throws(Refusal) {
    let isTheirs = own["instance"] != nil && labels["instance"] != nil
    guard !isTheirs, own["instance"] != nil || name.hasPrefix("farwatch_") else { return }
    throw Refusal(
      reason: .configuration,
      description: "\(name) would stand among Farwatch's own series: it has no label `instance`")
  }

  private func check(_ labels: Labels) throws(Refusal) {
    func refuse(_ text: String) -> Refusal {
      Refusal(reason: .limit, description: "\(text) (\(labels.metricName ?? ""))")
    }
    let entries = labels.entries
    if entries.count > limits.labels { throw refuse("a series has more than \(limits.labels) labels") }
    for entry in entries {
      if entry.name.utf8.count > limits.labelNameBytes {
        throw refuse("the name of a label is longer than \(limits.labelNameBytes) bytes")
      }
      if entry.value.utf8.count > limits.labelValueBytes {
        throw refuse("the value of \(entry.name) is longer than \(limits.labelValueBytes) bytes")
      }
    }
  }

  /// A series of a histogram or summary stands by itself here, as a counter or gauge.
  private static func family(_ name: String, _ types: [String: String]) -> MetricFamily {
    let help = "Read from another program's page."
    func type(_ name: String) -> String? { types[name] }
    if let own = type(name) {
      return MetricFamily(name, own == "counter" ? .counter : own == "gauge" ? .gauge : .untyped, help: help)
    }
    for suffix in ["_total", "_bucket", "_count", "_sum", "_created"] where name.hasSuffix(suffix) {
      if type(String(name.dropLast(suffix.count))) != nil, suffix == "_total" {
        return .counter(name, help)
      }
    }
    return MetricFamily(name, .untyped, help: help)
  }
}
