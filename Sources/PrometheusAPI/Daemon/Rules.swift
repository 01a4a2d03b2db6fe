internal import Alerting
internal import Model
internal import PromQL

/// `rules` and `alerts`.
extension PrometheusAPI {
  func rules(_ form: Form) throws(APIFault) -> Answer {
    let filter = try RuleFilter(form)
    let page = try GroupPage(form)
    guard let snapshot = face.rules() else { throw .busy }
    let groups = snapshot.groups.sorted {
      sameBytes($0.file, $1.file) ? byteOrder($0.name, $1.name) : byteOrder($0.file, $1.file)
    }.compactMap(filter.reduced)
    let (shown, token) = try page.part(of: groups)
    return Answer { out in
      out.raw("{\"groups\":")
      out.list(shown) { $0.group($1, withAlerts: !filter.excludesAlerts) }
      if let token {
        out.raw(",\"groupNextToken\":")
        out.string(token)
      }
      out.raw("}")
    }
  }

  func alerts(_ form: Form) throws(APIFault) -> Answer {
    guard let snapshot = face.rules() else { throw .busy }
    return Answer { out in
      out.raw("{\"alerts\":")
      out.list(snapshot.alerts) { $0.alert($1) }
      out.raw("}")
    }
  }
}

/// Which rules a request asks for.
private struct RuleFilter {
  private var kind: RulesSnapshot.RuleKind?
  private var names: [String]
  private var groups: [String]
  private var files: [String]
  private var selectors: [[LabelMatcher]]
  let excludesAlerts: Bool

  init(_ form: Form) throws(APIFault) {
    switch form["type"].lowercased() {
    case "": kind = nil
    case "alert": kind = .alerting
    case "record": kind = .recording
    default: throw .invalid("type", "not supported value \(quoted(form["type"]))")
    }
    excludesAlerts = try form.isOn("exclude_alerts")
    (names, groups, files) = (form.all("rule_name[]"), form.all("rule_group[]"), form.all("file[]"))
    selectors = try form.selectors()
  }

  /// The group with those of its rules that are asked for; nil: none of them is.
  func reduced(_ group: RulesSnapshot.Group) -> RulesSnapshot.Group? {
    guard groups.isEmpty || groups.contains(group.name), files.isEmpty || files.contains(group.file) else {
      return nil
    }
    var group = group
    group.rules.removeAll { !takes($0) }
    return group.rules.isEmpty ? nil : group
  }

  private func takes(_ rule: RulesSnapshot.Rule) -> Bool {
    (kind == nil || kind == rule.kind) && (names.isEmpty || names.contains(rule.name))
      && (selectors.isEmpty || selectors.contains { $0.allSatisfy { $0.matches(rule.labels) } })
  }
}

/// Groups by portions: `group_limit` and `group_next_token`.
private struct GroupPage {
  private var limit: Int?
  private var token: String

  init(_ form: Form) throws(APIFault) {
    let text = form["group_limit"]
    token = form["group_next_token"]
    if text.isEmpty {
      if !token.isEmpty {
        throw .invalid(
          "group_next_token", "group_limit needs to be present in order to paginate over the groups")
      }
      return
    }
    guard let limit = GoNumber.integer(text) else {
      throw .invalid(
        "group_limit",
        "group_limit needs to be a valid number: strconv.ParseInt: parsing \(quoted(text)): invalid syntax")
    }
    guard limit > 0 else { throw .invalid("group_limit", "group_limit needs to be greater than 0") }
    self.limit = limit
  }

  /// A portion, and what names the first group of the next one; nil: that was the last.
  func part(
    of groups: [RulesSnapshot.Group]
  ) throws(APIFault) -> (ArraySlice<RulesSnapshot.Group>, next: String?) {
    guard let limit else { return (groups[...], nil) }
    var start = 0
    if !token.isEmpty {
      guard let place = groups.firstIndex(where: { Self.token(of: $0) == token }) else {
        throw .invalid(
          "group_next_token", "invalid group_next_token '\(token)'. were rule groups changed?")
      }
      start = place
    }
    let end = min(groups.count, start.addingReportingOverflow(limit).partialValue)
    let part = groups[start..<max(start, end < start ? groups.count : end)]
    return (part, part.endIndex < groups.count ? Self.token(of: groups[part.endIndex]) : nil)
  }

  /// Stays the same for as long as the group is called so.
  private static func token(of group: RulesSnapshot.Group) -> String {
    Labels([Label("file", group.file), Label("name", group.name)]).fingerprintText
  }
}

extension JSONWriter {
  fileprivate mutating func group(_ group: RulesSnapshot.Group, withAlerts: Bool) {
    raw("{\"name\":")
    string(group.name)
    raw(",\"file\":")
    string(group.file)
    raw(",\"rules\":")
    list(group.rules) { $0.rule($1, withAlerts: withAlerts) }
    raw(",\"interval\":")
    number(group.interval.inSeconds)
    raw(",\"limit\":")
    integer(Int64(group.limit))
    raw(",\"evaluationTime\":")
    number(group.evaluationTime.inSeconds)
    raw(",\"lastEvaluation\":")
    moment(group.lastEvaluation)
    raw("}")
  }

  private mutating func rule(_ rule: RulesSnapshot.Rule, withAlerts: Bool) {
    let isAlert = rule.kind == .alerting
    raw("{")
    if isAlert {
      raw("\"state\":")
      string(rule.state)
      raw(",")
    }
    raw("\"name\":")
    string(rule.name)
    raw(",\"query\":")
    let expression = try? parseExpression(rule.query, options: ParserOptions(experimentalFunctions: true))
    string(expression?.inOrder.description ?? rule.query)
    if isAlert {
      raw(",\"duration\":")
      number(rule.hold.inSeconds)
      raw(",\"keepFiringFor\":")
      number(rule.keepFiring.inSeconds)
    }
    if isAlert || !rule.labels.isEmpty {
      raw(",\"labels\":")
      labels(rule.labels)
    }
    if isAlert {
      raw(",\"annotations\":")
      labels(rule.annotations)
      raw(",\"alerts\":")
      list(withAlerts ? rule.alerts : []) { $0.alert($1) }
    }
    raw(",\"health\":")
    string(rule.health.rawValue)
    if let problem = rule.lastError {
      raw(",\"lastError\":")
      string(problem)
    }
    raw(",\"evaluationTime\":")
    number(rule.evaluationTime.inSeconds)
    raw(",\"lastEvaluation\":")
    moment(rule.lastEvaluation)
    raw(",\"type\":")
    string(rule.kind.rawValue)
    raw("}")
  }

  fileprivate mutating func alert(_ alert: RulesSnapshot.Alert) {
    raw("{\"labels\":")
    labels(alert.labels)
    raw(",\"annotations\":")
    labels(alert.annotations)
    raw(",\"state\":")
    string(alert.state.rawValue)
    raw(",\"activeAt\":")
    string(alert.activeAt.rfc3339)
    if let since = alert.keepFiringSince {
      raw(",\"keepFiringSince\":")
      string(since.rfc3339)
    }
    raw(",\"value\":")
    string(NumberText.exponential(alert.value))
    raw("}")
  }

  /// Go's zero time where there is none.
  mutating func moment(_ time: Timestamp?) { string(time?.rfc3339 ?? "0001-01-01T00:00:00Z") }
}
