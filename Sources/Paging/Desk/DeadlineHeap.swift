internal import Model

/// Keys that wait for a moment, the earliest first; each key waits for one moment at a time.
///
/// Forgotten entries are left in the heap until they come up or are more than half of it.
struct DeadlineHeap {
  private var heap = MomentHeap<String>()
  private var current: [String: MonotonicInstant] = [:]

  /// The earliest moment; may be one that is no longer waited for, never one too late.
  var earliest: MonotonicInstant? { heap.earliest }
  var count: Int { current.count }

  /// `key` waits for `moment` and nothing else; nil: for nothing.
  mutating func set(_ key: String, at moment: MonotonicInstant?) {
    guard current[key] != moment else { return }
    current[key] = moment
    if let moment { heap.insert(key, at: moment) }
    if heap.count > 64 + 2 * current.count { rebuild() }
  }

  /// `key` waits for `moment` at the latest.
  mutating func bringForward(_ key: String, to moment: MonotonicInstant) {
    if let known = current[key], known <= moment { return }
    set(key, at: moment)
  }

  func deadline(of key: String) -> MonotonicInstant? { current[key] }

  /// The next key whose moment has come; it waits no longer.
  mutating func removeDue(_ now: MonotonicInstant) -> String? {
    while let moment = heap.earliest, moment <= now, let key = heap.removeEarliest() {
      guard current[key] == moment else { continue }
      current[key] = nil
      return key
    }
    return nil
  }

  mutating func removeAll() { self = DeadlineHeap() }

  private mutating func rebuild() {
    heap.removeAll()
    for (key, moment) in current.sorted(by: { $0.key < $1.key }) { heap.insert(key, at: moment) }
  }
}
