internal import Model
internal import Paging

/// The routes and topics in force, as an Alertmanager configuration with topics for receivers: what `amtool config show`
/// prints and `amtool config routes test` reads. Endpoints, and with them every secret, are left out.
enum RoutingText {
  /// Takes what no route takes; Alertmanager's tree cannot do without.
  private static let nobody = "nobody"

  static func write(topics: [String], paging: PagingSettings) -> String {
    var text = "# Written by Farwatch: topics stand as receivers, without what they deliver to.\n"
    // Alone, unless a route says otherwise.
    text += "route:\n  receiver: \(nobody)\n  group_by: ['...']\n"
    append(paging.routes, in: Times(), depth: 1, to: &text)
    append(paging.inhibitions, to: &text)
    if !paging.timeIntervals.isEmpty {
      text += "# Their times are in Farwatch's own file.\ntime_intervals:\n"
      for name in paging.timeIntervals.keys.sorted() {
        text += "- name: \(quoted(name))\n  time_intervals: []\n"
      }
    }
    text += "receivers:\n- name: \(nobody)\n"
    for topic in topics { text += "- name: \(quoted(topic))\n" }
    return text
  }

  /// Alertmanager's routes do not have these from their parents, as ours do: each says its own.
  private struct Times {
    var mute: [String] = []
    var active: [String] = []
  }

  private static func append(
    _ routes: [RouteSettings], in above: Times, depth: Int, to text: inout String
  ) {
    guard !routes.isEmpty else { return }
    let space = String(repeating: "  ", count: depth)
    text += "\(space)routes:\n"
    for route in routes {
      text += "\(space)- continue: \(route.continue)\n"
      func add(_ line: String) { text += "\(space)  \(line)\n" }
      if let topic = route.topic { add("receiver: \(quoted(topic))") }
      if !route.match.isEmpty {
        add("matchers:")
        for matcher in route.match { add("- \(written(matcher))") }
      }
      switch route.grouping {
      case .alone: add("group_by: ['...']")
      case .by(let names): add("group_by: \(list(names))")
      case nil: break
      }
      if let time = route.groupWait { add("group_wait: \(DurationText.format(time))") }
      addUnlessZero("group_interval", route.groupInterval, "at once", add)
      addUnlessZero("repeat_interval", route.repeatInterval, "never", add)
      let times = Times(mute: route.muteTimes ?? above.mute, active: route.activeTimes ?? above.active)
      if !times.mute.isEmpty { add("mute_time_intervals: \(list(times.mute))") }
      if !times.active.isEmpty { add("active_time_intervals: \(list(times.active))") }
      for step in route.escalation ?? [] {
        add("# escalation: after \(DurationText.format(step.after)) to \(quoted(step.topic))")
      }
      append(route.routes, in: times, depth: depth + 1, to: &text)
    }
  }

  /// Alertmanager refuses a time of 0.
  private static func addUnlessZero(
    _ key: String, _ time: Duration?, _ meaning: String, _ add: (String) -> Void
  ) {
    guard let time else { return }
    add(time > .zero ? "\(key): \(DurationText.format(time))" : "# \(key): 0s (\(meaning))")
  }

  private static func append(_ inhibitions: [InhibitionRule], to text: inout String) {
    if !inhibitions.isEmpty { text += "inhibit_rules:\n" }
    for rule in inhibitions {
      for (mark, key, matchers) in [
        ("-", "source_matchers", rule.source), (" ", "target_matchers", rule.target),
      ] {
        text += "\(mark) \(key): [\(matchers.map(written).joined(separator: ", "))]\n"
      }
      text += "  equal: \(list(rule.equal))\n"
    }
  }

  private static func list(_ names: [String]) -> String {
    "[\(names.map(quoted).joined(separator: ", "))]"
  }

  private static func written(_ matcher: LabelMatcher) -> String {
    "'" + matcher.description.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
      + "'"
  }
}
