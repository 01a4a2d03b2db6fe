internal import Model
internal import StrictYAML

/// What alarms say about each other.
struct AlarmGraph {
  private let alarms: [Alarm]
  private let declared: Set<String>
  private let leftOut: Set<String>
  private let reportsStrangers: Bool
  private var byName: [String: Alarm] = [:]

  init(_ loaded: LoadedAlarms, reportsStrangers: Bool) {
    alarms = loaded.alarms
    declared = loaded.declared
    leftOut = loaded.leftOut
    self.reportsStrangers = reportsStrangers
    for alarm in alarms where byName[alarm.name] == nil { byName[alarm.name] = alarm }
  }

  /// The alarms with each composite one behind its children, and what is wrong: names that are used twice or not
  /// known, and circles.
  func ordered() -> ([Alarm], [YAMLProblem]) {
    var wrong = duplicates + (reportsStrangers ? strangers : [])
    // Repeatedly those whose children are all placed: bounded, and what remains is on a circle or behind one.
    var placed: Set<String> = []
    var out: [Alarm] = []
    var rest = alarms
    while !rest.isEmpty {
      let ready = rest.filter { $0.dependencies.allSatisfy { placed.contains($0) || byName[$0] == nil } }
      if ready.isEmpty { break }
      for alarm in ready { placed.insert(alarm.name) }
      out += ready
      rest.removeAll { placed.contains($0.name) }
    }
    wrong += circles(among: rest)
    wrong.sort { ($0.file, $0.line, $0.column) < ($1.file, $1.line, $1.column) }
    return (out, wrong)
  }

  private var duplicates: [YAMLProblem] {
    var first: [String: Alarm] = [:]
    return alarms.compactMap { alarm in
      guard let other = first[alarm.name] else {
        first[alarm.name] = alarm
        return nil
      }
      return YAMLProblem(
        file: alarm.file, at: alarm.position,
        "alarm \"\(alarm.name)\" is declared a second time; first in \(other.file):\(other.position.line)")
    }
  }

  private var strangers: [YAMLProblem] {
    alarms.flatMap { alarm in
      alarm.dependencies.filter { !declared.contains($0) && byName[$0] == nil }.map { child in
        let near = suggestion(for: child, among: declared.sorted())
        let why =
          leftOut.contains(child)
          ? "which is left out" : "which no file declares" + (near.map { "; did you mean \"\($0)\"?" } ?? "")
        return YAMLProblem(
          file: alarm.file, at: alarm.place(of: child),
          "alarm \"\(alarm.name)\" depends on \"\(child)\", \(why)")
      }
    }
  }

  /// Every circle once, told at the first of its alarms, with exactly those that are on it.
  private func circles(among rest: [Alarm]) -> [YAMLProblem] {
    let stuck = Set(rest.map(\.name))
    var told: Set<String> = []
    return rest.compactMap { alarm in
      // Every alarm that is stuck has a child that is, so that walking on meets a name again.
      var path: [String] = []
      var next: String? = alarm.name
      while let name = next, !path.contains(name), !told.contains(name) {
        path.append(name)
        next = byName[name]?.dependencies.first { stuck.contains($0) }
      }
      defer { told.formUnion(path) }
      guard let end = next, let start = path.firstIndex(of: end), let one = byName[end] else { return nil }
      let circle = path[start...] + [end]
      return YAMLProblem(
        file: one.file, at: one.place(of: circle[circle.startIndex + 1]),
        "alarm \"\(end)\" depends on itself: \(circle.joined(separator: " → "))")
    }
  }
}

extension Alarm {
  /// Names of the alarms that this one looks at.
  var dependencies: [String] {
    guard case .composite(let composite) = kind else { return [] }
    return composite.rule.children + (composite.suppressor.map { [$0.alarm] } ?? [])
  }

  /// Where this alarm names another.
  fileprivate func place(of child: String) -> YAMLPosition {
    guard case .composite(let composite) = kind else { return position }
    return composite.places[child] ?? position
  }
}

/// Alarms that are named for different things and watch one.
enum Twins {
  /// One warning for all that watch the same.
  static func warnings(about alarms: [Alarm]) -> [YAMLProblem] {
    var order: [String] = []
    var alike: [String: [Alarm]] = [:]
    for alarm in alarms {
      guard case .metric(let metric) = alarm.kind, metric.metricName != nil else { continue }
      let key = "\(metric.measureIdentity)\u{ff}\(metric.evaluator)"
      if alike[key] == nil { order.append(key) }
      alike[key, default: []].append(alarm)
    }
    return order.compactMap { key in
      guard let group = alike[key], group.count > 1, case .metric(let metric) = group[0].kind,
        let name = metric.metricName
      else { return nil }
      let shown = group.prefix(3).map { "\"\($0.name)\"" }.joined(separator: ", ")
      let more = group.count > 3 ? " and \(group.count - 3) more" : ""
      return YAMLProblem(
        file: group[1].file, at: group[1].position,
        "alarms \(shown)\(more) watch the same \(name) in the same way; `Dimensions` in the file, or "
          + "`alarm_mapping: {dimensions: {\(group[1].name): {…}}}`, say which one each means")
    }
  }
}
