internal import Dispatch
package import Model
internal import Synchronization

/// Asks one place (a project, a resource) what is due, one request at a time.
package final class MetricReader: Sendable {
  package struct Known: Sendable {
    package var points: [(query: Int, series: MetricSeries, points: [MetricPoint])]
    package var requests: Int
    package var series: Int
    package var leftOut: Int
    package var problem: CloudFailure?
  }

  /// Names the place for people.
  package let title: String
  /// Of everything that is said of the place.
  package let labels: Labels
  private let queries: [any MetricQuery]
  private let sender: CloudSender
  private let time: any TimeSource
  private let stalenesses: [Duration]
  private let state: Mutex<(state: MetricQueriesState, requests: Int)>
  /// Pages of one answer, beyond which something is wrong.
  private static let pageLimit = 100

  init(
    _ title: String, labels: Labels, queries: [any MetricQuery], staleness: Duration, limit: Int,
    _ sender: CloudSender, time: any TimeSource
  ) {
    self.title = title
    self.labels = labels
    self.queries = queries
    self.sender = sender
    self.time = time
    // Between two points of a slow query nothing is missing.
    stalenesses = queries.map { max(staleness, $0.period * 3 + $0.delay) }
    let pace = zip(queries, stalenesses).map { (period: $0.period, staleness: $1) }
    state = Mutex((MetricQueriesState(pace, limit: limit), 0))
  }

  package func known(_ now: Timestamp) -> Known {
    state.withLock {
      let points = $0.state.current(now)
      return Known(
        points: points, requests: $0.requests, series: $0.state.seriesCount, leftOut: $0.state.leftOut,
        problem: $0.state.problem)
    }
  }

  /// `completion` is called once, within about `timeout`, on any thread, when all that was due was asked.
  package func read(timeout: Duration, _ completion: @escaping @Sendable () -> Void) {
    let now = time.monotonic
    // Where nothing is due the answer is there at once: not on the caller's stack.
    DispatchQueue.global().async { [self] in
      let due = state.withLock { $0.state.due(now) }
      ask(due[...], deadline: now + timeout, completion)
    }
  }

  private func ask(
    _ due: ArraySlice<Int>, deadline: MonotonicInstant, _ completion: @escaping @Sendable () -> Void
  ) {
    guard let query = due.first else { return completion() }
    let window = queries[query].window(time.now, staleness: stalenesses[query])
    page(query, window, Found(), deadline) { [self] answer in
      let now = time.monotonic
      switch answer {
      case .success(let found):
        let problem = found.problem.map { named($0, query) }
        state.withLock { $0.state.received(query, found.series, problem: problem, now) }
      case .failure(let failure):
        let isAboutQuery = failure.reason == .missing || failure.reason == .query
        if failure.reason == .missing, queries[query].isOptional {
          state.withLock { $0.state.received(query, [:], now) }
        } else {
          state.withLock {
            $0.state.failed(query, named(failure, query), isFinal: isAboutQuery, now)
          }
          // What the place or the way to it refuses, it refuses for the others too.
          if !isAboutQuery { return completion() }
        }
      }
      ask(due.dropFirst(), deadline: deadline, completion)
    }
  }

  private func named(_ failure: CloudFailure, _ query: Int) -> CloudFailure {
    var failure = failure
    failure.description = "\(queries[query].title): \(failure.description)"
    return failure
  }

  private struct Found: Sendable {
    var series: [MetricSeries: [MetricPoint]] = [:]
    var identities: [MetricSeries: Labels] = [:]
    var problem: CloudFailure?
    var pages = 0
    var next: String?

    /// Two series that the kept labels make one have no value: whichever it were, it would be wrong.
    mutating func add(_ page: MetricPage) {
      pages += 1
      problem = problem ?? page.problem
      for (one, identity, points) in page.series {
        let known = identities[one]
        if let known, known != identity {
          series[one] = []
          let names = Set(known.entries + identity.entries).subtracting(one.labels.entries).map(\.name)
          let more = Set(names).sorted(by: byteOrder).joined(separator: ", ")
          problem =
            problem
            ?? CloudFailure(
              .configuration, "its `labels` do not tell all series apart; there are also: \(more)")
        } else {
          identities[one] = identity
          series[one, default: []] += points
        }
      }
    }
  }

  private func page(
    _ query: Int, _ window: MetricWindow, _ found: Found, _ deadline: MonotonicInstant,
    _ completion: @escaping @Sendable (Result<Found, CloudFailure>) -> Void
  ) {
    state.withLock { $0.requests += 1 }
    let request = queries[query].request(window, page: found.next)
    sender.send(
      request, timeout: deadline - time.monotonic, failure: { [queries] in queries[query].failure($0) }
    ) { [self] answer in
      do throws(CloudFailure) {
        let page = try queries[query].read(try answer.get())
        var all = found
        all.add(page)
        guard let next = page.next else { return completion(.success(all)) }
        guard next != found.next, all.pages < Self.pageLimit else {
          throw CloudFailure(.protocolError, "the pages do not end")
        }
        all.next = next
        self.page(query, window, all, deadline, completion)
      } catch {
        completion(.failure(error))
      }
    }
  }
}
