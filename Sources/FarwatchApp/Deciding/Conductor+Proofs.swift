internal import Model
internal import Notifying
internal import Paging

/// Proofs of page: the book says who is to be proven, the desk makes the page of it, delivery says what came of it.
extension Conductor {
  /// - Parameter always: look though nothing is known to be due: the schedule follows the wall clock, which jumps.
  func tendProofs(_ time: Moment, always: Bool) {
    let isHeard = hearOfProofs(time)
    guard always || isHeard || proofsDueAt.map({ $0 <= time.monotonic }) ?? false else { return }
    let late = proofs.lapse(now: time.now)
    keep(late.changes)
    for key in late.keys { keep(dispatcher.withdrawProofs(of: key, now: time.now)) }
    startDueProofs(time)
    proofsDueAt = nextProof(time)
  }

  /// Takes what delivery has to say of proofs; whether there was any.
  @discardableResult
  func hearOfProofs(_ time: Moment) -> Bool {
    let all = dispatcher.takeProofNews()
    guard !all.isEmpty else { return false }
    for news in all {
      keep(proofs.take(news, now: time.now))
      // With the commit that removes the page from the outbox: the end is sent once.
      if news.outcome == .taken { desk.endProof(news.page, of: news.key, at: time) }
    }
    proofsDueAt = nextProof(time)
    return true
  }

  private func startDueProofs(_ time: Moment) {
    for key in proofs.due(time.now) {
      let next = proofs.nextBySchedule(key, now: time.now)
      guard let receiver = proofs.receiver(key), let started = proofs.started(key, now: time.now) else {
        continue
      }
      keep(started.changes)
      desk.prove(
        ProofDemand(
          key: key, receiver: receiver.labels, vantage: vantage, serial: started.serial, nextAt: next),
        at: time)
    }
  }

  private func nextProof(_ time: Moment) -> MonotonicInstant? {
    guard let deadline = proofs.nextDeadline(time.now) else { return nil }
    // Not further than a clock can be trusted, and far from any overflow.
    return time.monotonic + min(max(.zero, deadline - time.now), .seconds(86_400))
  }

  /// Starts the proofs that somebody asks for, or joins those under way; how they stand. Nobody: there is no such
  /// receiver.
  func prove(_ choice: ProofChoice, at time: Moment) -> [ProofStanding] {
    let asked = Set(proofs.ask(for: choice))
    startDueProofs(time)
    return proofs.standings(time.now).filter { asked.contains($0.receiver.key) }
  }
}
