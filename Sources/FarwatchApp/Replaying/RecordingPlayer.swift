internal import Model
internal import SampleStore

/// Puts recorded samples into the store when their time has come.
struct RecordingPlayer {
  /// After so long a silence the store may have forgotten a series.
  private static let memory: Int64 = 300_000

  private let recording: Recording
  private let store: SampleStore
  private var place = 0
  /// By the series of the recording: what the store calls it, and its newest sample.
  private var known: [(id: SeriesID?, newest: Int64)]

  init(_ recording: Recording, _ store: SampleStore) {
    self.recording = recording
    self.store = store
    known = Array(repeating: (nil, .min), count: recording.series.count)
  }

  /// When the next sample is due.
  var next: Timestamp? {
    place < recording.samples.count ? Timestamp(milliseconds: recording.samples[place].time) : nil
  }

  /// Appends all samples that are older than `end`.
  mutating func play(before end: Timestamp) {
    while place < recording.samples.count, recording.samples[place].time < end.milliseconds {
      append(recording.samples[place])
      place += 1
    }
  }

  private mutating func append(_ sample: Recording.Sample) {
    let series = Int(sample.series)
    let (id, newest) = known[series]
    if id == nil || sample.time > newest &+ Self.memory {
      let labels = recording.series[series]
      let family = MetricFamily(labels.metricName ?? "", .untyped, help: "")
      known[series].id = store.series(family, labels.withoutMetricName, exposed: false)
    }
    known[series].newest = sample.time
    guard let id = known[series].id else { return }
    let time = Timestamp(milliseconds: sample.time)
    if sample.isHistogram {
      store.append(recording.histograms[Int(sample.value)], at: time, to: id)
    } else {
      store.append(sample.value, at: time, to: id)
    }
  }
}
