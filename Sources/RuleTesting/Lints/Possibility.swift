internal import Model
internal import PromQL

/// What is known of an expression's result without knowing any sample. Everything here holds for every store: where
/// nothing is known it says so, and a claim is never a guess.
struct Possibility {
  /// Why the result is always empty; nil when it may hold something.
  var never: String?
  /// Of the floats in it.
  var range = ValueRange.any
  var mayHoldHistograms = true
  /// Labels of every element with the one value that they have; "" says that no element has the label.
  var labels: [String: String] = [:]
  /// The only labels that elements can have; nil: any.
  var onlyLabels: Set<String>?
  /// When the result is what a filter left of another expression: that expression's text.
  var base: Base?
  /// Selectors that must find something, and selectors that must find nothing, for the result to hold anything.
  var needs: [Selection] = []
  var needsNothing: [Selection] = []

  struct Base: Equatable {
    var text: String
    /// Whether two elements of it can have the same labels but for the name.
    var isToldByLabels: Bool
  }

  /// A selector at a moment: of the newest samples, or of a range.
  struct Selection {
    var matchers: [LabelMatcher]
    var shift: TimeShift
    var rangeMilliseconds: Int64?

    /// Whether every series that it finds is found by `other` too.
    func isPart(of other: Selection) -> Bool {
      guard shift == other.shift, rangeMilliseconds == other.rangeMilliseconds else { return false }
      return other.matchers.allSatisfy { wide in
        matchers.contains(wide)
          || matchers.contains { $0.name == wide.name && $0.kind == .equal && wide.matches($0.text) }
      }
    }
  }

  static func scalar(_ range: ValueRange) -> Possibility {
    Possibility(range: range, mayHoldHistograms: false, onlyLabels: [])
  }

  /// The one value that elements have for a label, "" for none; nil when it is not known.
  func value(of label: String) -> String? {
    if let value = labels[label] { return value }
    if let onlyLabels, !onlyLabels.contains(label) { return "" }
    return nil
  }

  /// A label on which no element here agrees with any element there, when they are matched so.
  func conflict(with other: Possibility, _ matching: VectorMatching) -> (
    label: String, mine: String, other: String
  )? {
    let candidates =
      matching.isOn
      ? Set(matching.labels) : Set(labels.keys).union(other.labels.keys).subtracting(matching.labels)
    for label in candidates.sorted(by: byteOrder) where matching.isOn || label != Labels.metricNameLabel {
      guard let mine = value(of: label), let theirs = other.value(of: label), mine != theirs else { continue }
      return (label, mine, theirs)
    }
    return nil
  }

  /// A selector that must find something while one that finds the same must find nothing.
  func contradictsItself(with other: Possibility) -> Bool {
    let (all, none) = (needs + other.needs, needsNothing + other.needsNothing)
    return all.contains { need in none.contains { need.isPart(of: $0) } }
  }
}

/// Two conditions of a selector that no label satisfies both; nil when a label might.
func contradiction(_ matchers: [LabelMatcher]) -> String? {
  for (place, fixed) in matchers.enumerated() where fixed.kind == .equal {
    for (other, condition) in matchers.enumerated() where other != place && condition.name == fixed.name {
      // Of two equal ones only the first complains.
      if condition.kind == .equal, other < place { continue }
      if !condition.matches(fixed.text) { return "no label is both \(fixed) and \(condition)" }
    }
  }
  return nil
}
