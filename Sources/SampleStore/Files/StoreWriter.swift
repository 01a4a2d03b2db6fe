internal import DurableIO
internal import Model
internal import Synchronization
internal import Threading

/// Carries a store's samples to its files, on a thread of its own: the thread that appends never waits for a disk.
///
/// What is promised: a sample is handed to the system within ``SampleStoreSettings/journalDelay`` and lives through
/// the death of the process from then on; it is on the medium, and lives through a power cut, within
/// ``SampleStoreSettings/syncInterval``. While the disk refuses, everything goes on in memory, and the first checkpoint
/// that succeeds makes good for all that was not written.
///
/// The order that makes this safe: a new journal begins; the catalogue learns the series of the old one; a checkpoint
/// of everything that is not in a block is written, synced and named; only then the old journal goes. A crash in
/// between leaves samples twice, never not at all, and reading takes each once.
final class StoreWriter: Sendable {
  private let bell = Bell()
  private let stopping = Atomic(false)
  private let thread: Mutex<OwnThread?> = Mutex(nil)

  init(
    _ store: SampleStore, _ folder: StoreFolder, _ inheritance: Inheritance
  ) throws(OwnThread.Failure) {
    let (bell, settings) = (bell, store.settings)
    let started = try OwnThread.start("farwatch-store") { [self] in
      var carrier = StoreCarrier(store, folder, inheritance)
      carrier.turn()
      while !stopping.load(ordering: .acquiring) {
        _ = bell.wait(upTo: settings.journalDelay)
        carrier.turn()
      }
      carrier.finish()
    }
    thread.withLock { $0 = started }
  }

  /// Hands over what is left and ends. Blocks.
  func stop() {
    let thread = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    guard let thread else { return }
    stopping.store(true, ordering: .releasing)
    bell.ring()
    thread.join()
  }
}
