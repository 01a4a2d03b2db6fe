package import Model

/// A node of the routing tree. What a node leaves out it has from its parent.
package struct RouteSettings: Sendable {
  /// All must hold; none: everything matches.
  package var match: [LabelMatcher]
  /// nil: the parent's.
  package var topic: String?
  /// Go on to the next sibling after a match.
  package var `continue`: Bool
  /// nil: the parent's; the root's is ``Grouping/alone``.
  package var grouping: Grouping?
  /// How long the first page of a group waits for more alerts.
  package var groupWait: Duration?
  /// The shortest time between two pages with news of one group.
  package var groupInterval: Duration?
  /// After how long what still fires is told again; zero: never.
  package var repeatInterval: Duration?
  /// Names of time intervals in which nothing new is told, and of those in which alone something is.
  package var muteTimes: [String]?
  package var activeTimes: [String]?
  package var escalation: [EscalationStep]?
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

/// Which alerts of a route share a page.
package enum Grouping: Hashable, Sendable {
  /// Each alert is told by itself, at once.
  case alone
  /// Those with the same values of these labels; none: all alerts of the route.
  case by([String])
}

/// Who is told next when nobody acknowledges.
package struct EscalationStep: Hashable, Sendable {
  /// Since the first page that nobody has acknowledged.
  package var after: Duration
  package var topic: String

  package init(after: Duration, topic: String) {
    self.after = after
    self.topic = topic
  }
}
