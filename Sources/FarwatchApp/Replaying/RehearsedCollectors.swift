internal import Configuration
internal import Model
internal import Probing
internal import Synchronization

/// Answers for a target without asking it, at once; how long that took is in the outcome.
final class RehearsedCollector: Collector {
  let description: CollectorDescription
  private let outcome: @Sendable () -> Outcome

  init(_ description: CollectorDescription, _ outcome: @escaping @Sendable () -> Outcome) {
    self.description = description
    self.outcome = outcome
  }

  func collect(_ completion: @escaping @Sendable (Outcome) -> Void) { completion(outcome()) }

  /// The collectors of a configuration: all that is not lost is well.
  static func plans(for settings: Settings, _ losses: Losses) -> [TargetPlan] {
    let clock = losses.clock
    var plans = settings.checks.map { check in
      TargetPlan(
        subject: .check(check), description: check.description,
        make: {
          RehearsedCollector(check.description) {
            check.rehearsed(
              answering: !losses.isLost(check: check.name, region: check.region), at: clock.now)
          }
        })
    }
    plans += settings.links.map { link in
      let description = CollectorDescription(
        kind: "postgres", name: link.link, labels: .empty, interval: link.interval, timeout: link.timeout)
      return TargetPlan(
        subject: .link(link), description: description,
        make: {
          let rehearsal = Mutex(PostgresLinkRehearsal(link, start: clock.start))
          return RehearsedCollector(description) {
            rehearsal.withLock { $0.outcome(silent: losses.lostRegions, at: clock.now) }
          }
        })
    }
    plans += settings.backups.map { backup in
      let description = CollectorDescription(
        kind: "directory", name: "\(backup.region)/\(backup.job)/\(backup.repository)",
        labels: backup.labels, interval: backup.interval, timeout: backup.timeout)
      return TargetPlan(
        subject: .backup(backup), description: description,
        make: {
          let rehearsal = Mutex(BackupRehearsal(backup, start: clock.start))
          return RehearsedCollector(description) {
            rehearsal.withLock {
              $0.outcome(silent: losses.lostRegions.contains(backup.region), at: clock.now)
            }
          }
        })
    }
    return plans
  }
}

/// Where a collector that answers at once leaves its outcome.
final class AnswerSlot: Sendable {
  private let slot = Mutex<Outcome?>(nil)

  var outcome: Outcome? { slot.withLock { $0 } }

  func put(_ outcome: Outcome) { slot.withLock { $0 = outcome } }
}
