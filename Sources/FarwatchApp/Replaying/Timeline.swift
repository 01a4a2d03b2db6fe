internal import Model
internal import Notifying

/// One thing that happened in a replay.
struct TimelineEntry: Equatable {
  /// In the order in which they stand when they share a moment.
  enum Kind: String, CaseIterable {
    case lost, back, silence, pending, ended, firing, resolved, silenced, inhibited, muted
    case unsilenced, uninhibited, unmuted, untold, queued, escalated, page
    case notTaken = "not taken"
    case retried = "tried again"
    case givenUp = "given up"
    case dropped

    /// Shown only when everything is asked for.
    var isDetail: Bool {
      switch self {
      case .pending, .ended, .unsilenced, .uninhibited, .unmuted, .queued, .retried: true
      default: false
      }
    }
  }

  /// Since the start.
  var at: Duration
  var kind: Kind
  /// The alert, the loss or the way of a page.
  var subject: String
  /// What else is to be said, in order; `title` of a page among it.
  var detail: [(name: String, value: String)] = []

  static func == (a: Self, b: Self) -> Bool {
    a.at == b.at && a.kind == b.kind && a.subject == b.subject
      && a.detail.elementsEqual(b.detail) { $0 == $1 }
  }
}

/// One time that an alert fired.
struct Episode {
  var labels: Labels
  var startsAt: Timestamp
  var firedAt: Duration
  var endedAt: Duration?
  /// Receivers that took a page of its beginning, in order.
  var told: [String] = []
  /// A page of its beginning was made.
  var wasQueued = false
  /// What held it back last, as `inhibited by …`.
  var heldBack: String?
  var hasNoRoute = false
}

/// What a replay brings out, in order of time.
final class Timeline {
  static let maximumEntries = 1_000_000

  private(set) var entries: [TimelineEntry] = []
  /// Entries beyond ``maximumEntries``.
  private(set) var leftOut = 0
  private(set) var episodes: [Episode] = []
  private var places: [EpisodeKey: Int] = [:]
  private var open: [String: Int] = [:]
  private(set) var pages: [TimelinePage] = []
  private var attempts: [String: Int] = [:]
  let clock: ReplayClock
  let losses: [Loss]
  /// What stands for a silence's identifier, which is drawn anew each time.
  var silenceNames: [String: String] = [:]

  private struct EpisodeKey: Hashable {
    var identity: String
    var startsAt: Timestamp
  }

  init(clock: ReplayClock, losses: [Loss]) {
    self.clock = clock
    self.losses = losses
  }

  func add(_ kind: TimelineEntry.Kind, _ subject: String, _ detail: [(name: String, value: String)] = []) {
    guard entries.count < Self.maximumEntries else {
      leftOut += 1
      return
    }
    entries.append(TimelineEntry(at: clock.elapsed, kind: kind, subject: subject, detail: detail))
  }

  /// Takes what the core writes into its journal.
  func take(_ journal: [JournalEntry]) {
    for entry in journal {
      let subject = entry.labels.map(alertText) ?? ""
      let place = entry.identity.flatMap { open[$0] }
      switch entry.kind {
      case .pending: add(.pending, subject)
      case .ended: add(.ended, subject)
      case .firing:
        begin(entry)
        add(.firing, subject, entry.detail["value"].map { [("value", $0)] } ?? [])
      case .resolved:
        if let place { episodes[place].endedAt = clock.elapsed }
        if let identity = entry.identity { open[identity] = nil }
        add(.resolved, subject, entry.detail["because"].map { [("because", $0)] } ?? [])
      case .silenced: hold(.silenced, entry, place)
      case .inhibited: hold(.inhibited, entry, place)
      case .muted: hold(.muted, entry, place)
      case .unsilenced: add(.unsilenced, subject)
      case .uninhibited: add(.uninhibited, subject)
      case .unmuted: add(.unmuted, subject)
      case .notified: queue(entry, subject)
      case .escalated: add(.escalated, subject, [("topic", entry.detail["topic"] ?? "")])
      case .givenUp:
        add(.givenUp, way(entry), [("alert", subject), ("reason", entry.detail["reason"] ?? "")])
      case .dropped:
        add(.dropped, way(entry), [("alert", subject), ("reason", entry.detail["reason"] ?? "")])
      case .attempt, .acknowledged, .unacknowledged, .silenceCreated, .silenceUpdated, .silenceExpired,
        .checkDown, .checkUp, .started, .stopped, .reloaded, .omitted:
        break
      }
    }
  }

  private func begin(_ entry: JournalEntry) {
    guard let identity = entry.identity, let labels = entry.labels, let startsAt = entry.startsAt else {
      return
    }
    open[identity] = episodes.count
    places[EpisodeKey(identity: identity, startsAt: startsAt)] = episodes.count
    episodes.append(Episode(labels: labels, startsAt: startsAt, firedAt: clock.elapsed))
  }

  private func hold(_ kind: TimelineEntry.Kind, _ entry: JournalEntry, _ place: Int?) {
    let by = (entry.detail["by"] ?? "").split(separator: ", ").map { silenceNames[String($0)] ?? String($0) }
      .joined(separator: ", ")
    if let place { episodes[place].heldBack = "\(kind.rawValue) by \(by)" }
    add(kind, entry.labels.map(alertText) ?? "", [("by", by)])
  }

  private func queue(_ entry: JournalEntry, _ subject: String) {
    if entry.detail["status"] == "firing", let identity = entry.identity, let startsAt = entry.startsAt,
      let place = places[EpisodeKey(identity: identity, startsAt: startsAt)]
    {
      episodes[place].wasQueued = true
    }
    var detail = [("alert", subject)]
    for name in ["fallback_of", "dead_letter_of"] {
      if let value = entry.detail[name] { detail.append((name, value)) }
    }
    add(.queued, way(entry), detail)
  }

  private func way(_ entry: JournalEntry) -> String {
    "\(entry.detail["topic"] ?? "") → \(entry.detail["name"] ?? entry.detail["receiver"] ?? "")"
  }

  /// An alert matched no route.
  func noRoute(_ labels: String) {
    var subject = labels
    for place in open.values where episodes[place].labels.description == labels {
      episodes[place].hasNoRoute = true
      subject = alertText(episodes[place].labels)
    }
    add(.untold, subject, [("because", "it matches no route")])
  }

  /// The end of one attempt to deliver a page.
  func tried(_ dry: DryPage, taken: Bool) {
    let page = dry.page
    if page.notification.kind == .refresh { return }
    let attempt = (attempts[page.messageID] ?? 0) + 1
    attempts[page.messageID] = taken ? nil : attempt
    for event in page.notification.firing {
      guard let place = places[EpisodeKey(identity: event.identity, startsAt: event.startsAt)] else {
        continue
      }
      episodes[place].wasQueued = true
      if taken { episodes[place].told.append("\(dry.topic) → \(dry.receiver)") }
    }
    var detail = [("title", dry.title), ("endpoint", dry.endpoint)]
    if page.notification.kind != .news { detail.append(("kind", page.notification.kind.rawValue)) }
    if page.notification.isGrouped {
      detail.append(("alerts", counts(page.notification)))
    }
    let cause = cause(of: page.notification)
    detail.append(("delay", "\(seconds(clock.elapsed - cause.at)) after \(cause.what)"))
    if attempt > 1 || !taken { detail.append(("attempt", String(attempt))) }
    add(taken ? .page : attempt == 1 ? .notTaken : .retried, "\(dry.topic) → \(dry.receiver)", detail)
    pages.append(
      TimelinePage(
        at: clock.elapsed, topic: dry.topic, receiver: dry.receiver, endpoint: dry.endpoint,
        title: dry.title, isFiring: page.notification.status == .firing, isTaken: taken,
        startsAt: page.notification.alerts.map(\.startsAt).max() ?? clock.start))
  }

  private func counts(_ notification: Notification) -> String {
    let (firing, resolved) = (notification.firing.count, notification.resolved.count)
    let parts = [firing > 0 ? "\(firing) firing" : nil, resolved > 0 ? "\(resolved) resolved" : nil]
    return parts.compactMap(\.self).joined(separator: ", ")
  }

  /// What a page is about: the loss before it, or the alert's own beginning or end.
  private func cause(of notification: Notification) -> (at: Duration, what: String) {
    let isFiring = notification.status == .firing
    let moments = (isFiring ? notification.firing : notification.resolved).map {
      isFiring ? $0.startsAt : $0.endsAt ?? notification.decidedAt
    }
    let moment = (moments.min() ?? notification.decidedAt) - clock.start
    let edges = losses.compactMap { loss -> (Duration, String)? in
      isFiring
        ? (loss.window.from, "\(loss.name) was lost")
        : loss.window.until.map { ($0, "\(loss.name) came back") }
    }
    if let edge = edges.filter({ $0.0 <= moment }).max(by: { $0.0 < $1.0 }) { return edge }
    return (moment, isFiring ? "it began" : "it ended")
  }

  /// Entries in an order that does not depend on that of a dictionary.
  func sort() {
    let ranks = Dictionary(uniqueKeysWithValues: TimelineEntry.Kind.allCases.enumerated().map { ($1, $0) })
    entries.sort { a, b in
      if a.at != b.at { return a.at < b.at }
      let (first, second) = (ranks[a.kind] ?? 0, ranks[b.kind] ?? 0)
      if first != second { return first < second }
      if !sameBytes(a.subject, b.subject) { return byteOrder(a.subject, b.subject) }
      return byteOrder(a.detail.map(\.value).joined(), b.detail.map(\.value).joined())
    }
    episodes.sort { ($0.firedAt, $0.labels.description) < ($1.firedAt, $1.labels.description) }
    places = [:]
    open = [:]
  }
}

/// One attempt to tell one receiver.
struct TimelinePage: Equatable {
  var at: Duration
  var topic: String
  var receiver: String
  var endpoint: String
  var title: String
  var isFiring: Bool
  var isTaken: Bool
  /// Of its newest alert.
  var startsAt: Timestamp
}

/// Seconds with one digit below a minute, whole seconds beyond.
func seconds(_ duration: Duration) -> String {
  let milliseconds = max(0, duration.milliseconds)
  if milliseconds < 60_000 { return "\(milliseconds / 1000).\(milliseconds % 1000 / 100)s" }
  return DurationText.format(.seconds(milliseconds / 1000))
}

/// `RegionDown{region="japan"}`.
func alertText(_ labels: Labels) -> String {
  guard let name = labels["alertname"] else { return labels.description }
  return labels.dropping(["alertname"]).setting(Labels.metricNameLabel, to: name).description
}
