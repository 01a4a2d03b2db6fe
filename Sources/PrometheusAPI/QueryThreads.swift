internal import HTTPServer
package import Model
internal import PromQL
internal import Synchronization
internal import Threading

/// What queries may cost.
package struct QuerySettings: Hashable, Sendable {
  /// Queries that run at the same time.
  package var concurrency = 4
  /// Queries that wait for their turn; a further one is refused.
  package var waiting = 32
  /// A query that takes longer, its waiting included, is ended.
  package var timeout: Duration = .seconds(30)
  /// Samples of one query: see ``EvaluationOptions/maximumSamples``.
  package var maximumSamples = 5_000_000

  package init() {}
}

/// What the queries under way and past ones say of themselves.
package struct QueryStatistics: Hashable, Sendable {
  package enum Result: String, CaseIterable, Sendable {
    case success
    /// The query is wrong, or fails on its data.
    case error
    case timeout
    /// Who asked has left, or the server stops.
    case canceled
    /// Too many waited already.
    case refused
  }

  package var results: [Result: UInt64] = [:]
  package var running = 0
  package var waiting = 0
  /// All queries together, without those that were refused.
  package var runSeconds = 0.0
  package var waitSeconds = 0.0
  package var limit = 0
  /// Answers sent as they are because ``QueryThreads/asideLimit`` others were being compressed.
  package var uncompressed: UInt64 = 0
}

/// The threads on which queries run: never the core's, and not the server's.
package final class QueryThreads: Sendable {
  private struct State {
    var settings: QuerySettings
    var gate: QueryGate
    var underWay = 0
    var aside = 0
    var statistics = QueryStatistics()
  }

  private let state: Mutex<State>
  private let clock: any TimeSource

  package init(_ settings: QuerySettings, clock: any TimeSource = SystemTime()) {
    self.clock = clock
    state = Mutex(State(settings: settings, gate: Self.gate(settings)))
  }

  private static func gate(_ settings: QuerySettings) -> QueryGate {
    QueryGate(limit: settings.concurrency, patience: settings.timeout)
  }

  /// Queries from now on are under `settings`; those under way go on as they began.
  package func apply(_ settings: QuerySettings) {
    state.withLock { state in
      guard state.settings != settings else { return }
      if settings.concurrency != state.settings.concurrency || settings.timeout != state.settings.timeout {
        state.gate = Self.gate(settings)
      }
      state.settings = settings
    }
  }

  package var statistics: QueryStatistics {
    state.withLock { state in
      var statistics = state.statistics
      (statistics.running, statistics.waiting) = state.gate.load
      statistics.limit = state.settings.concurrency
      return statistics
    }
  }

  /// Runs `query` on a thread of its own when it is its turn. What it throws, and what it gives, becomes the answer.
  ///
  /// - Parameter timeout: what the request allows, if that is less than the settings do.
  func run(
    within timeout: Duration? = nil,
    _ query: @escaping @Sendable (QueryLease) throws(APIFault) -> HTTPServerResponse
  ) -> HTTPServerResponse {
    let admitted = state.withLock { state -> (QueryGate, QuerySettings)? in
      guard state.underWay < state.settings.concurrency + state.settings.waiting else {
        state.statistics.results[.refused, default: 0] += 1
        return nil
      }
      state.underWay += 1
      return (state.gate, state.settings)
    }
    guard let (gate, settings) = admitted else {
      return APIFault(.unavailable, "too many queries wait already").response
    }
    let lease = QueryLease(settings, timeout, clock)
    let later = DeferredResponse()
    later.whenAbandoned { lease.cancellation.cancel() }
    do throws(OwnThread.Failure) {
      try OwnThread.detached("farwatch-query") { [self] in
        later.complete(work(lease, gate, query))
      }
    } catch {
      state.withLock { $0.underWay -= 1 }
      return APIFault(.unavailable, "\(error)").response
    }
    return .deferred(later)
  }

  /// Threads that compress answers of what is no query.
  static let asideLimit = 4

  /// Runs `work` on a thread of its own; what it gives becomes the answer. nil, and counted: there are
  /// ``asideLimit`` already, or there is no thread.
  func aside(_ work: @escaping @Sendable () -> HTTPServerResponse) -> HTTPServerResponse? {
    let isAdmitted = state.withLock { state in
      guard state.aside < Self.asideLimit else {
        state.statistics.uncompressed += 1
        return false
      }
      state.aside += 1
      return true
    }
    guard isAdmitted else { return nil }
    let later = DeferredResponse()
    do throws(OwnThread.Failure) {
      try OwnThread.detached("farwatch-answer") { [self] in
        let response = work()
        // First, so that who has the answer finds the place free.
        state.withLock { $0.aside -= 1 }
        later.complete(response)
      }
    } catch {
      state.withLock {
        $0.aside -= 1
        $0.statistics.uncompressed += 1
      }
      return nil
    }
    return .deferred(later)
  }

  private func work(
    _ lease: QueryLease, _ gate: QueryGate,
    _ query: @Sendable (QueryLease) throws(APIFault) -> HTTPServerResponse
  ) -> HTTPServerResponse {
    var result = QueryStatistics.Result.success
    var response: HTTPServerResponse
    var began: MonotonicInstant?
    do throws(EvaluationError) {
      response = try gate.run(waitingUpTo: lease.deadline - clock.monotonic) { () throws(EvaluationError) in
        began = clock.monotonic
        do throws(APIFault) {
          try lease.check()
          return try query(lease)
        } catch {
          result = .init(error)
          return error.response
        }
      }
    } catch {
      result = .timeout
      response = APIFault(error).response
    }
    let now = clock.monotonic
    state.withLock { state in
      state.underWay -= 1
      state.statistics.results[result, default: 0] += 1
      state.statistics.waitSeconds += ((began ?? now) - lease.beganAt).inSeconds
      state.statistics.runSeconds += (now - (began ?? now)).inSeconds
    }
    return response
  }
}

extension QueryStatistics.Result {
  fileprivate init(_ fault: APIFault) {
    self =
      switch fault.kind {
      case .timeout: .timeout
      case .canceled: .canceled
      default: .error
      }
  }
}

/// What one query may use, and whether anybody still waits for it.
final class QueryLease: Sendable {
  let cancellation = QueryCancellation()
  let beganAt: MonotonicInstant
  let deadline: MonotonicInstant
  let maximumSamples: Int
  let clock: any TimeSource

  init(_ settings: QuerySettings, _ timeout: Duration?, _ clock: any TimeSource) {
    self.clock = clock
    beganAt = clock.monotonic
    deadline = beganAt + min(settings.timeout, timeout ?? settings.timeout)
    maximumSamples = settings.maximumSamples
  }

  /// Fails when the query is to end. To be called now and then.
  func check() throws(APIFault) {
    if cancellation.isCancelled { throw APIFault(.canceled, "query was canceled in query execution") }
    if clock.monotonic >= deadline {
      throw APIFault(.timeout, "query timed out in expression evaluation")
    }
  }
}
