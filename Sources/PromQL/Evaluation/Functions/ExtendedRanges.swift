internal import Model

extension WindowFunction {
  /// The functions that go with a boundary, in the order of their names.
  static func allowed(with boundary: RangeBoundary) -> [WindowFunction] {
    boundary == .anchored ? [.changes, .delta, .increase, .rate, .resets] : [.delta, .increase, .rate]
  }

  /// The result for a window that holds samples outside of its range too.
  func applyExtended(_ window: FloatWindow) -> Double? {
    guard let last = window.times.last, last > window.range.start || window.boundary == .smoothed else {
      return nil
    }
    switch self {
    case .changes: return Double(window.fromAnchor.countOfChanges)
    case .resets: return Double(window.fromAnchor.countOfResets)
    default: return extendedChange(window)
    }
  }

  /// The change from one end of the range to the other.
  private func extendedChange(_ window: FloatWindow) -> Double? {
    let (times, values) = (window.times, window.values)
    let range = window.range
    let isSmoothed = window.boundary == .smoothed
    var first = window.anchor
    var last = times.count - 1
    if isSmoothed { last = times.dropLast().firstIndex { $0 >= range.end } ?? last }
    guard times[last] > range.start else { return nil }
    let left =
      isSmoothed && times[first] < range.start
      ? window.interpolated(first, at: range.start, isCounter: isCounterFunction) : values[first]
    let right =
      isSmoothed && last > 0 && times[last] > range.end
      ? window.interpolated(last - 1, at: range.end, isCounter: isCounterFunction) : values[last]
    var change = right - left
    if isCounterFunction {
      if times[first] <= range.start { first += 1 }
      if times[last] >= range.end { last -= 1 }
      var previous = left
      for place in first..<max(first, last + 1) {
        if values[place] < previous { change += previous }
        previous = values[place]
      }
      if right < previous { change += previous }
    }
    return isPerSecond ? change / range.goSeconds : change
  }
}

extension FloatWindow {
  /// The place of the newest sample that is not within the range, or of the first one.
  var anchor: Int {
    let within = times.dropLast().firstIndex { $0 > range.start } ?? times.count - 1
    return max(0, within - 1)
  }

  /// The values from the anchor on.
  var fromAnchor: UnsafeBufferPointer<Double> { UnsafeBufferPointer(rebasing: values[anchor...]) }

  /// Between the sample at `place` and the next. A counter that was reset is taken to have been reset at the first.
  func interpolated(_ place: Int, at time: Int64, isCounter: Bool) -> Double {
    let next = min(place + 1, times.count - 1)
    return interpolate(
      (times[place], values[place]), (times[next], values[next]), at: time, isCounter: isCounter)
  }
}

private func interpolate(
  _ before: (time: Int64, value: Double), _ after: (time: Int64, value: Double), at time: Int64,
  isCounter: Bool
) -> Double {
  let start = isCounter && after.value < before.value ? 0 : before.value
  return start + (after.value - start) * Double(time &- before.time) / Double(after.time &- before.time)
}

/// `selector smoothed`: the value at the moment of evaluation on a line between the samples around it, or the last
/// sample where none follows.
final class SmoothedSelectorStep: Step {
  private let window: RangeSelectorStep

  /// The window reaches a look-back to both sides of the moment.
  init(_ window: RangeSelectorStep) { self.window = window }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    try window.evaluate(context)
    removeAll()
    let time = window.range.end
    for (place, set) in window.sets.enumerated() {
      let columns = window.windows[place]
      if columns.hasHistograms { throw EvaluationError.extendedHistograms }
      let next = columns.times.firstIndex { $0 >= time } ?? columns.count
      if next < columns.count, columns.times[next] == time {
        append(set, columns.values[next])
      } else if next > 0, next < columns.count {
        append(
          set,
          interpolate(
            (columns.times[next - 1], columns.values[next - 1]), (columns.times[next], columns.values[next]),
            at: time, isCounter: false))
      } else if next > 0 {
        append(set, columns.values[next - 1])
      }
    }
    try context.spend(sets.count)
  }
}

extension EvaluationError {
  static let extendedHistograms = EvaluationError(
    message: "smoothed and anchored modifiers do not work with native histograms")

  /// Thrown before anything is read; nil when the function goes with the boundary.
  static func refusing(_ boundary: RangeBoundary?, with function: String) -> EvaluationError? {
    guard let boundary else { return nil }
    let allowed = WindowFunction.allowed(with: boundary).map(\.rawValue)
    if allowed.contains(function) { return nil }
    return EvaluationError(
      message: "\(boundary.rawValue) modifier can only be used with: \(allowed.joined(separator: ", ")) - "
        + "not with \(function)")
  }
}
