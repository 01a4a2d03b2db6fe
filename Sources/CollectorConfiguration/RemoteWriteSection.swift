internal import ConfigurationTypes
internal import Model
package import RemoteWrite
package import StrictYAML

/// `remote_write:`: whether and what samples other programs may send.
package enum RemoteWriteSection {
  package static func read(_ m: MappingReader) -> RemoteWriteSettings {
    var settings = RemoteWriteSettings()
    settings.labels = m.optional("labels", .labels) ?? .empty
    var limits = settings.limits
    limits.decodedBytes =
      m.optional(
        "max_size",
        YAMLType<Int>.byteSize.validated {
          (64 << 10...256 << 20).contains($0) ? nil : "must be between 64KiB and 256MiB"
        }) ?? limits.decodedBytes
    limits.series = m.optional("max_series", .int(1...1_000_000)) ?? limits.series
    limits.samples = m.optional("max_samples", .int(1...10_000_000)) ?? limits.samples
    limits.labelsPerSeries = m.optional("max_labels", .int(1...1000)) ?? limits.labelsPerSeries
    settings.limits = limits
    settings.concurrency = m.optional("concurrency", .int(1...64)) ?? settings.concurrency
    return settings
  }
}
