package import Model

extension LabelMatcher {
  /// Whether these hold back more than anyone means: none of them is negative or asks for a label that is there. The
  /// rule by which Alertmanager refuses silences; one negative matcher alone is broad but meant.
  package static func takeEverything(_ matchers: [LabelMatcher]) -> Bool {
    matchers.allSatisfy { ($0.kind == .equal || $0.kind == .regex) && $0.matches("") }
  }
}
