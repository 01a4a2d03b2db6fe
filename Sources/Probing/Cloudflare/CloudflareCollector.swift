internal import Collecting
package import Model
internal import Threading

/// Lists the pools, then asks for the health of each and for the load balancers, all at once.
package final class CloudflareCollector: Collector {
  package let description: CollectorDescription
  private let settings: CloudflareSettings
  private let api: CloudflareAPI
  private let time: any TimeSource

  private enum Question: Hashable {
    case health(Int)
    case balancer(Int)
  }

  private typealias Answer = Result<CloudflareAnswer, CloudflareFailure>

  /// One collection under way.
  private struct Pass: Sendable {
    let token: String
    let startedAt: Timestamp
    let start: MonotonicInstant
    let completion: @Sendable (Outcome) -> Void
  }

  init(_ settings: CloudflareSettings, _ api: CloudflareAPI, _ time: any TimeSource) {
    description = settings.description
    self.settings = settings
    self.api = api
    self.time = time
  }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let (startedAt, start) = (time.now, time.monotonic)
    let begin = { @Sendable [self] in
      do throws(CloudflareFailure) {
        let pass = Pass(token: try api.token(), startedAt: startedAt, start: start, completion: completion)
        list(pass, page: 1, before: [])
      } catch {
        finish(Pass(token: "", startedAt: startedAt, start: start, completion: completion), [], error)
      }
    }
    // The token lies in a file, and reading a file may wait.
    do throws(OwnThread.Failure) {
      try OwnThread.detached("farwatch-token", begin)
    } catch {
      let pass = Pass(token: "", startedAt: startedAt, start: start, completion: completion)
      finish(pass, [], CloudflareFailure(reason: .limit, detail: error.description))
    }
  }

  private func left(_ pass: Pass) -> Duration {
    max(description.timeout - (time.monotonic - pass.start), .milliseconds(1))
  }

  private func list(_ pass: Pass, page: Int, before: [CloudflarePool]) {
    api.get(api.poolsPath(page: page), token: pass.token, timeout: left(pass)) { [self] answer in
      switch answer {
      case .failure(let failure): finish(pass, [], failure)
      case .success(let answer):
        let found = answer.result.elements.compactMap(CloudflarePool.init)
        // A page that brings nothing new is the last, whatever the count of pages says.
        let known = Set(before.map(\.id))
        let new = found.filter { !known.contains($0.id) }
        let all = before + new
        if page < answer.pages, page < CloudflareAPI.pageLimit, !new.isEmpty {
          list(pass, page: page + 1, before: all)
        } else {
          examine(pass, all)
        }
      }
    }
  }

  private func examine(_ pass: Pass, _ all: [CloudflarePool]) {
    let wanted =
      settings.pools.isEmpty
      ? all : all.filter { settings.pools.contains($0.id) || settings.pools.contains($0.name) }
    let chosen = Array(wanted.prefix(CloudflareSettings.poolLimit))
    let balancers = settings.loadBalancers
    let gathered = Gathering<Question, Answer>(expected: chosen.count + balancers.count) { [self] answers in
      var report = CloudflareReport(map: settings.map, all: all)
      for (place, pool) in chosen.enumerated() { report.add(pool, answers[.health(place)]) }
      for place in balancers.indices { report.add(balancer: answers[.balancer(place)]) }
      let absent = settings.pools.first { name in !all.contains { $0.id == name || $0.name == name } }
      if let absent {
        report.note(CloudflareFailure(reason: .missing, detail: "there is no pool \(quoted(absent))"))
      }
      if wanted.count > chosen.count {
        report.note(
          CloudflareFailure(
            reason: .limit, detail: "\(wanted.count) pools, of which \(chosen.count) are looked at; name some"
          ))
      }
      finish(pass, report.readings, report.problem)
    }
    for (place, pool) in chosen.enumerated() {
      api.get(api.healthPath(pool.id), token: pass.token, timeout: left(pass)) {
        gathered.add(.health(place), $0)
      }
    }
    for (place, balancer) in balancers.enumerated() {
      api.get(api.balancerPath(balancer), token: pass.token, timeout: left(pass)) {
        gathered.add(.balancer(place), $0)
      }
    }
  }

  private func finish(_ pass: Pass, _ readings: [Reading], _ problem: CloudflareFailure?) {
    let verdict: Outcome.Verdict = problem.map { .failure($0.reason, detail: $0.detail) } ?? .success
    pass.completion(
      Outcome(
        startedAt: pass.startedAt, finishedAt: time.now, took: time.monotonic - pass.start, verdict: verdict,
        readings: [Reading(CloudflareMetrics.up, problem == nil)] + readings))
  }
}
