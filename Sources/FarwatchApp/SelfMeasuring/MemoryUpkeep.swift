internal import ProcessMemory
internal import Threading

/// Gives back the memory that nobody needs any more: once what only the start needed, and every minute what a storm of
/// alerts or a heavy query left behind. Confined to the core's thread; the work itself is done on another.
final class MemoryUpkeep {
  /// So often is ``tend(isReady:)`` called within a minute.
  private static let round = 12
  private var calls = 0

  /// To be called with every housekeeping. The first time is the second one after every collector has reported: rules
  /// were judged and series are named by then.
  func tend(isReady: Bool) {
    guard isReady else { return }
    calls += 1
    let isFirst = calls == 2
    guard isFirst || calls % Self.round == 0 else { return }
    // Without a thread the memory is given back a minute later.
    try? OwnThread.detached("farwatch-memory") {
      ProcessMemory.giveBack()
      if isFirst { ProcessMemory.unmapCode() }
    }
  }
}
