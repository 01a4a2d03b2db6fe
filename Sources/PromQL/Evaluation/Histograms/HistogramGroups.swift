internal import Model

/// The elements of a vector as histograms: native ones one by one, classic ones grouped by their labels without `le`.
///
/// What follows from labels is remembered by label set number, so a steady evaluation builds no label set.
struct HistogramGroups {
  struct Native {
    /// The metric's name is dropped.
    var set: Int
    var histogram: FloatHistogram
    var metricName: String
  }

  struct Classic {
    fileprivate var key: Int
    /// Without `le` and the metric's name.
    var set: Int
    var metricName: String
    var histogram = ClassicHistogram()
  }

  /// In the order of the vector.
  private(set) var natives: [Native] = []
  /// Places in ``groups`` with at least one bucket, in the order of the vector.
  private(set) var classicPlaces: [Int] = []
  /// Kept from one evaluation to the next for their memory.
  private(set) var groups: [Classic] = []

  /// Number of the labels that a group or a native histogram goes by, by label set number.
  private var keyOfSet = NumberMap()
  /// Place in `groups`, by key.
  private var placeOfKey = NumberMap()
  /// By label set number: the bound that `le` says, nil when it says none.
  private var bounds: [Bound] = []

  private enum Bound {
    case unread, malformed
    case at(Double)
  }

  private static let bucketLabel = "le"

  mutating func forget() {
    natives.removeAll()
    classicPlaces.removeAll()
    groups.removeAll()
    keyOfSet.clear()
    placeOfKey.clear()
    bounds.removeAll()
  }

  /// Takes the vector apart. Buckets with a malformed `le` are left out; so are a native and a classic histogram of the
  /// same labels.
  mutating func update(from operand: Step, _ context: EvaluationContext, at range: SourceRange) {
    natives.removeAll(keepingCapacity: true)
    for place in classicPlaces { groups[place].histogram.buckets.removeAll(keepingCapacity: true) }
    classicPlaces.removeAll(keepingCapacity: true)
    for (index, set) in operand.sets.enumerated() {
      if let histogram = operand.histogram(index) {
        natives.append(
          Native(
            set: context.table.droppingName(set), histogram: histogram,
            metricName: metricName(set, context)))
      } else {
        add(operand.values[index], set, context, at: range)
      }
    }
    if !natives.isEmpty, !classicPlaces.isEmpty { removeConflicts(operand, context, at: range) }
  }

  mutating func quantile(_ q: Double, ofClassicAt place: Int) -> (value: Double, wasForced: Bool) {
    groups[place].histogram.quantile(q)
  }

  mutating func fraction(from lower: Double, to upper: Double, ofClassicAt place: Int) -> Double {
    groups[place].histogram.fraction(from: lower, to: upper)
  }

  private mutating func add(
    _ value: Double, _ set: Int, _ context: EvaluationContext, at range: SourceRange
  ) {
    guard let bound = bound(of: set, context) else {
      let text = context.table.sets[set][Self.bucketLabel] ?? ""
      context.annotate(
        .warning,
        forMetric(
          "bucket label \"le\" is missing or has a malformed value of \(quoted(text))",
          metricName(set, context)), at: range)
      return
    }
    let table = context.table
    let key = keyOfSet.value(for: set) { table.number(of: table.sets[set].dropping([Self.bucketLabel])) }
    let next = groups.count
    let place = placeOfKey.value(for: key) { next }
    if place == next {
      groups.append(Classic(key: key, set: table.droppingName(key), metricName: metricName(key, context)))
    }
    if groups[place].histogram.buckets.isEmpty { classicPlaces.append(place) }
    groups[place].histogram.buckets.append(.init(upperBound: bound, count: value))
  }

  private mutating func bound(of set: Int, _ context: EvaluationContext) -> Double? {
    if set >= bounds.count {
      bounds.append(contentsOf: repeatElement(.unread, count: set + 1 - bounds.count))
    }
    if case .unread = bounds[set] {
      let text = context.table.sets[set][Self.bucketLabel] ?? ""
      bounds[set] = Self.bound(text).map { .at($0) } ?? .malformed
    }
    guard case .at(let bound) = bounds[set] else { return nil }
    return bound
  }

  /// A number as Go reads it: one that is too large is none.
  private static func bound(_ text: String) -> Double? {
    guard let bound = Double(text) else { return nil }
    return bound.isInfinite && !text.lowercased().contains("inf") ? nil : bound
  }

  private mutating func removeConflicts(_ operand: Step, _ context: EvaluationContext, at range: SourceRange)
  {
    var kept: [Native] = []
    var native = 0
    for (index, set) in operand.sets.enumerated() where operand.histogram(index) != nil {
      defer { native += 1 }
      let table = context.table
      let key = keyOfSet.value(for: set) { table.number(of: table.sets[set]) }
      guard let conflict = classicPlaces.firstIndex(where: { groups[$0].key == key }) else {
        kept.append(natives[native])
        continue
      }
      context.annotate(
        .warning,
        forMetric("vector contains a mix of classic and native histograms", natives[native].metricName),
        at: range)
      groups[classicPlaces[conflict]].histogram.buckets.removeAll(keepingCapacity: true)
      classicPlaces.remove(at: conflict)
    }
    natives = kept
  }

  /// For annotations: only with delayed name removal is the name still there when Prometheus looks for it.
  private func metricName(_ set: Int, _ context: EvaluationContext) -> String {
    context.table.delaysNameRemoval ? context.table.sets[set].metricName ?? "" : ""
  }
}

/// `message`, followed by the name of the metric that it is about when that is known.
func forMetric(_ message: String, _ name: String) -> String {
  name.isEmpty ? message : "\(message) for metric name \(quoted(name))"
}
