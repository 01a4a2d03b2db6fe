package import Model

/// One series of a request, with what is to be written to it.
package struct WrittenSeries: Hashable, Sendable {
  package struct Histogram: Hashable, Sendable {
    package var time: Timestamp
    package var value: FloatHistogram
  }

  /// The metric's name is among them. Valid: see ``RequestReader``.
  package var labels: Labels
  package var samples: [Sample] = []
  package var histograms: [Histogram] = []

  package init(labels: Labels) { self.labels = labels }

  package var count: Int { samples.count + histograms.count }
}

/// What a request may hold; beyond it, the whole request is refused.
package struct RemoteWriteLimits: Hashable, Sendable {
  /// Bytes after decompression.
  package var decodedBytes = 16 << 20
  package var series = 20_000
  /// Samples and histograms.
  package var samples = 100_000
  package var labelsPerSeries = 64
  package var labelNameBytes = 1024
  package var labelValueBytes = 8192
  package var bucketsPerHistogram = 4096

  package init() {}
}
