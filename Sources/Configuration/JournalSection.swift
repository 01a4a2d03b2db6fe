internal import Journal
internal import StrictYAML

/// `journal:`.
enum JournalSection {
  static func read(_ m: MappingReader) -> JournalSettings {
    var settings = JournalSettings()
    settings.retention =
      m.optional("retention", .duration(.seconds(3600) ... .seconds(3660 * 86_400))) ?? settings.retention
    settings.maximumEntries = m.optional("max_entries", .int(1000...100_000_000)) ?? settings.maximumEntries
    return settings
  }
}
