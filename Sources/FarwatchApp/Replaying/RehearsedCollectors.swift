internal import Collecting
internal import Configuration
internal import Model
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
    return settings.collectors.map { one in
      TargetPlan(one) {
        let rehearsal = Mutex(one.makeRehearsal(start: clock.start))
        return RehearsedCollector(one.description) {
          let loss = RehearsedLoss(regions: losses.lostRegions, isTarget: losses.isLost(one))
          return rehearsal.withLock { $0.outcome(loss, at: clock.now) }
        }
      }
    }
  }
}

/// Where a collector that answers at once leaves its outcome.
final class AnswerSlot: Sendable {
  private let slot = Mutex<Outcome?>(nil)

  var outcome: Outcome? { slot.withLock { $0 } }

  func put(_ outcome: Outcome) { slot.withLock { $0 = outcome } }
}
