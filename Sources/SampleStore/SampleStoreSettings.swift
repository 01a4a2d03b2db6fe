/// How much a store may hold.
package struct SampleStoreSettings: Sendable, Equatable {
  /// How long samples are kept.
  package var retention: Duration = .seconds(3 * 86_400)
  /// A series that is silent for longer is no longer active: it leaves the metrics page and does not count against
  /// the limit. Longer than the five minutes that an instant selector looks back.
  package var forgetAfter: Duration = .seconds(360)
  /// New series are refused and counted while so many are active.
  package var seriesLimit = 200_000
  /// Of the files; the oldest blocks are deleted beyond it.
  package var diskLimit = 16 << 30
  /// Sealed chunks that no disk takes: the oldest are dropped beyond it, and counted.
  package var memoryLimit = 256 << 20
  /// How often open chunks are written down, so that a start has little to read.
  package var checkpointInterval: Duration = .seconds(300)
  /// A journal of this size makes a checkpoint due as well.
  package var journalLimit = 32 << 20
  /// Sealed chunks wait for company this long at most before they become a block.
  package var blockInterval: Duration = .seconds(7200)
  /// How long a sample may wait before it is handed to the system: what a `kill -9` can cost.
  package var journalDelay: Duration = .milliseconds(200)
  /// How often the journal is forced onto the medium: what a power cut can cost.
  package var syncInterval: Duration = .seconds(10)
  /// How soon after a failed write the next is tried.
  package var retryInterval: Duration = .seconds(5)

  /// Series known at most, active or not: a flood of short-lived ones must end somewhere, too.
  var knownLimit: Int { seriesLimit > .max / 8 ? .max : seriesLimit * 8 }

  package init() {}
}

/// What happened to a store since it was made.
package struct SampleStoreStatistics: Sendable, Equatable {
  /// Active ones.
  package var series = 0
  package var seriesLimit = 0
  /// All that have samples, silent ones too.
  package var knownSeries = 0
  package var appended: UInt64 = 0
  /// Appends refused because a newer timestamp was there already.
  package var outOfOrder: UInt64 = 0
  /// Appends refused because another value has this very timestamp.
  package var duplicates: UInt64 = 0
  /// Histograms refused because they contradict themselves, or take more than 60,000 bytes.
  package var refusedHistograms: UInt64 = 0
  /// Series refused at ``SampleStoreSettings/seriesLimit``.
  package var refusedSeries: UInt64 = 0
  /// Bytes of sealed chunks that wait for the disk.
  package var sealedBytes = 0
  /// Samples dropped because the disk took none for so long that memory was full.
  package var droppedSamples: UInt64 = 0
  /// Blocks of samples on the disk, and the bytes of all files.
  package var blocks = 0
  package var diskBytes = 0
  /// Whether the last attempt to write failed: samples are in memory only.
  package var isFailing = false
  package var writeFailures: UInt64 = 0
  package var checkpoints: UInt64 = 0
  /// Files and records that were found damaged, and chunks in blocks; what they held is missing.
  package var damaged: UInt64 = 0
  package var damagedChunks: UInt64 = 0
  /// The newest words of the system about the disk; empty when it works.
  package var failure = ""

  package init() {}
}
