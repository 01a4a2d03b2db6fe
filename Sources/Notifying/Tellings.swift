package import Model

/// What became of the pages that told one receiver of an alert that fires.
package struct Telling: Hashable, Sendable {
  package enum Fate: Hashable, Sendable {
    /// In the outbox; `trouble` says why it was not taken yet.
    case waiting(trouble: String?)
    case taken(at: Timestamp)
    /// Given up or dropped: it will not be told of it.
    case lost(reason: String)
    /// Its filter policy left the alert out.
    case filtered
  }

  package var topic: String
  package var receiver: String
  /// Pages are sent to it; false: it has not confirmed, or has unsubscribed.
  package var isListening: Bool
  package var fate: Fate
}

/// What is known of all pages of alerts that fire, by alert and receiver. Of pages that were taken before the process
/// began nothing is known.
struct TellingBook {
  /// Alerts beyond that many are forgotten, the oldest first.
  static let mostAlerts = 50_000

  private struct Entry {
    var startsAt: Timestamp
    /// By the receiver's key, with the number of the page that it follows from.
    var fates: [String: (fate: Telling.Fate, sequence: UInt64)] = [:]
  }

  private var entries: [String: Entry] = [:]
  /// In order of arrival; some are gone from ``entries``.
  private var arrivals: [String] = []
  private(set) var forgotten: UInt64 = 0

  enum News {
    case accepted
    case attempted(trouble: String)
    case taken
    case lost(reason: String)
  }

  /// Something happened to a page.
  mutating func note(_ news: News, _ row: OutboxRow, at now: Timestamp) {
    guard !row.isPassing, row.notification.kind != .refresh else { return }
    for alert in row.notification.alerts {
      guard alert.status == .firing else {
        if case .accepted = news { entries[alert.identity] = nil }
        continue
      }
      if case .accepted = news { begin(alert) }
      guard let known = entries[alert.identity], known.startsAt == alert.startsAt else { continue }
      let before = known.fates[row.subscription]
      // Who was told once knows of it, whatever becomes of reminders.
      if case .taken? = before?.fate {
        guard case .taken = news else { continue }
      }
      // An older page that goes says nothing of the newer one.
      if let before, row.sequence < before.sequence {
        guard case .taken = news else { continue }
      }
      let fate: Telling.Fate =
        switch news {
        case .accepted: .waiting(trouble: nil)
        case .attempted(let trouble): .waiting(trouble: trouble)
        case .taken: .taken(at: now)
        case .lost(let reason): .lost(reason: reason)
        }
      entries[alert.identity]?.fates[row.subscription] = (fate, row.sequence)
    }
  }

  /// The filter policy of a receiver left alerts out.
  mutating func noteFiltered(_ alerts: some Sequence<AlertEvent>, receiver: String) {
    for alert in alerts where alert.status == .firing {
      begin(alert)
      if entries[alert.identity]?.fates[receiver] == nil {
        entries[alert.identity]?.fates[receiver] = (.filtered, 0)
      }
    }
  }

  func fates(of identity: String) -> [String: Telling.Fate] {
    entries[identity]?.fates.mapValues(\.fate) ?? [:]
  }

  private mutating func begin(_ alert: AlertEvent) {
    if let known = entries[alert.identity] {
      if known.startsAt != alert.startsAt { entries[alert.identity] = Entry(startsAt: alert.startsAt) }
      return
    }
    entries[alert.identity] = Entry(startsAt: alert.startsAt)
    arrivals.append(alert.identity)
    if entries.count > Self.mostAlerts { forgetOldest() }
    // What has ended leaves its name behind.
    if arrivals.count > 2 * entries.count + 1000 {
      var seen: Set<String> = []
      arrivals = arrivals.filter { entries[$0] != nil && seen.insert($0).inserted }
    }
  }

  private mutating func forgetOldest() {
    guard let place = arrivals.firstIndex(where: { entries[$0] != nil }) else { return }
    entries[arrivals[place]] = nil
    arrivals.removeFirst(place + 1)
    forgotten += 1
  }
}

extension Dispatcher {
  /// How far the news got that an alert fires, one for each receiver that was to hear of it.
  package func tellings(of identity: String) -> [Telling] {
    tellingBook.fates(of: identity).compactMap { key, fate in
      guard let receiver = receivers[key] else { return nil }
      return Telling(
        topic: receiver.place?.topicName ?? receiver.row.topicARN,
        receiver: receiver.place?.settings.label ?? receiver.shownEndpoint, isListening: receiver.isListening,
        fate: fate)
    }.sorted { ($0.topic, $0.receiver) < ($1.topic, $1.receiver) }
  }

  /// Whether a topic has anybody who is to be told.
  package func hasSubscribers(_ topic: String) -> Bool { !listeners([topic]).isEmpty }
}
