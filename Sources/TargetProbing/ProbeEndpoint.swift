package import Collecting
internal import Exposition
internal import HTTPClient
package import HTTPServer
package import Model
internal import Synchronization

/// `/probe?target=…&module=…`: one check of a target that the request names, answered as blackbox_exporter answers.
///
/// A target must be on the allow-list. A name that must resolve into listed ranges is looked up once, all its addresses
/// are looked at, and the check connects to one of those: what another look-up might say afterwards does not matter.
package final class ProbeEndpoint: Sendable {
  package static let path = "/probe"
  /// What blackbox_exporter takes when the request names none.
  private static let defaultModule = "http_2xx"
  static let lookupTime = MetricFamily.gauge(
    "probe_dns_lookup_time_seconds", "How long the look-up of the target's host took; 0 for an address.")

  /// What outlives a change of the settings: an endpoint that takes another's place is given it.
  package final class Tally: Sendable {
    fileprivate let requests = Mutex<[Int: UInt64]>([:])
    fileprivate let desk = ProbeDesk()

    package init() {}

    deinit { desk.close() }

    fileprivate func count(_ answer: HTTPServerResponse) {
      requests.withLock { $0[answer.status, default: 0] += 1 }
    }

    package var readings: [Reading] {
      requests.withLock { $0 }.sorted { $0.key < $1.key }
        .map { Reading(ProbeEndpoint.requests, Double($0.value), labels: ["code": "\($0.key)"]) }
    }
  }

  /// One probe that may be made.
  private struct Plan: Sendable {
    var module: String
    var target: String
    var check: any AimableCheck
    var place: ProbePlace
    var ruling: ProbeAllowList.Ruling
    var timeout: Duration
    var debug: Bool
  }

  /// A request that is not one for a probe, and its answer.
  private struct Refusal: Error {
    var status: Int
    var text: String
    init(_ status: Int, _ text: String) {
      self.status = status
      self.text = text
    }
  }

  private let settings: ProbeEndpointSettings
  private let clients: CollectorClients
  private let tally: Tally

  package init(_ settings: ProbeEndpointSettings, clients: CollectorClients, tally: Tally = Tally()) {
    self.settings = settings
    self.clients = clients
    self.tally = tally
  }

  package static let requests = MetricFamily.counter(
    "farwatch_probe_endpoint_requests_total", "Requests for probes of named targets, by status of the answer."
  )
  package static let families = [requests]
  package var readings: [Reading] { tally.readings }

  /// What need not be probed is answered at once; else the answer comes later, and no thread waits for it.
  package func answer(_ request: HTTPServerRequest) -> HTTPServerResponse {
    var answer: HTTPServerResponse
    do throws(Refusal) {
      answer = .deferred(try submit(try plan(request)))
    } catch {
      answer = .text(error.status, error.text + "\n")
      if error.status == 405 { answer.headers.append(HTTPServerField("Allow", "GET, HEAD")) }
      tally.count(answer)
    }
    // Prometheus keeps a connection for each target, which would be open for one probe in a while.
    answer.headers.append(HTTPServerField("Connection", "close"))
    return answer
  }

  private func submit(_ plan: Plan) throws(Refusal) -> DeferredResponse {
    let later = DeferredResponse()
    let (tally, time, limit) = (tally, clients.time, settings.concurrency)
    let give: @Sendable (HTTPServerResponse) -> Void = {
      tally.count($0)
      later.complete($0)
    }
    let errand = ProbeDesk.Errand(
      begin: { [self] turn in begin(plan, turn, give) },
      overdue: { [self] which in
        switch which {
        case .waiting:
          let patience = DurationText.format(plan.timeout)
          give(.text(503, "no turn within \(patience): \(limit) probes at most are under way at once\n"))
        case .underWay:
          let end = CheckFamilies.outcome(
            .failure(.timeout, detail: "the probe did not end in time"),
            startedAt: time.now - plan.timeout, start: time.monotonic - plan.timeout, time: time)
          give(page(plan, end))
        }
      })
    guard
      let id = tally.desk.submit(
        // A target may answer pings, and hang where it is asked for a page.
        "\(plan.module) \(plan.target)", timeout: plan.timeout, limit: limit, time: time, errand)
    else { throw Refusal(503, "\(ProbeLine.waitingLimit) probes wait for their turn already") }
    later.whenAbandoned { tally.desk.abandon(id, time.monotonic) }
    return later
  }

  private func plan(_ request: HTTPServerRequest) throws(Refusal) -> Plan {
    guard request.path == Self.path else { throw Refusal(404, "There is nothing here but /probe.") }
    guard request.method == "GET" || request.method == "HEAD" else {
      throw Refusal(405, "Only GET and HEAD are answered here.")
    }
    let module = request.queryValue("module") ?? Self.defaultModule
    guard let check = settings.modules[module] else { throw Refusal(400, "Unknown module \(quoted(module))") }
    let targets = request.queryValues("target")
    guard let target = targets.first, !target.isEmpty else {
      throw Refusal(400, "Target parameter is missing")
    }
    guard targets.count == 1 else { throw Refusal(400, "Target parameter is there more than once") }
    guard target.utf8.count <= 4096, target.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != 0x5c }) else {
      throw Refusal(400, "target: must be printable ASCII without spaces, at most 4096 bytes")
    }
    let place: ProbePlace
    do throws(InvalidSettings) {
      place = try check.place(of: target)
    } catch { throw Refusal(400, error.description) }
    let ruling = settings.targets.rule(on: target, at: place)
    if ruling == .refused { throw Refusal(403, "target \(quoted(place.host)) is not on the allow-list") }
    return Plan(
      module: module, target: target, check: check, place: place, ruling: ruling,
      timeout: try timeout(request, check.basics.timeout), debug: request.queryValue("debug") == "true")
  }

  private func timeout(_ request: HTTPServerRequest, _ longest: Duration) throws(Refusal) -> Duration {
    guard let text = request.header("X-Prometheus-Scrape-Timeout-Seconds") else { return longest }
    guard let seconds = Double(text), seconds > 0, seconds.isFinite else {
      throw Refusal(400, "X-Prometheus-Scrape-Timeout-Seconds must be a number of seconds")
    }
    let scrape = Duration.milliseconds(Int64(min(seconds, 86_400) * 1000))
    // Of a scrape that is shorter than the offset, half is left for the way back.
    let left = scrape > settings.timeoutOffset * 2 ? scrape - settings.timeoutOffset : scrape / 2
    return max(.milliseconds(10), min(longest, left))
  }

  private typealias Give = @Sendable (HTTPServerResponse) -> Void

  private func begin(_ plan: Plan, _ turn: ProbeDesk.Turn, _ give: @escaping Give) {
    guard plan.ruling == .allowedWithinRanges else { return collect(plan, turn, give) }
    let time = clients.time
    let (startedAt, start) = (time.now, time.monotonic)
    clients.resolver.resolve(
      plan.place.host, family: plan.check.addressFamily, timeout: plan.timeout - turn.waited
    ) { [self] answer in
      turn.hand { [self] in
        switch answer {
        case .failure(let failure):
          let outcome = CheckFamilies.outcome(
            .failure(failure.reason, detail: failure.detail), startedAt: startedAt, start: start, time: time)
          end(plan, turn, outcome, give)
        case .success(let all):
          if let foreign = all.first(where: { !settings.targets.allows(address: $0) }) {
            let text =
              "target \(quoted(plan.place.host)) resolves to \(foreign), which is in none of the listed ranges"
            return refuse(Refusal(403, text), turn, give)
          }
          let took = time.monotonic - start
          collect(plan, turn, give, address: Self.preferred(all), lookup: took)
        }
      }
    }
  }

  private func collect(
    _ plan: Plan, _ turn: ProbeDesk.Turn, _ give: @escaping Give, address: String? = nil,
    lookup: Duration? = nil
  ) {
    let collector: any Collector
    do {
      var check = try plan.check.aimed(at: plan.target, address: address)
      check.basics.timeout = max(.milliseconds(10), plan.timeout - turn.waited - (lookup ?? .zero))
      collector = try check.makeCollector(clients)
    } catch { return refuse(Refusal(400, "\(error)"), turn, give) }
    collector.collect { [self] outcome in
      turn.hand { [self] in
        // Held until here: a collector ends with its last reference.
        withExtendedLifetime(collector) {}
        var outcome = outcome
        complete(&outcome, plan.check.description.kind, lookup?.inSeconds)
        end(plan, turn, outcome, give)
      }
    }
  }

  private func refuse(_ refusal: Refusal, _ turn: ProbeDesk.Turn, _ give: Give) {
    if turn.end(timedOut: false) { give(.text(refusal.status, refusal.text + "\n")) }
  }

  private func end(_ plan: Plan, _ turn: ProbeDesk.Turn, _ outcome: Outcome, _ give: Give) {
    guard turn.end(timedOut: outcome.reason == .timeout) else { return }
    // What had less than half of its time is no evidence against the target.
    if outcome.reason == .timeout, turn.waited > plan.timeout / 2 {
      let waited = DurationText.format(.milliseconds(turn.waited.milliseconds))
      return give(.text(503, "waited \(waited) for its turn, and the time left was too short\n"))
    }
    give(page(plan, outcome))
  }

  /// What blackbox_exporter tells in any case: of the look-up, and of the expressions even where there are none.
  private func complete(_ outcome: inout Outcome, _ kind: String, _ lookup: Double?) {
    if ["http", "tcp"].contains(kind),
      !outcome.readings.contains(where: { $0.family == CheckFamilies.failedDueToRegex })
    {
      outcome.readings.append(Reading(CheckFamilies.failedDueToRegex, false))
    }
    let resolve = outcome.readings.first {
      $0.family.name == "probe_http_duration_seconds" && $0.labels["phase"] == "resolve"
    }
    guard !outcome.readings.contains(where: { $0.family == Self.lookupTime }) else { return }
    outcome.readings.append(Reading(Self.lookupTime, lookup ?? resolve?.value ?? 0))
  }

  /// Only one is tried, so that it had better be of the family that every network has; a module may ask for the other.
  private static func preferred(_ addresses: [String]) -> String? {
    addresses.first { !$0.contains(":") } ?? addresses.first
  }

  private func page(_ plan: Plan, _ outcome: Outcome) -> HTTPServerResponse {
    let page = PageRenderer(ReadingsPage(outcome.readings)).render()
    let metrics = page.segments.flatMap { Array($0.storage) }
    guard plan.debug else {
      return HTTPServerResponse(status: 200, contentType: page.contentType, body: .bytes(metrics))
    }
    let verdict =
      switch outcome.verdict {
      case .success: "good"
      case .failure(let reason, let detail): "FAILED: \(reason.rawValue): \(detail)"
      }
    let head = """
      module: \(plan.module) (\(plan.check.description.kind))
      target: \(plan.target)
      time-out: \(DurationText.format(plan.timeout))
      took: \(DurationText.format(.milliseconds(max(1, outcome.took.milliseconds))))
      verdict: \(verdict)


      """
    return HTTPServerResponse(
      status: 200, contentType: "text/plain; charset=utf-8", body: .bytes(Array(head.utf8) + metrics))
  }
}
