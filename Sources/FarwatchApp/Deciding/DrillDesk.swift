internal import Drills
internal import Model
internal import Readiness
internal import SampleStore

/// Drills in the core: what is asked and the time in, events, pages and series out. Confined to the core's thread.
final class DrillDesk {
  var book: DrillBook
  private let recorder: ReadingRecorder
  /// Something was changed since the series were written.
  private var isNew = true

  init(
    _ settings: DrillSettings = DrillSettings(), _ workloads: [Workload] = [],
    restoring rows: [(key: String, value: [UInt8])] = [], store: SampleStore
  ) {
    book = DrillBook(settings, workloads, restoring: rows)
    recorder = ReadingRecorder(store, base: .empty)
  }

  func replace(_ settings: DrillSettings, _ workloads: [Workload]) {
    book.replace(settings, workloads)
    isNew = true
  }

  /// Somebody changed the book.
  func noteChange() { isNew = true }

  /// Ends what is over its time, and writes the series, when there is anything to do.
  func look(at now: Timestamp, always: Bool) -> DrillBook.Decisions {
    let isDue = book.nextExpiry.map { $0 <= now } ?? false
    guard always || isDue || isNew else { return DrillBook.Decisions() }
    isNew = false
    let decisions = book.tend(now)
    recorder.record(book.readings(), at: now)
    return decisions
  }
}
