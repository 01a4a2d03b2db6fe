internal import Model
internal import PromQL

extension Evidence {
  /// Above either of these nothing is looked up: pages say less then, and leave at once.
  private static let mostEndings = 64
  private static let mostSeries = 2000

  /// A series that a selector of the rule finds.
  struct Known {
    var series: SeriesID
    var labels: Labels
    var isFresh: Bool
  }

  /// How `instance`, whose expression does not hold any more, ended.
  mutating func ending(of instance: AlertInstance) -> AlertEnding {
    var ending = AlertEnding(.ceased, ceasedAt: instance.ceasedAt)
    endingsAsked += 1
    guard endingsAsked <= Self.mostEndings else { return ending }
    var anyKnown = false
    var anyFresh = false
    for selector in (rule.plan?.selectors ?? []).indices {
      guard let known = known(by: selector) else { return AlertEnding(.ceased, ceasedAt: instance.ceasedAt) }
      for series in known where agrees(series.labels, with: instance.labels) {
        anyKnown = true
        anyFresh = anyFresh || series.isFresh
        guard let heldAt = instance.lastHeldAt.map({ $0 - rule.group.queryOffset }) else { continue }
        let then = reader.newestSample(of: series.series, at: heldAt, after: heldAt - limits.lookback)
        guard let then else { continue }
        ending.seriesRead += 1
        if series.isFresh { continue }
        ending.seriesGone += 1
        ending.lastSampleAt = max(ending.lastSampleAt ?? then.timestamp, then.timestamp)
      }
    }
    if anyKnown, !anyFresh { ending.cause = .seriesGone }
    // A sample that is young enough and yet not seen has a stale marker behind it.
    ending.seriesWereEnded = ending.lastSampleAt.map { time - $0 < limits.lookback } ?? false
    return ending
  }

  private mutating func known(by selector: Int) -> [Known]? {
    if let known = asked[selector] { return known }
    let found = reader.select((rule.plan?.selectors ?? [])[selector])
    let known =
      found.count > Self.mostSeries
      ? nil
      : found.map { series in
        let sample = reader.newestSample(of: series, at: time, after: time - limits.lookback)
        return Known(series: series, labels: reader.labels(of: series), isFresh: sample != nil)
      }
    asked[selector] = .some(known)
    return known
  }
}

extension RuleState {
  /// What kept a firing alert of these labels from its end.
  func keeper(of instance: AlertInstance) -> AlertEnding.Keeper? {
    let holdDown = policy(for: instance.labels)?.policy.holdDown ?? .zero
    if timing.keepFiring > .zero || holdDown > .zero {
      return holdDown > timing.keepFiring ? .holdDown : .keepFiringFor
    }
    return instance.lastHold.map { $0 == .missingData ? .missingData : .clear }
  }
}
