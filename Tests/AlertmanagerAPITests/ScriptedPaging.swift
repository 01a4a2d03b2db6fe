import AlertmanagerAPI
import Foundation
import Model
import Paging
import Synchronization

let testStart = Timestamp(year: 2026, month: 11, day: 21, hour: 8)

/// Paging as small as it can be: takes what is posted, silences, and routes by two labels.
final class ScriptedPaging: PagingFace {
  struct State {
    var alerts: [PagedAlert] = []
    var silences: [Silence] = []
    var refusal: PagingRefusal?
    var isBusy = false
    var posts = 0
  }

  let state = Mutex(State())
  let clock: @Sendable () -> Timestamp
  let facts = DaemonFacts(
    name: "taipei", version: "0.25.0", startedAt: testStart - .seconds(60), topics: ["team-x", "pager", "eu"])

  init(clock: @escaping @Sendable () -> Timestamp = { testStart }) { self.clock = clock }

  func configurationText() -> String { "route:\n  receiver: team-x\nreceivers:\n- name: team-x\n" }

  static func topics(_ labels: Labels) -> [String] {
    let found =
      (labels["severity"] == "page" ? ["pager"] : []) + (labels["region"] == "eu" ? ["eu"] : [])
    return found.isEmpty ? ["team-x"] : found
  }

  func snapshot() -> PagingSnapshot? {
    let now = clock()
    return state.withLock { state in
      if state.isBusy { return nil }
      let alerts = state.alerts.map { alert in
        var alert = alert
        alert.silencedBy += state.silences.filter { silence in
          silence.state(at: now) == .active && silence.matchers.allSatisfy { $0.matches(alert.labels) }
        }.map(\.id).sorted()
        return alert
      }
      var groups: [AlertGroup] = []
      for (place, alert) in alerts.enumerated() {
        for topic in alert.topics {
          let labels = alert.labels.keeping(topic == "eu" ? ["region"] : ["alertname"])
          if let known = groups.firstIndex(where: { $0.topic == topic && $0.labels == labels }) {
            groups[known].alerts.append(place)
          } else {
            groups.append(AlertGroup(labels: labels, topic: topic, routeID: "r", alerts: [place]))
          }
        }
      }
      return PagingSnapshot(alerts: alerts, groups: groups.reversed(), silences: state.silences)
    }
  }

  func post(_ alerts: [PostedAlert]) throws(PagingRefusal) {
    let now = clock()
    try change { state in
      state.posts += 1
      for alert in alerts {
        state.alerts.removeAll { $0.labels == alert.labels }
        let digits = String(alert.labels.fingerprint, radix: 16)
        state.alerts.append(
          PagedAlert(
            identity: "posted/\(digits)",
            fingerprint: String(repeating: "0", count: 16 - digits.count) + digits,
            source: .posted, status: (alert.endsAt ?? now + .seconds(300)) <= now ? .resolved : .firing,
            labels: alert.labels, annotations: alert.annotations, startsAt: alert.startsAt ?? now,
            endsAt: alert.endsAt ?? now + .seconds(300), updatedAt: now, generatorURL: alert.generatorURL,
            topics: Self.topics(alert.labels)))
      }
    }
  }

  func setSilence(_ silence: SilenceDraft) throws(PagingRefusal) -> String {
    let now = clock()
    var id = UUID().uuidString.lowercased()
    var isKnown = true
    try change { state in
      if !silence.id.isEmpty {
        isKnown = state.silences.contains { $0.id == silence.id }
        id = silence.id
      }
      guard isKnown else { return }
      state.silences.removeAll { $0.id == id }
      state.silences.append(
        Silence(
          id: id, matchers: silence.matchers, startsAt: max(silence.startsAt ?? now, now),
          endsAt: silence.endsAt,
          updatedAt: now, createdBy: silence.createdBy, comment: silence.comment,
          annotations: silence.annotations))
    }
    if !isKnown { throw .notFound("silence not found") }
    return id
  }

  func expireSilence(id: String) throws(PagingRefusal) {
    let now = clock()
    var isKnown = false
    try change { state in
      guard let place = state.silences.firstIndex(where: { $0.id == id }) else { return }
      isKnown = true
      state.silences[place].endsAt = min(now, state.silences[place].endsAt)
    }
    if !isKnown { throw .notFound("silence not found") }
  }

  func acknowledge(_ choice: AlertChoice, by: String, comment: String) throws(PagingRefusal) -> [String] {
    let acknowledgement = Acknowledgement(by: by, comment: comment, at: clock())
    return try change { state in
      state.alerts.indices.filter { Self.isMeant(state.alerts[$0], choice) }.map { place in
        state.alerts[place].acknowledgement = acknowledgement
        return state.alerts[place].fingerprint
      }
    }
  }

  func unacknowledge(_ choice: AlertChoice, by: String) throws(PagingRefusal) -> [String] {
    try change { state in
      state.alerts.indices.filter {
        Self.isMeant(state.alerts[$0], choice) && state.alerts[$0].acknowledgement != nil
      }.map { place in
        state.alerts[place].acknowledgement = nil
        return state.alerts[place].fingerprint
      }
    }
  }

  func firing(_ choice: AlertChoice) -> [PagedAlert]? {
    state.withLock { state in state.isBusy ? nil : state.alerts.filter { Self.isMeant($0, choice) } }
  }

  private static func isMeant(_ alert: PagedAlert, _ choice: AlertChoice) -> Bool {
    guard alert.status == .firing else { return false }
    return switch choice {
    case .fingerprints(let wanted): wanted.contains(alert.fingerprint)
    case .thread(let thread, let until): alert.identity == thread && alert.startsAt <= until
    }
  }

  private func change<Answer>(_ body: (inout State) -> Answer) throws(PagingRefusal) -> Answer {
    let result = state.withLock { state -> Result<Answer, PagingRefusal> in
      if let refusal = state.refusal { return .failure(refusal) }
      return .success(body(&state))
    }
    return try result.get()
  }
}

/// Asks the API, as a listener would.
struct Asking {
  let paging: ScriptedPaging
  var api: AlertmanagerAPI { AlertmanagerAPI(paging, now: paging.clock) }

  func callAsFunction(
    _ method: String = "GET", _ target: String, _ body: String = "", type: String? = "application/json"
  ) -> APIResponse {
    api.answer(APIRequest(method: method, target: target, type: type, body: Array(body.utf8)))
  }
}

extension APIRequest {
  init(method: String, target: String, type: String?, body: [UInt8]) {
    let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
    let items = parts.count < 2 ? [] : parts[1].split(separator: "&").map(String.init)
    func plain(_ text: String) -> String {
      text.replacingOccurrences(of: "+", with: " ").removingPercentEncoding ?? text
    }
    self.init(
      method: method, path: plain(parts[0]),
      pathSegments: parts[0].split(separator: "/").map { plain(String($0)) },
      query: items.map { item in
        let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        return (plain(pair[0]), pair.count > 1 ? plain(pair[1]) : "")
      }, contentType: type, body: body)
  }
}
