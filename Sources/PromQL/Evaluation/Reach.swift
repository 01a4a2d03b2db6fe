extension Expression {
  /// How far before the moment of evaluation the expression's selectors are moved: the largest `offset`; nil when `@`
  /// fixes one to a moment. The look-back of a selector comes on top.
  package var reach: Duration? {
    var furthest = Duration.zero
    if case .selector(let selector) = kind {
      guard selector.shift.anchor == nil else { return nil }
      furthest = .milliseconds(max(0, selector.shift.offsetMilliseconds ?? 0))
    }
    for child in children {
      guard let below = child.reach else { return nil }
      furthest = max(furthest, below)
    }
    return furthest
  }
}
