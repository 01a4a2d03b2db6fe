internal import Model

/// The buckets of one side, from zero outwards, each with its index.
///
/// Ends with the shorter of spans and counts, so that inconsistent ones do no harm; work is proportional to the
/// number of spans and counts, not to the lengths that spans claim.
struct BucketRun: Sequence, IteratorProtocol {
  private let spans: [FloatHistogram.Span]
  private let counts: [Double]
  private var span = 0
  private var leftInSpan = 0
  /// Of the bucket behind the last one handed out.
  private var nextIndex = 0
  private var place = 0

  init(_ spans: [FloatHistogram.Span], _ counts: [Double]) {
    self.spans = spans
    self.counts = counts
    enterSpan()
  }

  private mutating func enterSpan() {
    guard span < spans.count else { return }
    nextIndex += Int(spans[span].offset)
    leftInSpan = Int(spans[span].length)
  }

  mutating func next() -> (index: Int, count: Double)? {
    guard place < counts.count else { return nil }
    while leftInSpan == 0 {
      guard span + 1 < spans.count else { return nil }
      span += 1
      enterSpan()
    }
    defer {
      leftInSpan -= 1
      nextIndex += 1
      place += 1
    }
    return (nextIndex, counts[place])
  }
}

/// Spans and counts built from buckets that come with ascending indexes.
struct BucketRunBuilder {
  private(set) var spans: [FloatHistogram.Span] = []
  private(set) var counts: [Double] = []
  private var lastIndex: Int?

  init(reserving capacity: Int = 0) { counts.reserveCapacity(capacity) }

  /// A bucket of the index given last is added to; a smaller index is a programmer's error that is ignored.
  mutating func append(_ index: Int, _ count: Double) {
    guard let last = lastIndex else {
      spans.append(.init(offset: Int32(clamping: index), length: 1))
      counts.append(count)
      lastIndex = index
      return
    }
    if index == last {
      counts[counts.count - 1] += count
      return
    }
    guard index > last else { return }
    if index == last + 1 {
      spans[spans.count - 1].length += 1
    } else {
      spans.append(.init(offset: Int32(clamping: index - last - 1), length: 1))
    }
    counts.append(count)
    lastIndex = index
  }
}

extension FloatHistogram {
  var positiveRun: BucketRun { BucketRun(positiveSpans, positiveBuckets) }
  var negativeRun: BucketRun { BucketRun(negativeSpans, negativeBuckets) }

  /// Replaces the positive side.
  mutating func setPositive(_ built: BucketRunBuilder) {
    positiveSpans = built.spans
    positiveBuckets = built.counts
  }

  /// Replaces the negative side.
  mutating func setNegative(_ built: BucketRunBuilder) {
    negativeSpans = built.spans
    negativeBuckets = built.counts
  }

  /// Without counts that no span names, and without buckets that are not in ascending order.
  var straightened: FloatHistogram {
    func isStraight(_ spans: [Span], _ counts: [Double]) -> Bool {
      spans.dropFirst().allSatisfy { $0.offset >= 0 }
        && spans.reduce(0) { $0 + Int($1.length) } == counts.count
    }
    func straight(_ run: BucketRun) -> BucketRunBuilder {
      var built = BucketRunBuilder()
      for (index, count) in run { built.append(index, count) }
      return built
    }
    var result = self
    if !isStraight(positiveSpans, positiveBuckets) { result.setPositive(straight(positiveRun)) }
    if !isStraight(negativeSpans, negativeBuckets) { result.setNegative(straight(negativeRun)) }
    return result
  }

  /// The largest absolute value in bucket `index`; for listed bounds the largest value.
  func bound(_ index: Int) -> Double {
    usesCustomBuckets
      ? BucketBounds.custom(index: index, customValues)
      : BucketBounds.exponential(index: index, schema: schema)
  }
}

/// Two runs as one: buckets of equal index together, in ascending order of the index.
struct MergedRuns: Sequence, IteratorProtocol {
  private var left: BucketRun
  private var right: BucketRun
  private var leftHead: (index: Int, count: Double)?
  private var rightHead: (index: Int, count: Double)?

  init(_ left: BucketRun, _ right: BucketRun) {
    self.left = left
    self.right = right
    leftHead = self.left.next()
    rightHead = self.right.next()
  }

  mutating func next() -> (index: Int, left: Double?, right: Double?)? {
    let leftIndex = leftHead?.index ?? Int.max
    let rightIndex = rightHead?.index ?? Int.max
    let index = Swift.min(leftIndex, rightIndex)
    guard index != Int.max else { return nil }
    let leftCount = leftIndex == index ? leftHead?.count : nil
    let rightCount = rightIndex == index ? rightHead?.count : nil
    if leftCount != nil { leftHead = left.next() }
    if rightCount != nil { rightHead = right.next() }
    return (index, leftCount, rightCount)
  }
}
