package import CloudAccess
internal import Dispatch
package import Model
internal import Synchronization

/// Reads one region of one account: looks for series where that is due, then asks for those that are due.
///
/// One call at a time; a failed one ends the pass with what has come until then.
package final class CloudWatchReader: Sendable {
  package struct Costs: Hashable, Sendable {
    package var listCalls = 0
    package var dataCalls = 0
    package var metrics = 0
    /// Results that AWS marked as partial or failed after their last page.
    package var partial = 0
  }

  package struct Known: Sendable {
    package var points: [(series: CloudWatchSeries, points: [CloudWatchPoint])]
    package var costs: Costs
    package var series: Int
    package var leftOut: Int
  }

  package let place: CloudWatchPlace
  package let metrics: [CloudWatchMetric]
  private let requester: AWSRequester
  private let time: any TimeSource
  private let state: Mutex<(state: CloudWatchState, costs: Costs)>
  /// Pages of one answer, beyond which something is wrong.
  private static let pageLimit = 200

  package init(
    _ place: CloudWatchPlace, _ state: CloudWatchState, _ requester: AWSRequester, time: any TimeSource
  ) {
    self.place = place
    self.requester = requester
    self.time = time
    metrics = state.metrics
    self.state = Mutex((state, Costs()))
  }

  package func known(_ now: Timestamp) -> Known {
    state.withLock {
      Known(
        points: $0.state.current(now), costs: $0.costs, series: $0.state.seriesCount,
        leftOut: $0.state.leftOut)
    }
  }

  /// `completion` is called once, within about `timeout`, on any thread, with what went wrong first.
  package func read(timeout: Duration, _ completion: @escaping @Sendable (AWSFailure?) -> Void) {
    let now = time.monotonic
    // Where nothing is due the answer is there at once: not on the caller's stack.
    DispatchQueue.global().async { [self] in
      let due = state.withLock { $0.state.discoveriesDue(now) }
      discover(due[...], Pass(deadline: now + timeout, completion: completion))
    }
  }

  private struct Pass: Sendable {
    let deadline: MonotonicInstant
    var problem: AWSFailure?
    let completion: @Sendable (AWSFailure?) -> Void
  }

  private func discover(_ due: ArraySlice<Int>, _ pass: Pass) {
    guard let metric = due.first else {
      let (now, monotonic) = (time.now, time.monotonic)
      let batches = state.withLock { $0.state.batchesDue(now, monotonic) }
      return ask(batches[...], pass)
    }
    list(metric, sets: [], nextToken: nil, pages: 0, deadline: pass.deadline) { [self] answer in
      var pass = pass
      let now = time.monotonic
      switch answer {
      case .success(let sets): state.withLock { $0.state.discovered(metric, sets, now) }
      case .failure(let failure):
        state.withLock { $0.state.discoveryFailed(metric, now) }
        pass.problem = pass.problem ?? failure
      }
      discover(due.dropFirst(), pass)
    }
  }

  private func list(
    _ metric: Int, sets: [[CloudWatchDimension]], nextToken: String?, pages: Int,
    deadline: MonotonicInstant,
    _ completion: @escaping @Sendable (Result<[[CloudWatchDimension]], AWSFailure>) -> Void
  ) {
    state.withLock { $0.costs.listCalls += 1 }
    let call = place.listing(metrics[metric], nextToken: nextToken)
    requester.send(call, timeout: deadline - time.monotonic) { [self] answer in
      do throws(AWSFailure) {
        let page = try CloudWatchMetricsPage(try answer.get().body, of: metrics[metric])
        let all = sets + page.sets
        guard let next = page.nextToken else { return completion(.success(all)) }
        guard next != nextToken, pages < Self.pageLimit else {
          throw AWSFailure(.protocolError, "ListMetrics: the pages do not end")
        }
        list(metric, sets: all, nextToken: next, pages: pages + 1, deadline: deadline, completion)
      } catch {
        completion(.failure(named(error, "ListMetrics")))
      }
    }
  }

  private func ask(_ batches: ArraySlice<CloudWatchBatch>, _ pass: Pass) {
    guard let batch = batches.first else { return pass.completion(pass.problem) }
    state.withLock { $0.costs.metrics += batch.metricsCharged }
    data(batch, found: [:], nextToken: nil, pages: 0, deadline: pass.deadline) { [self] answer in
      var pass = pass
      switch answer {
      case .success(let (found, forbidden)):
        let now = time.monotonic
        state.withLock { $0.state.received(batch, found, now) }
        if forbidden {
          let refusal = AWSFailure(.permission, "GetMetricData: AWS answered Forbidden for some metrics")
          pass.problem = pass.problem ?? refusal
        }
        ask(batches.dropFirst(), pass)
      case .failure(let failure): pass.completion(pass.problem ?? failure)
      }
    }
  }

  private typealias Found = [CloudWatchSeries: [CloudWatchPoint]]

  private func data(
    _ batch: CloudWatchBatch, found: Found, nextToken: String?, pages: Int, deadline: MonotonicInstant,
    _ completion: @escaping @Sendable (Result<(Found, forbidden: Bool), AWSFailure>) -> Void
  ) {
    state.withLock { $0.costs.dataCalls += 1 }
    let call = place.data(batch, metrics, nextToken: nextToken)
    requester.send(call, timeout: deadline - time.monotonic) { [self] answer in
      do throws(AWSFailure) {
        let page = try CloudWatchDataPage(try answer.get().body)
        var found = found
        for result in page.results {
          guard let number = Int(result.id.dropFirst()), batch.series.indices.contains(number) else {
            continue
          }
          found[batch.series[number], default: []] += result.points
        }
        guard let next = page.nextToken else {
          let odd = page.results.count { $0.status != "Complete" && $0.status != "" }
          state.withLock { $0.costs.partial += odd }
          return completion(.success((found, page.results.contains { $0.status == "Forbidden" })))
        }
        guard next != nextToken, pages < Self.pageLimit else {
          throw AWSFailure(.protocolError, "GetMetricData: the pages do not end")
        }
        data(batch, found: found, nextToken: next, pages: pages + 1, deadline: deadline, completion)
      } catch {
        completion(.failure(named(error, "GetMetricData")))
      }
    }
  }

  private func named(_ failure: AWSFailure, _ action: String) -> AWSFailure {
    var failure = failure
    if failure.reason == .permission {
      failure.message = "allow cloudwatch:\(action) (\(failure.message))"
    }
    return failure
  }
}
