internal import Model
internal import StrictYAML

/// `query:`.
enum QuerySection {
  static let defaults = Settings.Query(
    concurrency: 4, waiting: 32, timeout: .seconds(30), maximumSamples: 5_000_000)

  static func read(_ m: MappingReader) -> Settings.Query {
    Settings.Query(
      // Each has a thread, and its samples in memory.
      concurrency: m.optional("concurrency", .int(1...64)) ?? defaults.concurrency,
      waiting: m.optional("waiting", .int(0...256)) ?? defaults.waiting,
      timeout: m.optional("timeout", .duration(.seconds(1) ... .seconds(600))) ?? defaults.timeout,
      maximumSamples: m.optional("max_samples", .int(1000...1_000_000_000)) ?? defaults.maximumSamples)
  }
}
