internal import HTTPServer
internal import Model
internal import Synchronization
internal import Threading

/// Where answers are made that wait for the core or the disk: the server's own threads only serve, so that metrics and
/// the sign of life never stand behind somebody who looks.
///
/// Who looks and who speaks have threads of their own: no crowd before the status page keeps an alert waiting.
final class AnswerThreads: Sendable {
  enum Kind: String, CaseIterable, Sendable {
    /// Only reads.
    case look
    /// Tells something or changes it: alerts, silences, jobs that check in, reloads.
    case change
  }

  struct Limits: Sendable {
    /// Answers that are made at the same time, of each kind.
    var atOnce = 4
    /// Requests that wait for their turn, of each kind; a further one is refused.
    var waiting = 256
    /// Who has waited for so long is refused instead of answered.
    var patience: Duration = .seconds(10)
  }

  struct Statistics: Sendable {
    var running = 0
    var waiting = 0
    var refused: UInt64 = 0
    /// Not made, because the client had left, or had waited for too long.
    var skipped: UInt64 = 0
  }

  private struct Job: Sendable {
    var later: DeferredResponse
    var since: MonotonicInstant
    var make: @Sendable () -> HTTPServerResponse
  }

  private struct State {
    var jobs: [Kind: [Job]] = [:]
    var statistics: [Kind: Statistics] = [:]
    var isStopping = false
  }

  private let limits: Limits
  private let time: any TimeSource
  private let state = Mutex(State())
  private let ended = Bell()

  init(limits: Limits = Limits(), time: any TimeSource = SystemTime()) {
    self.limits = limits
    self.time = time
  }

  func statistics(_ kind: Kind) -> Statistics {
    state.withLock { state in
      var statistics = state.statistics[kind] ?? Statistics()
      statistics.waiting = state.jobs[kind]?.count ?? 0
      return statistics
    }
  }

  /// The answer that `make` gives, later.
  func answer(_ kind: Kind, _ make: @escaping @Sendable () -> HTTPServerResponse) -> HTTPServerResponse {
    enum Place { case thread, queue, none }
    let job = Job(later: DeferredResponse(), since: time.monotonic, make: make)
    let place = state.withLock { state -> Place in
      let running = state.statistics[kind, default: Statistics()].running
      if state.isStopping { return .none }
      if running < limits.atOnce {
        state.statistics[kind, default: Statistics()].running += 1
        return .thread
      }
      guard state.jobs[kind, default: []].count < limits.waiting else {
        state.statistics[kind, default: Statistics()].refused += 1
        return .none
      }
      state.jobs[kind, default: []].append(job)
      return .queue
    }
    switch place {
    case .none: return Self.busy("Too many wait for an answer already.")
    case .queue: break
    case .thread:
      do throws(OwnThread.Failure) {
        try OwnThread.detached("answer-\(kind.rawValue)") { [self] in work(kind, job) }
      } catch {
        // Nobody else may be at work: those that wait would wait for ever.
        let left = state.withLock { state -> [Job] in
          state.statistics[kind, default: Statistics()].running -= 1
          state.statistics[kind, default: Statistics()].refused += 1
          return state.statistics[kind]?.running == 0 ? state.jobs.removeValue(forKey: kind) ?? [] : []
        }
        for one in left { one.later.complete(Self.busy("\(error)")) }
        return Self.busy("\(error)")
      }
    }
    return .deferred(job.later)
  }

  /// Refuses from now on, and waits for what is being made.
  func stop(within limit: Duration = .seconds(15)) {
    let left = state.withLock { state in
      state.isStopping = true
      defer { state.jobs = [:] }
      return state.jobs.values.flatMap { $0 }
    }
    for job in left { job.later.complete(Self.busy("Farwatch is stopping.")) }
    let deadline = time.monotonic + limit
    while state.withLock({ $0.statistics.values.contains { $0.running > 0 } }), time.monotonic < deadline {
      _ = ended.wait(upTo: min(.milliseconds(200), deadline - time.monotonic))
    }
  }

  /// A thread's life: ends when nobody waits.
  private func work(_ kind: Kind, _ first: Job) {
    var next: Job? = first
    while let job = next {
      run(kind, job)
      next = state.withLock { state in
        if !(state.jobs[kind]?.isEmpty ?? true) { return state.jobs[kind]?.removeFirst() }
        state.statistics[kind, default: Statistics()].running -= 1
        return nil
      }
    }
    ended.ring()
  }

  private func run(_ kind: Kind, _ job: Job) {
    let isLate = time.monotonic - job.since > limits.patience
    if isLate || job.later.response != nil {
      state.withLock { $0.statistics[kind, default: Statistics()].skipped += 1 }
      job.later.complete(Self.busy("It took too long until it was this request's turn."))
      return
    }
    job.later.complete(job.make())
  }

  private static func busy(_ why: String) -> HTTPServerResponse {
    var refusal = HTTPServerResponse.text(503, why + "\n")
    refusal.headers.append(HTTPServerField("Retry-After", "1"))
    return refusal
  }
}

/// What is measured of them.
enum AnswerFamilies {
  static let waiting = MetricFamily.gauge(
    "farwatch_http_answers_waiting",
    "Requests that wait for a thread to make their answer, by kind: look or change.")
  static let running = MetricFamily.gauge(
    "farwatch_http_answers_running", "Answers that are being made on a thread of their own, by kind.")
  static let refused = MetricFamily.counter(
    "farwatch_http_answers_refused_total", "Requests refused because too many waited already, by kind.")
  static let skipped = MetricFamily.counter(
    "farwatch_http_answers_skipped_total",
    "Requests that were not answered because the client had left or had waited too long, by kind.")
  static let unheard = MetricFamily.counter(
    "farwatch_core_questions_skipped_total",
    "Questions that the core left out because nobody waited for the answer any more.")

  static func readings(_ threads: AnswerThreads) -> [Reading] {
    AnswerThreads.Kind.allCases.flatMap { kind in
      let found = threads.statistics(kind)
      let labels: Labels = ["kind": kind.rawValue]
      return [
        Reading(waiting, Double(found.waiting), labels: labels),
        Reading(running, Double(found.running), labels: labels),
        Reading(refused, Double(found.refused), labels: labels),
        Reading(skipped, Double(found.skipped), labels: labels),
      ]
    }
  }
}
