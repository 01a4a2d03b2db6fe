package import Model
internal import Synchronization

/// What there is in a store, counted when it is asked for.
package struct StoreExtent: Hashable, Sendable {
  /// Active ones.
  package var series = 0
  /// In memory.
  package var chunks = 0
  /// Times of the samples in memory; nil when there are none.
  package var oldest: Timestamp?
  package var newest: Timestamp?
}

extension SampleStore {
  /// Looks at every series under the lock, a millisecond for 100,000 of them.
  package var extent: StoreExtent {
    state.withLock { state in
      var extent = StoreExtent()
      extent.series = state.statistics.series
      var (first, last) = (Int64.max, Int64.min)
      // A slot that is free still has the id that it had last.
      for slot in state.ids.indices where state.slot(state.ids[slot]) == slot {
        extent.chunks += state.sealed[slot].count + (state.open[slot].isEmpty ? 0 : 1)
        first = min(first, state.memoryStart(slot))
        last = max(last, state.lastTimes[slot])
      }
      if first <= last {
        extent.oldest = Timestamp(milliseconds: first)
        extent.newest = Timestamp(milliseconds: last)
      }
      return extent
    }
  }
}
