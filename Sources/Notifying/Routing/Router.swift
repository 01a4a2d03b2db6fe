package import Model

/// Finds the topics of an alert, as Alertmanager's routing tree does.
struct Router {
  private let routes: [RouteSettings]

  init(_ routes: [RouteSettings]) { self.routes = routes }

  /// Names of topics, each once, in the order of the tree; empty when nothing takes `labels`.
  func topics(for labels: Labels) -> [String] {
    var found: [String] = []
    for topic in Self.walk(routes, labels, inherited: nil).topics where !found.contains(topic) {
      found.append(topic)
    }
    return found
  }

  private static func walk(
    _ siblings: [RouteSettings], _ labels: Labels, inherited: String?
  ) -> (matched: Bool, topics: [String]) {
    var matched = false
    var topics: [String] = []
    for route in siblings where route.match.allSatisfy({ $0.matches(labels) }) {
      matched = true
      let topic = route.topic ?? inherited
      let below = walk(route.routes, labels, inherited: topic)
      if below.matched {
        topics += below.topics
      } else if let topic {
        topics.append(topic)
      }
      if !route.continue { break }
    }
    return (matched, topics)
  }
}

extension Dispatcher {
  /// Routes single alerts by the settings' own routes.
  package func accept(
    _ events: [AlertEvent], ticket: CommitTicket, now: Timestamp, monotonic: MonotonicInstant
  ) -> [StateChange] {
    let router = Router(settings.routes)
    return accept(
      events.map { (Notification($0), $0.topics ?? router.topics(for: $0.labels)) }, ticket: ticket, now: now,
      monotonic: monotonic)
  }
}
