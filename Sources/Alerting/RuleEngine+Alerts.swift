internal import Model
internal import Templating

extension RuleEngine {
  /// One alert that the expression says is active.
  private struct Holding {
    var labels: Labels
    var annotations: Labels
    var value: Double
  }

  /// Moves the alerts of `rule` on by one result of its expression. When it throws, the alerts are as before, but
  /// for a rule over its limit: its alerts are ended.
  func apply(
    _ elements: [ResultElement], toAlertsOf rule: RuleState, at now: Timestamp, _ monotonic: MonotonicInstant,
    isInterval: Bool, _ decisions: inout Decisions
  ) throws(EvaluationFailure) {
    let holding = try alerts(of: rule, from: elements, at: now, monotonic, &decisions)
    let present = Set(holding.map(\.labels))
    let time = now - rule.group.queryOffset
    var evidence = Evidence(rule, reader, at: time, limits: limits)
    var instances = rule.instances
    var transitions: [(labels: Labels, transition: AlertInstance.Transition)] = []
    var endings: [Labels: AlertEnding] = [:]
    for alert in holding {
      var instance =
        instances[alert.labels]
        ?? AlertInstance(
          labels: alert.labels, activeAt: now, episode: UInt64(bitPattern: monotonic.nanoseconds))
      let transition = instance.holds(
        value: alert.value, annotations: alert.annotations, at: now, timing: rule.timing(of: alert.labels))
      if transition == .fired || instance.witnesses == nil, rule.minds(alert.labels) {
        instance.note(witnesses: evidence.witnesses(of: alert.labels))
      }
      instances[alert.labels] = instance
      rule.unproven.remove(alert.labels)
      if transition != .none { transitions.append((alert.labels, transition)) }
    }
    for labels in ordered(instances.keys.filter { !present.contains($0) }) {
      guard var instance = instances[labels] else { continue }
      let timing = rule.timing(of: labels)
      let transition =
        hold(on: instance, rule, at: now, &evidence).map { instance.isHeld(by: $0, at: now, timing: timing) }
        ?? instance.ceases(at: now, timing: timing)
      if transition == .resolved {
        var ending = evidence.ending(of: instance)
        ending.keeper = rule.keeper(of: instance)
        endings[labels] = ending
      }
      instances[labels] = transition == .resolved || transition == .dropped ? nil : instance
      if transition != .none { transitions.append((labels, transition)) }
    }
    let limit = rule.group.limit
    if limit > 0, instances.count > limit {
      let count = instances.count
      clear(rule, at: now, &decisions)
      throw EvaluationFailure(message: "exceeded limit of \(limit) with \(count) alerts")
    }
    for (labels, transition) in transitions {
      guard let instance = instances[labels] ?? rule.instances[labels] else { continue }
      tell(transition, of: instance, rule, endings[labels], at: now, &decisions)
    }
    rule.instances = instances
    writeSeries(of: rule, at: now - rule.group.queryOffset, isInterval: isInterval, &decisions)
  }

  private func tell(
    _ transition: AlertInstance.Transition, of instance: AlertInstance, _ rule: RuleState,
    _ ending: AlertEnding?, at now: Timestamp, _ decisions: inout Decisions
  ) {
    switch transition {
    case .none: break
    case .resolved, .dropped:
      end(instance, rule: rule.identity, origin: rule.origin, ending, at: now, &decisions)
    case .updated, .fired:
      let identity = alertIdentity(rule: rule.identity, labels: instance.labels)
      let row = AlertRow(instance, rule: rule.identity, origin: rule.origin)
      if let bytes = row.bytes {
        decisions.changes.append(StateChange(.alerts, identity, bytes))
      } else {
        decisions.statistics.rowsRefused += 1
      }
      guard transition == .fired else {
        // Firing ones are updated too: that is no news.
        if instance.state == .pending { decisions.notePending(instance, identity, isOver: false) }
        return
      }
      decisions.statistics.fired += 1
      decisions.events.append(
        AlertEvent(
          status: .firing, identity: identity, startsAt: instance.activeAt,
          episode: instance.episode, endsAt: nil, labels: instance.labels,
          annotations: instance.annotations, value: instance.value, origin: rule.origin, decidedAt: now))
    }
  }

  private func clear(_ rule: RuleState, at now: Timestamp, _ decisions: inout Decisions) {
    for labels in ordered(rule.instances.keys) {
      guard let instance = rule.instances[labels] else { continue }
      let ending = AlertEnding(.overLimit, ceasedAt: instance.ceasedAt)
      end(instance, rule: rule.identity, origin: rule.origin, ending, at: now, &decisions)
    }
    rule.instances = [:]
    writeSeries(of: rule, at: now - rule.group.queryOffset, isInterval: false, &decisions)
  }

  // MARK: - Labels

  private func alerts(
    of rule: RuleState, from elements: [ResultElement], at now: Timestamp, _ monotonic: MonotonicInstant,
    _ decisions: inout Decisions
  ) throws(EvaluationFailure) -> [Holding] {
    let query = templateQuery(reader, at: now - rule.group.queryOffset, limits: limits)
    var holding: [Holding] = []
    holding.reserveCapacity(elements.count)
    var seen: Set<Labels> = []
    var problem: String?
    for element in elements {
      let context = TemplateContext(
        labels: element.labels, value: element.value, externalLabels: settings.externalLabels,
        externalURL: settings.externalURL, now: now, query: query)
      let own = render(rule.rule.labels, context, &problem, &decisions)
      let labels = Labels(
        element.labels.withoutMetricName.entries.filter { label in
          !rule.rule.labels.contains { $0.name == label.name }
        }
          + own + [Label("alertname", rule.rule.name)])
      guard seen.insert(labels).inserted else {
        throw EvaluationFailure(
          message: "vector contains metrics with the same labelset after applying alert labels")
      }
      let annotations = Labels(render(rule.rule.annotations, context, &problem, &decisions))
      holding.append(Holding(labels: labels, annotations: annotations, value: element.value))
    }
    if !elements.isEmpty { templatesRendered(rule, problem, at: monotonic, &decisions) }
    return holding
  }

  private func render(
    _ templates: [RuleTemplate], _ context: TemplateContext, _ problem: inout String?,
    _ decisions: inout Decisions
  ) -> [Label] {
    var out: [Label] = []
    for template in templates {
      do {
        out.append(Label(template.name, try template.template?.render(context) ?? template.text))
      } catch {
        // An alert with a hole in its text beats no alert.
        decisions.statistics.templateFailures += 1
        problem = problem ?? "\(template.name): \(error.message)"
        out.append(Label(template.name, "<error expanding template: \(error.message)>"))
      }
    }
    return out
  }

  // MARK: - Series

  /// Brings `ALERTS` and `ALERTS_FOR_STATE` in line with the rule's alerts; all of them at the interval, otherwise
  /// those that changed.
  private func writeSeries(
    of rule: RuleState, at time: Timestamp, isInterval: Bool, _ decisions: inout Decisions
  ) {
    for labels in ordered(rule.alertSeries.keys.filter { rule.instances[$0] == nil }) {
      endSeries(ofAlert: labels, in: rule, at: time, &decisions)
    }
    let toWrite = rule.instances.filter { isInterval || rule.alertSeries[$0.key]?.state != $0.value.state }
    for labels in ordered(toWrite.keys) {
      guard let instance = toWrite[labels] else { continue }
      var series = rule.alertSeries[labels]
      let stateChanged = series?.state != instance.state
      if stateChanged {
        if let old = series?.alerts {
          write(StaleMarker.value, at: time, to: old, &decisions)
          wroteChange(old, &decisions)
        }
        let alerts = find(
          Self.alertsFamily, labels.setting("alertstate", to: instance.state.rawValue), &decisions)
        let forState = series?.forState ?? find(Self.forStateFamily, labels, &decisions)
        series = RuleState.AlertSeries(state: instance.state, alerts: alerts, forState: forState)
        rule.alertSeries[labels] = series
      }
      write(1, at: time, to: series?.alerts, &decisions)
      write(instance.activeAt.seconds, at: time, to: series?.forState, &decisions)
      if stateChanged {
        for id in [series?.alerts, series?.forState].compactMap({ $0 }) { wroteChange(id, &decisions) }
      }
    }
  }

  func endSeries(ofAlert labels: Labels, in rule: RuleState, at time: Timestamp, _ decisions: inout Decisions)
  {
    guard let series = rule.alertSeries.removeValue(forKey: labels) else { return }
    for id in [series.alerts, series.forState].compactMap({ $0 }) {
      write(StaleMarker.value, at: time, to: id, &decisions)
      wroteChange(id, &decisions)
    }
  }

  func find(_ family: MetricFamily, _ labels: Labels, _ decisions: inout Decisions) -> SeriesID? {
    let series = appender.series(family, labels)
    if series == nil { decisions.statistics.seriesRefused += 1 }
    return series
  }
}
