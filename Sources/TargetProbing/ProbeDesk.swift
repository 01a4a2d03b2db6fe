internal import Model
internal import Synchronization
internal import Threading

/// Carries out what ``ProbeLine`` decides, on one thread of its own that runs from the first probe on: no probe holds a
/// thread, and none of the carriers' threads does the work of a probe.
final class ProbeDesk: Sendable {
  /// A probe that has its turn.
  struct Turn: Sendable {
    let id: ProbeLine.ID
    let waited: Duration
    fileprivate let desk: ProbeDesk
    fileprivate let time: any TimeSource

    /// Runs `work` on the desk's thread, soon.
    func hand(_ work: @escaping @Sendable () -> Void) { desk.hand(work) }

    /// Ends the turn; false when it was ended before, as one that takes far too long is.
    func end(timedOut: Bool) -> Bool { desk.end(id, timedOut: timedOut, time.monotonic) != nil }
  }

  struct Errand: Sendable {
    /// Both run on the desk's thread, and hand over what takes long.
    var begin: @Sendable (Turn) -> Void
    var overdue: @Sendable (ProbeLine.Overdue) -> Void
  }

  private struct State {
    var line = ProbeLine(limit: 1)
    var errands: [ProbeLine.ID: Errand] = [:]
    var work: [@Sendable () -> Void] = []
    var hasThread = false
    var isClosed = false
  }

  private struct Steps {
    var work: [@Sendable () -> Void] = []
    var overdue: [(which: ProbeLine.Overdue, errand: Errand)] = []
    var begun: [(turn: Turn, errand: Errand)] = []
    var due: MonotonicInstant?
    var isOver = false
  }

  private let state = Mutex(State())
  private let bell = Bell()

  init() {}

  /// What is under way is ended as if the desk stood; then its thread ends.
  func close() {
    state.withLock { $0.isClosed = true }
    bell.ring()
  }

  /// Puts a probe in line, at most `limit` under way from now on; nil when too many wait or there is no thread.
  func submit(
    _ target: String, timeout: Duration, limit: Int, time: any TimeSource, _ errand: Errand
  ) -> ProbeLine.ID? {
    guard hasThread(time) else { return nil }
    let id = state.withLock { state -> ProbeLine.ID? in
      state.line.limit = limit
      guard let id = state.line.add(target, timeout: timeout, time.monotonic) else { return nil }
      state.errands[id] = errand
      return id
    }
    if id != nil { bell.ring() }
    return id
  }

  /// Nobody waits for it any more: it leaves the line; one that is under way goes on to its end.
  func abandon(_ id: ProbeLine.ID, _ now: MonotonicInstant) {
    // Let go of outside the lock: with the last errand an endpoint may end, and the desk be closed.
    _ = state.withLock { state in
      state.line.withdraw(id, now) ? state.errands.removeValue(forKey: id) : nil
    }
  }

  private func end(_ id: ProbeLine.ID, timedOut: Bool, _ now: MonotonicInstant) -> Errand? {
    state.withLock { state in
      state.line.end(id, timedOut: timedOut, now)
      return state.errands.removeValue(forKey: id)
    }
  }

  private func hand(_ work: @escaping @Sendable () -> Void) {
    state.withLock { $0.work.append(work) }
    bell.ring()
  }

  private func hasThread(_ time: any TimeSource) -> Bool {
    let mustStart = state.withLock { state in
      defer { state.hasThread = true }
      return !state.hasThread
    }
    guard mustStart else { return true }
    do throws(OwnThread.Failure) {
      try OwnThread.detached("farwatch-probes") { [self] in run(time) }
      return true
    } catch {
      state.withLock { $0.hasThread = false }
      return false
    }
  }

  private func run(_ time: any TimeSource) {
    while true {
      let steps = steps(time)
      for work in steps.work { work() }
      for one in steps.overdue { one.errand.overdue(one.which) }
      for one in steps.begun { one.errand.begin(one.turn) }
      if steps.isOver { return }
      // Work may have freed a place: look again before waiting.
      if !steps.work.isEmpty || !steps.begun.isEmpty { continue }
      _ = bell.wait(upTo: steps.due.map { $0 - time.monotonic } ?? .seconds(3600))
    }
  }

  private func steps(_ time: any TimeSource) -> Steps {
    state.withLock { state in
      let now = time.monotonic
      var steps = Steps()
      swap(&steps.work, &state.work)
      for which in state.line.overdue(now) {
        let id =
          switch which {
          case .waiting(let id), .underWay(let id): id
          }
        if case .underWay = which { state.line.end(id, timedOut: true, now) }
        if let errand = state.errands.removeValue(forKey: id) { steps.overdue.append((which, errand)) }
      }
      while let (id, waited) = state.line.next(now) {
        guard let errand = state.errands[id] else {
          state.line.end(id, timedOut: false, now)
          continue
        }
        steps.begun.append((Turn(id: id, waited: waited, desk: self, time: time), errand))
      }
      steps.due = state.line.nextDue
      steps.isOver = state.isClosed && state.errands.isEmpty && state.work.isEmpty
      return steps
    }
  }
}
