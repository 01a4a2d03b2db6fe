internal import Model

/// The recent samples of one series, oldest first. Twelve bytes a sample; the durable, compressed form that keeps
/// days replaces this type and nothing around it.
///
/// Invariants: `offsets` rises strictly; `offsets.count == values.count`; the entries before `head` are dead.
struct SampleBuffer {
  /// Time of offset 0. An offset spans 49 days of milliseconds, far more than a buffer keeps.
  private var base: Int64 = 0
  private var offsets: [UInt32] = []
  private var values: [Double] = []
  private var head = 0

  var count: Int { offsets.count - head }
  var last: Sample? { offsets.isEmpty ? nil : self[offsets.count - 1] }

  private subscript(place: Int) -> Sample {
    Sample(timestamp: Timestamp(milliseconds: base + Int64(offsets[place])), value: values[place])
  }

  /// Appends a sample newer than the last, then drops what is older than `oldest` or beyond `limit` samples.
  mutating func append(_ value: Double, at time: Timestamp, keepingFrom oldest: Timestamp, limit: Int) {
    if head == offsets.count {
      offsets.removeAll(keepingCapacity: true)
      values.removeAll(keepingCapacity: true)
      head = 0
      base = time.milliseconds
    }
    if time.milliseconds - base > Int64(UInt32.max) { rebase() }
    guard let offset = UInt32(exactly: time.milliseconds - base) else {
      // The clock leapt by more than an offset spans: what came before cannot be reached by any query.
      self = SampleBuffer()
      append(value, at: time, keepingFrom: oldest, limit: limit)
      return
    }
    offsets.append(offset)
    values.append(value)
    drop(before: oldest, limit: limit)
  }

  private mutating func drop(before oldest: Timestamp, limit: Int) {
    // The newest sample always stays: it is the current value however old it is.
    while head < offsets.count - 1,
      base + Int64(offsets[head]) < oldest.milliseconds || offsets.count - head > limit
    { head += 1 }
    // Moving everything down once half is dead costs each sample one move in its life.
    if head > 16, head * 2 > offsets.count { compact() }
  }

  private mutating func compact() {
    offsets.removeFirst(head)
    values.removeFirst(head)
    head = 0
  }

  private mutating func rebase() {
    compact()
    guard let first = offsets.first else { return }
    base += Int64(first)
    for place in offsets.indices { offsets[place] -= first }
  }

  /// The newest sample with `after < timestamp <= at`.
  func newest(at: Timestamp, after: Timestamp) -> Sample? {
    guard let last else { return nil }
    if last.timestamp <= at { return last.timestamp > after ? last : nil }
    let place = firstPlace(after: at) - 1
    guard place >= head else { return nil }
    let sample = self[place]
    return sample.timestamp > after ? sample : nil
  }

  /// Every sample with `after < timestamp <= at`, oldest first.
  func samples(at: Timestamp, after: Timestamp) -> [Sample] {
    let from = firstPlace(after: after)
    let to = firstPlace(after: at)
    return from < to ? (from..<to).map { self[$0] } : []
  }

  /// Place of the first live sample with a time after `moment`; `offsets.count` when there is none.
  private func firstPlace(after moment: Timestamp) -> Int {
    var low = head
    var high = offsets.count
    while low < high {
      let middle = (low + high) / 2
      if base + Int64(offsets[middle]) <= moment.milliseconds { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
