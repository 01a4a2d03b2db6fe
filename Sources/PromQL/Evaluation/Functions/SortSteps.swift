internal import Model

/// `sort` and `sort_desc`: NaN last in both, native histograms left out.
final class SortStep: Step {
  private let operand: Step
  private let descending: Bool
  private let range: SourceRange

  init(_ operand: Step, descending: Bool, at range: SourceRange) {
    self.operand = operand
    self.descending = descending
    self.range = range
  }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    try operand.evaluate(context)
    context.noteSorting(at: range)
    removeAll()
    let values = operand.values
    let floats = values.indices.filter { operand.histogram($0) == nil }
    let order = floats.sorted {
      let (a, b) = (values[$0], values[$1])
      if a.isNaN || b.isNaN { return !a.isNaN && b.isNaN }
      return descending ? a > b : a < b
    }
    for index in order { append(operand.sets[index], values[index]) }
  }
}

/// `sort_by_label` and `sort_by_label_desc`: by the values of the named labels in natural order, then by all labels.
final class LabelSortStep: Step {
  private let operand: Step
  private let names: [String]
  private let descending: Bool
  private let range: SourceRange

  init(_ operand: Step, by names: [String], descending: Bool, at range: SourceRange) {
    self.operand = operand
    self.names = names
    self.descending = descending
    self.range = range
  }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    try operand.evaluate(context)
    context.noteSorting(at: range)
    removeAll()
    let keys = operand.sets.map { set in
      let labels = context.table.sets[set]
      return (named: names.map { NaturalOrderKey(labels[$0] ?? "") }, labels: labels)
    }
    let order = keys.indices.sorted {
      let (first, second) = descending ? (keys[$1], keys[$0]) : (keys[$0], keys[$1])
      for (a, b) in zip(first.named, second.named) where a.text != b.text { return a.precedes(b) }
      return first.labels.precedes(second.labels)
    }
    for index in order { append(operand.sets[index], elementOf: operand, index) }
  }
}

extension EvaluationContext {
  fileprivate func noteSorting(at range: SourceRange) {
    guard isRangeQuery else { return }
    annotate(
      .warning, "sort is ineffective for range queries since results are always ordered by labels", at: range)
  }
}

/// A text cut into runs of digits and of everything else, so that "web-10" comes behind "web-9".
struct NaturalOrderKey {
  private enum Run {
    case number(Int, digits: Substring.UTF8View)
    case text(Substring.UTF8View)

    var bytes: Substring.UTF8View {
      switch self {
      case .number(_, let bytes), .text(let bytes): bytes
      }
    }
  }

  let text: String
  private var runs: [Run] = []

  init(_ text: String) {
    self.text = text
    var rest = Substring(text).utf8
    while let first = rest.first {
      let isDigit = (0x30...0x39).contains(first)
      let run = rest.prefix { (0x30...0x39).contains($0) == isDigit }
      rest = rest.dropFirst(run.count)
      // A number too long for 64 bits is compared as text.
      if isDigit, let number = Int(Substring(run)) {
        runs.append(.number(number, digits: run))
      } else {
        runs.append(.text(run))
      }
    }
  }

  /// As the natural sort that Prometheus uses: the shorter of two texts that agree so far comes first, and "1" and
  /// "01" agree.
  func precedes(_ other: NaturalOrderKey) -> Bool {
    for (index, run) in runs.enumerated() {
      guard index < other.runs.count else { return false }
      let theirs = other.runs[index]
      if case .number(let a, _) = run, case .number(let b, _) = theirs {
        if a != b { return a < b }
      } else if !run.bytes.elementsEqual(theirs.bytes) {
        return run.bytes.lexicographicallyPrecedes(theirs.bytes)
      }
      if index == runs.count - 1 {
        return other.runs.count > runs.count || text.utf8.count < other.text.utf8.count
      }
    }
    return !other.runs.isEmpty
  }
}
