internal import Model
internal import StrictYAML

/// `store:`.
enum StoreSection {
  static let defaults = Settings.Store(
    retention: .seconds(3 * 86_400), seriesLimit: 200_000, sizeLimit: 16 << 30)

  static func read(_ m: MappingReader) -> Settings.Store {
    Settings.Store(
      // Less than an hour could not even hold what common rules look back.
      retention: m.optional("retention", .duration(.seconds(3600) ... .seconds(366 * 86_400)))
        ?? defaults.retention,
      seriesLimit: m.optional("series_limit", .int(1...10_000_000)) ?? defaults.seriesLimit,
      sizeLimit: m.optional(
        "size_limit",
        .byteSize.validated { $0 < 64 << 20 ? "must be at least 64MiB" : nil }) ?? defaults.sizeLimit)
  }
}
