internal import Dispatch
internal import Notifying
internal import Model
internal import Synchronization
internal import Threading

/// The core's thread: waits for events and deadlines, takes turns, and hands effects to the carriers.
final class CoreLoop: Sendable {
  /// What the loop needs to carry out effects.
  struct Carriers: Sendable {
    var commit: @Sendable ([StateChange], @escaping @Sendable (Bool) -> Void) -> Void
    var send: @Sendable (SentDelivery) -> Void
    var beat: @Sendable (HeartbeatAttempt, @escaping @Sendable (DeliveryResult) -> Void) -> Void
    var note: @Sendable (Notice) -> Void
  }

  private let mailbox = Mailbox<Event>()
  private let time: any TimeSource
  private let state: Mutex<LoopState>
  private let ended = DispatchSemaphore(value: 0)

  private struct LoopState {
    var stopping = false
    var lastTurn: MonotonicInstant
    var turns: UInt64 = 0
    var longestTurn = RecentMaximum()
    var clockOffset = Duration.zero
    var timesSetBack: UInt64 = 0
    var isReady = false
    var skipped: UInt64 = 0
  }

  struct Statistics: Sendable {
    var turns: UInt64
    /// Of the last five minutes.
    var longestTurn: Duration
    /// The system's clock minus that of the turns, at the last one.
    var clockOffset: Duration
    var timesSetBack: UInt64
    /// Questions that were not answered, because nobody waited for them any more when their turn came.
    var skipped: UInt64
  }

  /// How long the loop may sleep: the sign of life is at most this old.
  private static let longestSleep: Duration = .seconds(1)

  init(time: any TimeSource) {
    self.time = time
    state = Mutex(LoopState(lastTurn: time.monotonic))
  }

  /// Takes over `conductor`: from here on only the loop's thread touches it.
  func start(_ conductor: sending Conductor, _ carriers: Carriers) throws(OwnThread.Failure) {
    let box = Handover(conductor)
    try OwnThread.detached("farwatch-core") { [self] in run(box.conductor, carriers) }
  }

  func post(_ event: Event) { mailbox.post(event) }

  /// Runs `body` on the core's thread and waits for it; nil when the core did not end it in time.
  ///
  /// What the core has not begun when the time is over is not run at all: questions that nobody waits for would keep a
  /// busy core busy.
  func ask<Answer: Sendable>(
    within limit: Duration = .seconds(2), _ body: @escaping @Sendable (Conductor, TurnTime) -> Answer
  ) -> Answer? {
    let question = Question<Answer>()
    post(
      .call { [self] conductor, time in
        guard question.begin() else {
          state.withLock { $0.skipped += 1 }
          return
        }
        question.end(body(conductor, time))
      })
    return question.answer(within: limit)
  }

  /// Whether rules were judged when the core last turned. Never waits.
  var isReady: Bool { state.withLock { $0.isReady } }

  /// Since when the core has not turned.
  var silence: Duration { time.monotonic - state.withLock { $0.lastTurn } }

  var statistics: Statistics {
    let now = time.monotonic
    return state.withLock {
      Statistics(
        turns: $0.turns, longestTurn: $0.longestTurn.value(at: now), clockOffset: $0.clockOffset,
        timesSetBack: $0.timesSetBack, skipped: $0.skipped)
    }
  }

  /// Ends the thread after the turn it is in; what that turn decided is still handed to the carriers.
  func stop() {
    let first = state.withLock { state in
      defer { state.stopping = true }
      return !state.stopping
    }
    guard first else { return }
    mailbox.post(.call { _, _ in })
    ended.wait()
  }

  private func run(_ conductor: Conductor, _ carriers: Carriers) {
    var clock = SteadyClock()
    while !state.withLock({ $0.stopping }) {
      let sleep = min(conductor.nextDeadline - time.monotonic, Self.longestSleep)
      let events = mailbox.take(waitingUpTo: sleep)
      let began = time.monotonic
      let wall = time.now
      let now = clock.read(wall: wall, monotonic: began)
      let shift = clock.takeShift()
      conductor.movePast(by: shift)
      for effect in conductor.turn(events, now: now, monotonic: began) { perform(effect, carriers) }
      let finished = time.monotonic
      let isReady = conductor.isReady
      state.withLock { state in
        state.lastTurn = finished
        state.turns += 1
        state.isReady = isReady
        state.longestTurn.note(finished - began, at: finished)
        state.clockOffset = wall - now
        if shift != .zero { state.timesSetBack += 1 }
      }
    }
    ended.signal()
  }

  private func perform(_ effect: Effect, _ carriers: Carriers) {
    let mailbox = mailbox
    switch effect {
    case .collect(let collector, let key, let generation, let wasWell):
      collector.collect { outcome in
        mailbox.post(
          .collected(key, generation: generation, outcome), canWait: wasWell && outcome.succeeded)
      }
    case .commit(let changes, let ticket):
      carriers.commit(changes) { mailbox.post(.committed(ticket, durable: $0)) }
    case .note(let notice): carriers.note(notice)
    case .beat(let attempt): carriers.beat(attempt) { mailbox.post(.beaten(attempt.id, $0)) }
    case .send(let delivery):
      carriers.send(SentDelivery(delivery: delivery) { mailbox.post(.delivered(delivery.id, $0)) })
    }
  }
}

/// Carries the conductor onto its thread.
///
/// `@unchecked Sendable`: made from a `sending` value, so nobody else holds it, and read once, by the new thread.
private final class Handover: @unchecked Sendable {
  let conductor: Conductor
  init(_ conductor: sending Conductor) { self.conductor = conductor }
}

/// What somebody asks the core, and whether he still waits.
private final class Question<Answer: Sendable>: Sendable {
  private enum State {
    case waits, runs, isGivenUp
    case answered(Answer)
  }

  private let state = Mutex(State.waits)
  private let ready = Bell()

  /// Whether it is to be answered.
  func begin() -> Bool {
    state.withLock { state in
      guard case .waits = state else { return false }
      state = .runs
      return true
    }
  }

  func end(_ answer: Answer) {
    state.withLock { $0 = .answered(answer) }
    ready.ring()
  }

  func answer(within limit: Duration) -> Answer? {
    _ = ready.wait(upTo: limit)
    return state.withLock { state in
      switch state {
      case .answered(let answer): return answer
      case .waits:
        state = .isGivenUp
        return nil
      case .runs, .isGivenUp: return nil
      }
    }
  }
}
