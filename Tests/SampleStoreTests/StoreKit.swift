import FarwatchTesting
import Model
import SampleStore
import Testing

/// A store in a directory, opened and closed at will, beside the plain lists that it stands for.
final class StoreBench {
  let directory: TemporaryDirectory
  var settings = SampleStoreSettings()
  private(set) var store: SampleStore
  private(set) var findings: [StoreFinding] = []
  private(set) var model: [SeriesID: [Sample]] = [:]
  var now = start

  init(_ change: (inout SampleStoreSettings) -> Void = { _ in }) throws {
    directory = try TemporaryDirectory("farwatch-store")
    settings.journalDelay = .milliseconds(5)
    change(&settings)
    (store, findings) = SampleStore.open(
      directory.path, settings, now: now, monotonic: MonotonicInstant(nanoseconds: 0))
  }

  deinit { store.close() }

  func append(_ value: Double, to id: SeriesID) {
    store.append(value, at: now, to: id)
    model[id, default: []].append(Sample(timestamp: now, value: value))
  }

  /// Closes and opens again. Every series is ended by that, which the model knows nothing of: markers are not read.
  func restart(after pause: Duration = .seconds(1)) {
    store.close()
    now = now + pause
    (store, findings) = SampleStore.open(
      directory.path, settings, now: now, monotonic: MonotonicInstant(nanoseconds: 0))
    now = now + .milliseconds(1)
  }

  /// Waits until a checkpoint has been made after this moment.
  func checkpoint() async throws {
    let before = store.statistics.checkpoints
    try await waitUntil("a checkpoint") { store.statistics.checkpoints > before }
  }

  func files() throws -> [String] {
    try FolderListing.names(directory.path)
  }

  /// Compares a window with the model; stale markers are in neither.
  func expectWindow(
    _ id: SeriesID, _ after: Timestamp, _ at: Timestamp, _ comment: Comment,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let expected = (model[id] ?? []).filter { $0.timestamp > after && $0.timestamp <= at }
    let found = window(store, id, at: at, after: after)
    #expect(found == expected, comment, sourceLocation: sourceLocation)
  }
}

func window(_ store: SampleStore, _ id: SeriesID, at: Timestamp, after: Timestamp) -> [Sample] {
  var columns = SampleColumns()
  store.readWindow(of: id, at: at, after: after, into: &columns)
  return columns.times.indices.map {
    Sample(timestamp: Timestamp(milliseconds: columns.times[$0]), value: columns.values[$0])
  }
}
