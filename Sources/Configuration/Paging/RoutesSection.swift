internal import Model
internal import Paging
internal import StrictYAML

/// `routes:`: who is told of which alerts, and which of them share a page.
struct RoutesSection {
  let topics: [String]
  let timeIntervals: [String]

  func read(_ m: MappingReader) -> [RouteSettings] {
    let routes = m.optional("routes", .list(route(inherited: nil))) ?? []
    if m.has("routes"), topics.isEmpty { m.problem("routes lead nowhere without `topics`", at: "routes") }
    return routes
  }

  /// - Parameter inherited: the topic of the route around it.
  private func route(inherited: String?) -> YAMLType<RouteSettings> {
    .mapping { m in
      var route = RouteSettings()
      route.match = NotifyingSection.matchers(m) + (m.optional("matchers", .matchers) ?? [])
      route.topic = m.optional("topic", topic)
      route.continue = m.optional("continue", .bool) ?? false
      readTimes(m, &route)
      route.muteTimes = m.optional("mute_time_intervals", .list(timeInterval))
      route.activeTimes = m.optional("active_time_intervals", .list(timeInterval))
      route.escalation = m.optional("escalation", .list(step))
      if m.has("routes") {
        route.routes =
          m.optional("routes", .list(self.route(inherited: route.topic ?? inherited))) ?? []
      } else {
        m.allow("routes")
      }
      if route.topic == nil, route.routes.isEmpty, inherited == nil, m.node("topic") == nil {
        m.problem("a route needs a `topic` or `routes` of its own")
      }
      return route
    }
  }

  private func readTimes(_ m: MappingReader, _ route: inout RouteSettings) {
    let long = YAMLType<Duration>.duration(.zero ... .seconds(30 * 86_400))
    if let names = m.optional("group_by", .list(.nonEmptyString)) {
      if names.contains("...") {
        if names.count > 1 { m.problem("\"...\" means all labels and stands alone", at: "group_by") }
        route.grouping = .alone
      } else {
        route.grouping = .by(names)
      }
      for (place, name) in names.enumerated() where names[..<place].contains(name) {
        m.problem("the label \"\(name)\" stands twice", at: "group_by")
      }
    }
    route.groupWait = m.optional("group_wait", long)
    route.groupInterval = m.optional("group_interval", long)
    route.repeatInterval = m.optional("repeat_interval", long)
    if let interval = route.groupInterval, let again = route.repeatInterval, again > .zero, again < interval {
      m.problem("is shorter than group_interval", at: "repeat_interval")
    }
  }

  private var step: YAMLType<EscalationStep> {
    .mapping { m in
      EscalationStep(
        after: m.required("after", .duration(.seconds(1) ... .seconds(7 * 86_400))),
        topic: m.required("topic", topic))
    }
  }

  private var topic: YAMLType<String> {
    YAMLType<String>.nonEmptyString.validated { name in
      // That there are none at all was said once.
      if topics.contains(name) || topics.isEmpty { return nil }
      if let near = suggestion(for: name, among: topics) {
        return "unknown topic \"\(name)\"; did you mean \"\(near)\"?"
      }
      return "unknown topic \"\(name)\"; `topics` declares \(topics.joined(separator: ", "))"
    }
  }

  private var timeInterval: YAMLType<String> {
    YAMLType<String>.nonEmptyString.validated { name in
      if timeIntervals.contains(name) { return nil }
      if let near = suggestion(for: name, among: timeIntervals) {
        return "unknown time interval \"\(name)\"; did you mean \"\(near)\"?"
      }
      return "unknown time interval \"\(name)\"; `time_intervals` declares "
        + (timeIntervals.isEmpty ? "none" : timeIntervals.joined(separator: ", "))
    }
  }
}

extension RouteSettings {
  /// Topics that this route or one below it names.
  package var topicsBelow: [String] {
    (topic.map { [$0] } ?? []) + (escalation ?? []).map(\.topic) + routes.flatMap(\.topicsBelow)
  }
}
