internal import Model

/// A route with everything that it has from its parents.
struct Route: Sendable {
  /// The matchers on the way from the root, as `{}/{severity="page"}`: the same in every configuration that has it.
  var id: String
  var topic: String
  var grouping: Grouping
  var groupWait: Duration
  var groupInterval: Duration
  var repeatInterval: Duration
  var muteTimes: [String]
  var activeTimes: [String]
  var escalation: [EscalationStep]

  /// What names the group of an alert with these labels, and the labels that it is made of.
  func group(of labels: Labels, identity: String) -> (key: String, labels: Labels) {
    switch grouping {
    case .alone: return ("\(id):\(topic):\(identity)", .empty)
    case .by(let names):
      let shared = labels.keeping(Set(names))
      return ("\(id):\(topic):\(shared)", shared)
    }
  }
}

/// Finds the routes of an alert, as Alertmanager's routing tree does.
struct RouteTree: Sendable {
  private struct Node: Sendable {
    var match: [LabelMatcher]
    var `continue`: Bool
    /// nil: no topic from here to the root.
    var route: Route?
    var children: [Node]
  }

  private let roots: [Node]
  /// By ``Route/id`` and topic.
  private let known: [String: Route]

  init(_ routes: [RouteSettings]) {
    var ids: [String: Int] = [:]
    let base = Inherited()
    roots = routes.map { Self.node($0, base, id: "{}", &ids) }
    var known: [String: Route] = [:]
    func note(_ node: Node) {
      if let route = node.route { known[route.id + ":" + route.topic] = route }
      for child in node.children { note(child) }
    }
    for node in roots { note(node) }
    self.known = known
  }

  /// The route of that id and topic, if this tree has one.
  func route(id: String, topic: String) -> Route? { known[id + ":" + topic] }

  /// Routes that take `labels`, in the order of the tree. A topic that would be told the same single alert twice is
  /// told once.
  func routes(for labels: Labels) -> [Route] {
    var found: [Route] = []
    var alone: Set<String> = []
    for route in Self.walk(roots, labels).routes {
      if found.contains(where: { $0.id == route.id && $0.topic == route.topic }) { continue }
      if route.grouping == .alone, !alone.insert(route.topic).inserted { continue }
      found.append(route)
    }
    return found
  }

  private static func walk(_ siblings: [Node], _ labels: Labels) -> (matched: Bool, routes: [Route]) {
    var matched = false
    var routes: [Route] = []
    for node in siblings where node.match.allSatisfy({ $0.matches(labels) }) {
      matched = true
      let below = walk(node.children, labels)
      if below.matched {
        routes += below.routes
      } else if let route = node.route {
        routes.append(route)
      }
      if !node.continue { break }
    }
    return (matched, routes)
  }

  /// What a child has of its parent.
  private struct Inherited {
    var topic: String?
    var grouping = Grouping.alone
    var groupWait: Duration?
    var groupInterval: Duration?
    var repeatInterval: Duration?
    var muteTimes: [String] = []
    var activeTimes: [String] = []
    var escalation: [EscalationStep] = []
  }

  private static func node(
    _ settings: RouteSettings, _ above: Inherited, id: String, _ ids: inout [String: Int]
  ) -> Node {
    var own = above
    own.topic = settings.topic ?? above.topic
    own.grouping = settings.grouping ?? above.grouping
    own.groupWait = settings.groupWait ?? above.groupWait
    own.groupInterval = settings.groupInterval ?? above.groupInterval
    own.repeatInterval = settings.repeatInterval ?? above.repeatInterval
    own.muteTimes = settings.muteTimes ?? above.muteTimes
    own.activeTimes = settings.activeTimes ?? above.activeTimes
    own.escalation = settings.escalation ?? above.escalation
    var ownID = "\(id)/{\(settings.match.map(\.description).joined(separator: ","))}"
    let twins = ids[ownID, default: 0]
    ids[ownID] = twins + 1
    if twins > 0 { ownID += "#\(twins)" }
    var node = Node(match: settings.match, continue: settings.continue, route: nil, children: [])
    node.route = own.topic.map { route(own, id: ownID, topic: $0) }
    node.children = settings.routes.map { Self.node($0, own, id: ownID, &ids) }
    return node
  }

  private static func route(_ own: Inherited, id: String, topic: String) -> Route {
    let isAlone = own.grouping == .alone
    return Route(
      id: id, topic: topic, grouping: own.grouping,
      // Alertmanager's defaults for groups; what is told by itself is told at once, and once.
      groupWait: own.groupWait ?? (isAlone ? .zero : .seconds(30)),
      groupInterval: own.groupInterval ?? (isAlone ? .zero : .seconds(300)),
      repeatInterval: own.repeatInterval ?? (isAlone ? .zero : .seconds(4 * 3600)),
      muteTimes: own.muteTimes, activeTimes: own.activeTimes,
      escalation: own.escalation.sorted { $0.after < $1.after })
  }
}
