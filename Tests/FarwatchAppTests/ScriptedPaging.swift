import AlertmanagerAPI
import Model
import Notifying
import Paging
import Synchronization

@testable import FarwatchApp

let testLink = AcknowledgeLink(key: Array(0..<32)) ?? AcknowledgeLink.forTests

extension AcknowledgeLink {
  /// With a key of its own.
  static var forTests: AcknowledgeLink {
    while true { if let link = AcknowledgeLink(key: newKey()) { return link } }
  }
}

/// One alert that fires, and what was done about it.
final class ScriptedPaging: PagingFace {
  let alert = Mutex<PagedAlert?>(
    PagedAlert(
      identity: "i", fingerprint: "00000000000000ff", source: .rule, status: .firing,
      labels: ["alertname": "RegionDown", "region": "<japan>"], annotations: ["summary": "it's \"down\""],
      startsAt: dayStart, endsAt: nil, updatedAt: dayStart, generatorURL: "", topics: ["critical"]))
  let refusal = Mutex<PagingRefusal?>(nil)
  let isBusy = Mutex(false)
  let silences = Mutex<[Silence]>([])
  let posted = Mutex<[PostedAlert]>([])

  let facts = DaemonFacts(name: "taipei", version: "1", startedAt: dayStart, topics: ["critical"])
  func configurationText() -> String { "" }
  func snapshot() -> PagingSnapshot? {
    isBusy.withLock { $0 }
      ? nil
      : PagingSnapshot(
        alerts: alert.withLock { $0.map { [$0] } ?? [] }, groups: [],
        silences: silences.withLock { $0 })
  }
  func post(_ alerts: [PostedAlert]) throws(PagingRefusal) { posted.withLock { $0 += alerts } }
  func setSilence(_ silence: SilenceDraft) throws(PagingRefusal) -> String {
    silences.withLock { silences in
      let id = silence.id.isEmpty ? "00000000-0000-4000-8000-00000000000\(silences.count)" : silence.id
      silences.removeAll { $0.id == id }
      silences.append(
        Silence(
          id: id, matchers: silence.matchers, startsAt: silence.startsAt ?? dayStart, endsAt: silence.endsAt,
          updatedAt: dayStart, createdBy: silence.createdBy, comment: silence.comment))
      return id
    }
  }
  func expireSilence(id: String) throws(PagingRefusal) {
    let isKnown = silences.withLock { silences in
      defer { silences.removeAll { $0.id == id } }
      return silences.contains { $0.id == id }
    }
    if !isKnown { throw .notFound("silence not found") }
  }
  func acknowledge(_ choice: AlertChoice, by: String, comment: String) throws(PagingRefusal) -> [String] {
    if let refusal = refusal.withLock({ $0 }) { throw refusal }
    return alert.withLock { alert in
      alert?.acknowledgement = Acknowledgement(by: by, comment: comment, at: dayStart)
      return alert.map { [$0.fingerprint] } ?? []
    }
  }
  func unacknowledge(_ choice: AlertChoice, by: String) throws(PagingRefusal) -> [String] {
    alert.withLock { alert in
      defer { alert?.acknowledgement = nil }
      return alert?.acknowledgement == nil ? [] : alert.map { [$0.fingerprint] } ?? []
    }
  }
  func firing(_ choice: AlertChoice) -> [PagedAlert]? {
    if isBusy.withLock({ $0 }) { return nil }
    guard case .thread(let thread, let until) = choice else { return [] }
    return alert.withLock { $0.map { [$0] } ?? [] }.filter { $0.identity == thread && $0.startsAt <= until }
  }
}
