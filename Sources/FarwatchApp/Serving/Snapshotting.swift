internal import Alerting
internal import CloudWatchAlarms
internal import Collecting
internal import Configuration
internal import Model
internal import Paging
internal import SampleStore
internal import StatusPage

extension Conductor {
  private var storeProblems: [String] {
    let statistics = store.statistics
    var problems: [String] = []
    if statistics.isFailing {
      problems.append("Samples are kept in memory only: \(statistics.failure)")
    }
    let damaged = statistics.damaged + statistics.damagedChunks
    if damaged > 0 {
      problems.append(
        "\(damaged) files or parts of files with older samples were damaged: the log names them.")
    }
    return problems
  }

  /// Everything that the status page shows, as the core sees it now.
  func snapshot(at time: TurnTime, startedAt: Timestamp, reloads: ReloadState) -> StatusSnapshot {
    let now = time.now
    let rules = engine.snapshot()
    let paging = desk.snapshot(at: Moment(time))
    var problems = rules.groups.flatMap { group in
      group.rules.flatMap { rule in
        let name = "Rule \(rule.name) of group \(group.name)"
        return [
          rule.lastError.map { "\(name) cannot be evaluated: \($0)" },
          rule.templateError.map { "\(name) has a template that fails: \($0)" },
        ].compactMap { $0 }
      }
    }
    let mostProblems = 50
    if problems.count > mostProblems {
      problems[mostProblems...] = ["And \(problems.count - mostProblems) more problems with rules."]
    }
    let events = newestEventsOfRegions
    let regions = watchlist.regions.map { region in
      var status = regionStatus(region, now)
      status.events = events[region.name] ?? []
      return status
    }
    var snapshot = StatusSnapshot(
      takenAt: now, startedAt: startedAt, vantage: reloads.settings.vantage, version: Version.text,
      ready: isReady,
      lastReloadProblem: reloads.problem, regions: regions, links: linkStatuses(now),
      backups: backupStatuses(now),
      alerts: alertStatuses(rules, paging, now), silences: silenceStatuses(paging, now),
      alarms: alarmStatuses(), ruleProblems: storeProblems + problems,
      receivers: receiverStatuses(now), store: storeStatus(reloads.settings),
      heartbeats: heartbeatStatuses, events: newestEvents)
    snapshot.overruns = watchlist.recentOverruns(at: time.monotonic)
    snapshot.stuckCollectors = watchlist.stuck(at: time.monotonic)
    snapshot.isOffline = watchlist.isOffline
    return snapshot
  }

  private func storeStatus(_ settings: Settings) -> StatusSnapshot.Store {
    let found = store.statistics
    return StatusSnapshot.Store(
      series: found.series, seriesLimit: found.seriesLimit, retention: settings.store.retention,
      diskBytes: found.diskBytes, isFailing: found.isFailing, failure: found.failure)
  }

  private func regionStatus(_ region: Settings.Region, _ now: Timestamp) -> StatusSnapshot.Region {
    var checks = sortedTargets.compactMap { target -> StatusSnapshot.Check? in
      guard let settings = target.basics, settings.region == region.name else { return nil }
      return StatusSnapshot.Check(
        name: settings.name, zone: settings.zone, tier: settings.tier,
        verdict: Self.verdict(target.check.health), since: target.check.since,
        consecutiveFailures: target.check.consecutiveFailures, problem: target.problem,
        latencySeconds: target.newest?.took.inSeconds, lastProbe: target.newest?.finishedAt)
    }
    checks += watchlist.calculatedHealth.filter { $0.check.region == region.name }.map { check, health in
      StatusSnapshot.Check(
        name: check.name, zone: check.zone, tier: check.tier, verdict: Self.verdict(health),
        consecutiveFailures: 0, madeOf: check.summary)
    }
    var status = StatusSnapshot.Region(
      name: region.name, role: region.role.rawValue, share: region.share,
      verdict: Self.verdict(watchlist.regionHealth[region.name] ?? .unknown), checks: checks)
    if let tree = watchlist.healthTrees[region.name] {
      status.zones = tree.zones.map { StatusSnapshot.Part(name: $0.name, verdict: Self.verdict($0.health)) }
      status.tiers = tree.tiers.map {
        StatusSnapshot.Part(
          zone: $0.zone, name: $0.name, verdict: Self.verdict($0.health), healthyShare: $0.healthyShare)
      }
    }
    status.traffic = region.traffic.map { _ in
      // Nothing was looked at in the first moments of a configuration.
      let standing = traffic.standings[region.name] ?? .init(problem: "not looked at yet")
      return .init(requests: standing.requests, errors: standing.errors, problem: standing.problem)
    }
    status.servedShare = newest(
      "farwatch_steering_share", [LabelMatcher("region", equals: region.name)], now, onlyOne: true)
    return status
  }

  private static func verdict(_ health: RegionHealth) -> StatusSnapshot.Verdict {
    switch health {
    case .up: .good
    case .degraded: .degraded
    case .down: .bad
    case .unknown: .unknown
    }
  }

  private static func verdict(_ health: CheckState.Health) -> StatusSnapshot.Verdict {
    switch health {
    case .up: .good
    case .down: .bad
    case .unknown: .unknown
    }
  }

  private func linkStatuses(_ now: Timestamp) -> [StatusSnapshot.Link] {
    sortedTargets.flatMap { target -> [StatusSnapshot.Link] in
      guard let link = target.plan.settings as? any ReplicationLinkSettings else { return [] }
      let settings = link.basics
      return settings.targetRegions.map { region in
        let point = newest(
          ReplicationFamilies.recoveryPoint.name,
          [LabelMatcher("link", equals: settings.link), LabelMatcher("target_region", equals: region)],
          now)
        return StatusSnapshot.Link(
          name: settings.link, engine: target.key.kind, source: settings.sourceRegion, target: region,
          recoveryPoint: point.map { Timestamp(seconds: $0) }, objective: settings.rpo,
          measured: target.newest?.succeeded ?? false, problem: target.problem)
      }
    }
  }

  private func backupStatuses(_ now: Timestamp) -> [StatusSnapshot.Backup] {
    sortedTargets.compactMap { target -> StatusSnapshot.Backup? in
      guard let settings = (target.plan.settings as? any BackupJobSettings)?.basics else { return nil }
      let matchers = target.plan.description.labels.entries.map { LabelMatcher($0.name, equals: $0.value) }
      var status = StatusSnapshot.Backup(
        job: settings.job, region: settings.region,
        newestGood: newest("backup_last_success_timestamp_seconds", matchers, now).map {
          Timestamp(seconds: $0)
        },
        objective: settings.objectiveAge,
        sizeBytes: newest("backup_last_size_bytes", matchers, now),
        measured: target.newest?.succeeded ?? false,
        problem: target.problem, unverified: newest("backup_unverified", matchers, now),
        foundBad: newest("backup_verification_failed_files_total", matchers, now),
        restoreTested: newest("backup_restore_tested_timestamp_seconds", matchers, now).map {
          Timestamp(seconds: $0)
        })
      status.retained = newest("backup_retained", matchers, now)
      status.foundGood = newest("backup_verified_files_total", matchers, now)
      return status
    }
  }

  private func alarmStatuses() -> [StatusSnapshot.Alarm] {
    alarms.snapshot().sorted { $0.urgency < $1.urgency }.map { alarm in
      let verdict: StatusSnapshot.Verdict =
        switch alarm.state {
        case .ok: .good
        case .alarm: .bad
        case .insufficientData: .unknown
        }
      return StatusSnapshot.Alarm(
        name: alarm.name, state: alarm.state.rawValue, verdict: verdict, since: alarm.changedAt,
        reason: alarm.reason, isSuppressed: alarm.isSuppressed, problem: alarm.problem,
        description: alarm.description, watches: alarm.watches, actionsEnabled: alarm.actionsEnabled,
        topics: alarm.topics, toldAt: alarm.toldAt)
    }
  }

  private var sortedTargets: [WatchedTarget] {
    watchlist.targets.values.sorted { ($0.key.kind, $0.key.name) < ($1.key.kind, $1.key.name) }
  }

  /// - Parameter onlyOne: nil where several series say something, and none speaks for all.
  private func newest(
    _ family: String, _ matchers: [LabelMatcher], _ now: Timestamp, onlyOne: Bool = false
  ) -> Double? {
    let found = store.select([LabelMatcher(Labels.metricNameLabel, equals: family)] + matchers)
    if onlyOne, found.count > 1 { return nil }
    return found.lazy.compactMap {
      self.store.newestSample(of: $0, at: now, after: now - .seconds(300))?.value
    }.first
  }
}

extension CalculatedCheck {
  /// `at least 2 of api, db`; members of another region with their region before them.
  fileprivate var summary: String {
    let most = 5
    var names = members.prefix(most).map { $0.region == region ? $0.name : "\($0.region)/\($0.name)" }
    if members.count > most { names.append("\(members.count - most) more") }
    return (isInverted ? "fewer than " : "at least ") + "\(atLeast) of " + names.joined(separator: ", ")
  }
}

extension WatchedTarget {
  /// Why the newest collection failed, for a person; nil when it succeeded or none has ended.
  var problem: String? {
    guard case .failure(let reason, let detail)? = newest?.verdict else { return nil }
    return detail.isEmpty ? reason.rawValue : "\(reason.rawValue): \(detail)"
  }
}

extension AlarmSummary {
  /// ALARM before what is not known before OK; of one state the newest first.
  fileprivate var urgency: (Int, Int64) {
    let rank =
      switch state {
      case .alarm: 0
      case .insufficientData: 1
      case .ok: 2
      }
    return (rank, -changedAt.milliseconds)
  }
}
