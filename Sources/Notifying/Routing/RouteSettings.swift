package import Model

/// A node of the routing tree.
package struct RouteSettings: Sendable {
  /// All must hold; none: everything matches.
  package var match: [LabelMatcher]
  /// nil: the parent's.
  package var topic: String?
  /// Go on to the next sibling after a match.
  package var `continue`: Bool
  /// Tried before this node's own topic, which is used only when none of them matches.
  package var routes: [RouteSettings]

  package init(
    match: [LabelMatcher] = [], topic: String? = nil, continue: Bool = false, routes: [RouteSettings] = []
  ) {
    self.match = match
    self.topic = topic
    self.continue = `continue`
    self.routes = routes
  }
}
