internal import Model

/// The recent samples of one series, oldest first: a ring of four bytes a sample while the value stays the same, of
/// twelve once it has changed. The durable, compressed form that keeps days replaces this type and nothing around it.
///
/// Invariants: times rise strictly; `values` is empty while every live sample has the bits of `constant`, otherwise as
/// long as `offsets`; the live samples are the `count` ones from `head` on, wrapping around.
struct SampleBuffer {
  /// Time of offset 0. An offset spans 49 days of milliseconds, far more than a buffer keeps.
  private var base: Int64 = 0
  private var offsets: [UInt32] = []
  private var values: [Double] = []
  private var constant = 0.0
  private var head: Int32 = 0
  private var live: Int32 = 0

  var count: Int { Int(live) }
  var last: Sample? { live == 0 ? nil : self[count - 1] }

  /// The sample at `place`, counted from the oldest.
  private subscript(place: Int) -> Sample {
    let slot = slot(place)
    return Sample(
      timestamp: Timestamp(milliseconds: base + Int64(offsets[slot])),
      value: values.isEmpty ? constant : values[slot])
  }

  private func slot(_ place: Int) -> Int {
    let slot = Int(head) + place
    return slot < offsets.count ? slot : slot - offsets.count
  }

  private func time(_ place: Int) -> Int64 { base + Int64(offsets[slot(place)]) }

  /// Appends a sample newer than the last, and drops what is beyond `limit` (1 or more) or older than `oldest`, but
  /// for the newest of the older ones: it is the value that held at `oldest`.
  mutating func append(_ value: Double, at time: Timestamp, keepingFrom oldest: Timestamp, limit: Int) {
    while count >= limit || live > 1 && self.time(1) <= oldest.milliseconds {
      head = Int32(slot(1))
      live -= 1
    }
    if live == 0 {
      base = time.milliseconds
      constant = value
      values = []
    }
    if time.milliseconds - base > Int64(UInt32.max) { rebase() }
    guard let offset = UInt32(exactly: time.milliseconds - base) else {
      // The clock leapt by more than an offset spans: what came before cannot be reached by any query.
      self = SampleBuffer()
      append(value, at: time, keepingFrom: oldest, limit: limit)
      return
    }
    if count == offsets.count { grow() }
    if values.isEmpty, value.bitPattern != constant.bitPattern {
      values = Array(repeating: constant, count: offsets.count)
    }
    let slot = slot(count)
    offsets[slot] = offset
    if !values.isEmpty { values[slot] = value }
    live += 1
  }

  /// Half as much room again, with the samples moved to the front.
  private mutating func grow() {
    let capacity = max(4, offsets.count + offsets.count / 2)
    let order = (0..<count).map { slot($0) }
    offsets = Array(unsafeUninitializedCapacity: capacity) { [offsets] buffer, used in
      for (place, slot) in order.enumerated() { buffer.initializeElement(at: place, to: offsets[slot]) }
      for place in order.count..<capacity { buffer.initializeElement(at: place, to: 0) }
      used = capacity
    }
    if !values.isEmpty {
      values = Array(unsafeUninitializedCapacity: capacity) { [values] buffer, used in
        for (place, slot) in order.enumerated() { buffer.initializeElement(at: place, to: values[slot]) }
        for place in order.count..<capacity { buffer.initializeElement(at: place, to: 0) }
        used = capacity
      }
    }
    head = 0
  }

  mutating func move(by shift: Duration) { base += shift.milliseconds }

  private mutating func rebase() {
    guard live > 0 else { return }
    let first = offsets[Int(head)]
    base += Int64(first)
    for place in 0..<count { offsets[slot(place)] -= first }
  }

  /// The newest sample with `after < timestamp <= at`.
  func newest(at: Timestamp, after: Timestamp) -> Sample? {
    guard let last else { return nil }
    if last.timestamp <= at { return last.timestamp > after ? last : nil }
    let place = firstPlace(after: at) - 1
    guard place >= 0 else { return nil }
    let sample = self[place]
    return sample.timestamp > after ? sample : nil
  }

  /// Every sample with `after < timestamp <= at`, oldest first.
  func samples(at: Timestamp, after: Timestamp) -> [Sample] {
    let from = firstPlace(after: after)
    let to = firstPlace(after: at)
    return from < to ? (from..<to).map { self[$0] } : []
  }

  /// Place of the first sample with a time after `moment`; `count` when there is none.
  private func firstPlace(after moment: Timestamp) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if time(middle) <= moment.milliseconds { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
