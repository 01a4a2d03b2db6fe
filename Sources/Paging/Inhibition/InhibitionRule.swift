package import Model

/// While an alert that the source side takes is firing, alerts that the target side takes and that have the same
/// values of ``equal`` are not told.
package struct InhibitionRule: Equatable, Sendable {
  package var source: [LabelMatcher]
  package var target: [LabelMatcher]
  /// Label names, sorted, each once. A missing label equals a missing or an empty one.
  package var equal: [String]
  /// How long an alert that could be a target is held back, so that its source can be there first.
  package var wait: Duration

  package init(source: [LabelMatcher], target: [LabelMatcher], equal: [String] = [], wait: Duration = .zero) {
    self.source = source
    self.target = target
    self.equal = Set(equal).sorted(by: byteOrder)
    self.wait = wait
  }

  func takesSource(_ labels: Labels) -> Bool { source.allSatisfy { $0.matches(labels) } }
  func takesTarget(_ labels: Labels) -> Bool { target.allSatisfy { $0.matches(labels) } }
}
