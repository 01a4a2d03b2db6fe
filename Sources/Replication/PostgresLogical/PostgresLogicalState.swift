internal import Collecting
package import Model
package import PostgresClient

/// Turns what publisher and subscribers say into readings. Pure: the same passes give the same readings.
///
/// The recovery point of a target moves only on proof, with times of Farwatch's own clock: the publisher's position is
/// remembered with the time before the question left (``WALHistory``), and a target is complete up to that time once
/// the publisher's slot has that position confirmed, or the running worker has told of it, and all its tables have
/// their first copy. A slot that is lost or gone proves nothing any more.
///
/// What cannot go on looks alive: after a conflict the subscription stays enabled, its slot reserved, and a new worker
/// starts every few seconds. So an error that was counted, or a worker that is another than before, makes the target
/// ``PostgresLogicalMetrics/stuck`` until all that the publisher had written by then is confirmed.
package struct PostgresLogicalState: Sendable {
  private struct Target {
    var recoveryPoint: Timestamp?
    var slot: String?
    /// As of the last pass in which it answered; nil before.
    var before: SubscriberObservation?
    var confirmed: WALPosition?
    var isStuck = false
    /// What must be confirmed; nil while the publisher's position is not known.
    var horizon: WALPosition?
    /// It told of more than the publisher, asked later, had written.
    var diverged = false
  }

  private let settings: PostgresLogicalSettings
  private let linkLabels: Labels
  private var history = WALHistory()
  private var cluster: String?
  private var timeline: UInt32?
  private var targets: [String: Target] = [:]
  private var reasonsSeen: [String: Set<FailureReason>] = [:]
  private var lastPass: Timestamp?

  package init(_ settings: PostgresLogicalSettings) {
    self.settings = settings
    linkLabels = ["link": settings.basics.link]
  }

  /// One pass; a region that is not among `subscribers` did not answer.
  package mutating func observe(
    _ publisher: Result<PublisherObservation, PostgresError>,
    _ subscribers: [String: Result<SubscriberObservation, PostgresError>], at now: Timestamp
  ) -> LinkPass {
    follow(clock: now)
    var problems: [(region: String, error: PostgresError)] = []
    let sourceRegion = settings.basics.sourceRegion
    var source: PublisherObservation?
    do throws(PostgresError) {
      let seen = try publisher.get()
      if seen.inRecovery { throw PostgresError(.status, "is a standby, expected the publisher") }
      source = seen
      learn(seen, by: now)
    } catch {
      problems.append((sourceRegion, error))
    }
    var readings = nodeReadings(sourceRegion, answered: (try? publisher.get()) != nil, problems.first?.error)
    for target in settings.targets {
      let answer = subscribers[target.region] ?? .failure(PostgresError(.timeout, "no answer"))
      var seen: SubscriberObservation?
      var problem: PostgresError?
      switch answer {
      case .success(let observation):
        seen = observation
        problem = take(observation, target, source)
      case .failure(let error): problem = error
      }
      if let problem { problems.append((target.region, problem)) }
      readings += nodeReadings(target.region, answered: seen != nil, problem)
      readings += targetReadings(target, seen, source, isFine: problem == nil)
    }
    return LinkPass(
      readings: readings, verdict: .link(problems.map { ($0.region, $0.error.reason, "\($0.error)") }))
  }

  /// Farwatch's clock was set back: what was measured moves with it.
  private mutating func follow(clock now: Timestamp) {
    defer { lastPass = now }
    guard let lastPass, now < lastPass else { return }
    let shift = lastPass - now + max(settings.basics.interval, settings.basics.timeout)
    history.moveBack(by: shift)
    for (region, target) in targets {
      targets[region]?.recoveryPoint = target.recoveryPoint.map { $0 - shift }
    }
  }

  private mutating func learn(_ source: PublisherObservation, by now: Timestamp) {
    if source.systemIdentifier != cluster || source.timeline != timeline {
      if cluster != nil { history.clear() }
      (cluster, timeline) = (source.systemIdentifier, source.timeline)
    }
    guard let current = source.current else { return }
    for (region, target) in targets where (target.before?.latestEnd).map({ $0 > current }) == true {
      targets[region]?.diverged = true
    }
    history.append(current, at: min(source.askedAt, now))
  }

  /// Takes in what a subscriber says; what is wrong with it, the gravest first.
  private mutating func take(
    _ seen: SubscriberObservation, _ settings: PostgresLogicalSettings.Target, _ source: PublisherObservation?
  ) -> PostgresError? {
    var target = targets[settings.region] ?? Target()
    defer { targets[settings.region] = target }
    if let slot = seen.slot { target.slot = slot }
    // Positions that grow on the publisher do not make two histories one.
    if let end = seen.latestEnd, let before = target.before?.latestEnd, end < before {
      target.diverged = false
    }
    let slot = target.slot.flatMap { source?.slots[$0] }
    if let confirmed = slot?.confirmed { target.confirmed = confirmed }
    watch(seen, &target, source, slot)
    target.before = seen
    let isGone = source != nil && (slot == nil || slot?.state == "lost")
    if seen.tablesNotReady == 0, !isGone, !target.diverged {
      let told = seen.pid == nil ? nil : seen.latestEnd
      let proven = [slot?.confirmed, told].compactMap { $0.flatMap { history.complete(at: $0) } }.max()
      target.recoveryPoint = [target.recoveryPoint, proven].compactMap(\.self).max()
    }
    return problem(seen, settings.subscription, target, source, slot)
  }

  /// Whether the subscription moves on.
  private func watch(
    _ seen: SubscriberObservation, _ target: inout Target, _ source: PublisherObservation?,
    _ slot: PublisherObservation.Slot?
  ) {
    let errorsBefore = target.before.map { $0.applyErrors ?? 0 } ?? 0
    let hasErred = (seen.applyErrors ?? 0) > errorsBefore
    let isAnother = target.before.map { $0.pid != seen.pid } ?? false
    if hasErred || isAnother || seen.pid == nil {
      target.isStuck = true
      target.horizon = source?.current ?? history.newest?.position
    } else if target.isStuck {
      if target.horizon == nil { target.horizon = source?.current }
      if let horizon = target.horizon, let confirmed = slot?.confirmed, confirmed >= horizon {
        target.isStuck = false
        target.horizon = nil
      }
    }
  }

  private func problem(
    _ seen: SubscriberObservation, _ name: String, _ target: Target, _ source: PublisherObservation?,
    _ slot: PublisherObservation.Slot?
  ) -> PostgresError? {
    let slotName = target.slot ?? name
    if source != nil, slot == nil {
      return PostgresError(.missing, "the publisher has no slot \(slotName) for subscription \(name)")
    }
    if slot?.state == "lost" {
      return PostgresError(.status, "slot \(slotName) is lost: copy the tables of \(name) anew")
    }
    if !seen.enabled { return PostgresError(.status, "subscription \(name) is disabled") }
    if target.diverged {
      return PostgresError(.status, "subscription \(name) has applied what the publisher has not written")
    }
    if target.isStuck {
      let errors = seen.applyErrors.map { ", \($0) apply errors so far" } ?? ""
      let worker = seen.pid == nil ? "has no apply worker" : "has not caught up since its worker stopped"
      return PostgresError(.status, "subscription \(name) \(worker)\(errors): see the subscriber's log")
    }
    guard let tables = seen.tablesNotReady else {
      return PostgresError(.protocolError, "subscription \(name) does not tell of its tables")
    }
    return tables == 0
      ? nil : PostgresError(.status, "\(tables) tables of subscription \(name) are not ready")
  }
}

// MARK: - What becomes readings

extension PostgresLogicalState {
  private mutating func nodeReadings(
    _ region: String, answered: Bool, _ problem: PostgresError?
  ) -> [Reading] {
    let labels = linkLabels.setting("region", to: region)
    if let problem { reasonsSeen[region, default: []].insert(problem.reason) }
    return [Reading(PostgresMetrics.up, answered, labels: labels)]
      + FailureReason.allCases.filter { reasonsSeen[region]?.contains($0) == true }.map { reason in
        Reading(
          PostgresMetrics.failureReason, reason == problem?.reason,
          labels: labels.setting("reason", to: reason.rawValue))
      }
  }

  private func targetReadings(
    _ target: PostgresLogicalSettings.Target, _ seen: SubscriberObservation?, _ source: PublisherObservation?,
    isFine: Bool
  ) -> [Reading] {
    let labels = settings.basics.labels(target: target.region, engine: PostgresLogicalSettings.engine)
    let known = targets[target.region]
    let slot = known?.slot.flatMap { source?.slots[$0] }
    var out = [Reading(ReplicationFamilies.objective, settings.basics.rpo.inSeconds, labels: labels)]
    if let point = known?.recoveryPoint {
      out.append(Reading(ReplicationFamilies.recoveryPoint, point.seconds, labels: labels))
    }
    // A first copy under way does not stop what is copied from being followed.
    let isMoving = seen.map { $0.enabled && $0.pid != nil } ?? false
    let isSound = known.map { !$0.isStuck && !$0.diverged } ?? false
    let isUp = isMoving && isSound && slot?.active == true && slot?.state != "lost"
    out.append(Reading(ReplicationFamilies.up, isUp, labels: labels))
    if let seen, let silence = seen.silence {
      let heard = (seen.askedAt - silence).seconds
      out.append(Reading(ReplicationFamilies.lastMessage, heard, labels: labels))
    }
    if let current = source?.current, let confirmed = slot?.confirmed {
      let bytes = Double(current.distance(from: confirmed))
      out.append(Reading(ReplicationFamilies.lagBytes, bytes, labels: labels))
      if let lag = lag(confirmed, source) {
        out.append(
          Reading(PostgresMetrics.exporterLag, lag, labels: linkLabels.setting("region", to: target.region)))
      }
    }
    if let seen, let known { out += subscriptionReadings(target, seen, known) }
    return out + slotReadings(known?.slot, source)
  }

  private func lag(_ confirmed: WALPosition, _ source: PublisherObservation?) -> Double? {
    guard let passed = history.passed(confirmed) else { return 0 }
    // One look at the source says how far it is, not since when.
    if !history.covers(confirmed), history.entries.count == 1 { return nil }
    return source.map { max(0.001, ($0.askedAt - passed).inSeconds) }
  }

  private func subscriptionReadings(
    _ target: PostgresLogicalSettings.Target, _ seen: SubscriberObservation, _ known: Target
  ) -> [Reading] {
    let labels = linkLabels.merging(["region": target.region, "subscription": target.subscription])
    var out = [
      Reading(PostgresLogicalMetrics.enabled, seen.enabled, labels: labels),
      Reading(PostgresLogicalMetrics.running, seen.pid != nil, labels: labels),
      Reading(PostgresLogicalMetrics.stuck, known.isStuck, labels: labels),
    ]
    for (family, value) in [
      (PostgresLogicalMetrics.tablesNotReady, seen.tablesNotReady),
      (PostgresLogicalMetrics.applyErrors, seen.applyErrors),
      (PostgresLogicalMetrics.syncErrors, seen.syncErrors),
    ] {
      if let value, value >= 0 { out.append(Reading(family, Double(value), labels: labels)) }
    }
    return out
  }

  /// A slot that a subscription needs and that is not there reads as missing, before it was ever seen, too.
  private func slotReadings(_ name: String?, _ source: PublisherObservation?) -> [Reading] {
    guard let name, let source else { return [] }
    let slot = source.slots[name]
    let labels = linkLabels.setting("slot", to: name)
    var out = [Reading(PostgresMetrics.slotActive, slot?.active ?? false, labels: labels)]
    out += stateSet(
      PostgresMetrics.slotState, "state", PostgresMetrics.slotStates,
      current: slot == nil ? "missing" : slot?.state ?? "", labels: labels)
    if let safe = slot?.safeBytes {
      out.append(Reading(PostgresMetrics.slotSafeBytes, Double(safe), labels: labels))
    }
    if let restart = slot?.restart, let current = source.current {
      let kept = Double(current.distance(from: restart))
      out.append(Reading(PostgresMetrics.slotRetainedBytes, kept, labels: labels))
    }
    return out
  }
}
