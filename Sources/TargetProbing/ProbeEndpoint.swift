package import Collecting
internal import Exposition
internal import HTTPClient
package import HTTPServer
package import Model
internal import Synchronization
internal import Threading

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

  private struct State {
    var underWay = 0
    var requests: [Int: UInt64] = [:]
  }

  /// One probe that may be made.
  private struct Plan {
    var module: String
    var target: String
    var check: any AimableCheck
    var place: ProbePlace
    var ruling: ProbeAllowList.Ruling
    var timeout: Duration
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
  private let state = Mutex(State())

  package init(_ settings: ProbeEndpointSettings, clients: CollectorClients) {
    self.settings = settings
    self.clients = clients
  }

  package static let requests = MetricFamily.counter(
    "farwatch_probe_endpoint_requests_total", "Requests for probes of named targets, by status of the answer."
  )
  package static let families = [requests]
  package var readings: [Reading] {
    state.withLock { $0.requests }.sorted { $0.key < $1.key }
      .map { Reading(Self.requests, Double($0.value), labels: ["code": "\($0.key)"]) }
  }

  /// Blocks for as long as the probe takes.
  package func answer(_ request: HTTPServerRequest) -> HTTPServerResponse {
    var answer = respond(to: request)
    // A connection that is kept would wait for its thread while that is busy with another's probe.
    answer.headers.append(HTTPServerField("Connection", "close"))
    state.withLock { $0.requests[answer.status, default: 0] += 1 }
    return answer
  }

  private func respond(to request: HTTPServerRequest) -> HTTPServerResponse {
    guard request.path == Self.path else { return .text(404, "There is nothing here but /probe.\n") }
    guard request.method == "GET" || request.method == "HEAD" else {
      var refusal = HTTPServerResponse.text(405, "Only GET and HEAD are answered here.\n")
      refusal.headers.append(HTTPServerField("Allow", "GET, HEAD"))
      return refusal
    }
    do throws(Refusal) {
      let plan = try plan(request)
      let enters = state.withLock { state in
        guard state.underWay < settings.concurrency else { return false }
        state.underWay += 1
        return true
      }
      guard enters else { throw Refusal(503, "\(settings.concurrency) probes are under way already") }
      defer { state.withLock { $0.underWay -= 1 } }
      let outcome = try probe(plan)
      return page(plan, outcome, debug: request.queryValue("debug") == "true")
    } catch {
      return .text(error.status, error.text + "\n")
    }
  }

  private func plan(_ request: HTTPServerRequest) throws(Refusal) -> Plan {
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
      timeout: try timeout(request, check.basics.timeout))
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

  private func probe(_ plan: Plan) throws(Refusal) -> Outcome {
    let time = clients.time
    let (startedAt, start) = (time.now, time.monotonic)
    var lookup: Double?
    var address: String?
    if plan.ruling == .allowedWithinRanges {
      switch addresses(of: plan) {
      case .failure(let failure):
        return CheckFamilies.outcome(
          .failure(failure.reason, detail: failure.detail), startedAt: startedAt, start: start, time: time)
      case .success(let all):
        if let foreign = all.first(where: { !settings.targets.allows(address: $0) }) {
          throw Refusal(
            403,
            "target \(quoted(plan.place.host)) resolves to \(foreign), which is in none of the listed ranges")
        }
        address = Self.preferred(all)
      }
      lookup = (time.monotonic - start).inSeconds
    }
    let collector: any Collector
    do {
      var check = try plan.check.aimed(at: plan.target, address: address)
      check.basics.timeout = max(.milliseconds(10), plan.timeout - (time.monotonic - start))
      collector = try check.makeCollector(clients)
    } catch { throw Refusal(400, "\(error)") }
    let slot = AnswerSlot<Outcome>()
    collector.collect { slot.put($0) }
    guard var found = slot.take(upTo: plan.timeout + .seconds(2)) else {
      return CheckFamilies.outcome(
        .failure(.timeout, detail: "the probe did not end in time"), startedAt: startedAt, start: start,
        time: time)
    }
    complete(&found, plan.check.description.kind, lookup)
    return found
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

  private func addresses(of plan: Plan) -> HostResolver.Answer {
    let slot = AnswerSlot<HostResolver.Answer>()
    clients.resolver.resolve(
      plan.place.host, family: plan.check.addressFamily, timeout: plan.timeout
    ) { slot.put($0) }
    return slot.take(upTo: plan.timeout + .seconds(1))
      ?? .failure(HTTPFailure(.timeout, "the resolver did not answer in time"))
  }

  /// Only one is tried, so that it had better be of the family that every network has; a module may ask for the other.
  private static func preferred(_ addresses: [String]) -> String? {
    addresses.first { !$0.contains(":") } ?? addresses.first
  }

  private func page(_ plan: Plan, _ outcome: Outcome, debug: Bool) -> HTTPServerResponse {
    let page = PageRenderer(ReadingsPage(outcome.readings)).render()
    let metrics = page.segments.flatMap { Array($0.storage) }
    guard debug else {
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

/// Where a carrier leaves its answer for the thread that waits.
private final class AnswerSlot<Answer: Sendable>: Sendable {
  private let answer = Mutex<Answer?>(nil)
  private let bell = Bell()

  func put(_ answer: Answer) {
    self.answer.withLock { $0 = answer }
    bell.ring()
  }

  func take(upTo limit: Duration) -> Answer? {
    _ = bell.wait(upTo: limit)
    return answer.withLock { $0 }
  }
}
