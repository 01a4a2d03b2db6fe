package import Model
internal import RowCoding

/// Alerts of one route that share pages; a single alert where the route does not group.
///
/// A pure state machine: ``review(_:at:_:)`` is given how its alerts stand and says what is to be told now and when to
/// look again. It remembers what was told, so that
/// - what fires is told once, and again only as a reminder;
/// - an end is told to those who were told the beginning, whatever was silenced meanwhile, and to nobody else;
/// - after a restart it goes on, because ``row`` is committed together with the pages it tells of.
struct PageGroup {
  let key: String
  /// nil: the configuration has no such route any more; only ends are told.
  var route: Route?
  let routeID: String
  let topic: String
  let labels: Labels
  let isGrouped: Bool
  var members: Set<String> = []
  /// When it got its first alert.
  let createdAt: MonotonicInstant
  var told = Told()

  /// What is remembered.
  struct Told: Codable, Equatable {
    /// Alerts that were told to fire and not yet to be over: identity and the beginning of the episode.
    var firing: [String: Timestamp] = [:]
    /// Pages made so far: the number of the next one.
    var pages: UInt64 = 0
    /// The newest page with news or a reminder.
    var notifiedAt: Timestamp?
    /// What was told and nobody has acknowledged, where the route escalates.
    var waiting: [String: Waiting] = [:]
    /// By topic: who was told by escalation, and of what.
    var escalated: [String: [String]] = [:]
  }

  /// An alert that waits for somebody to take it on.
  struct Waiting: Codable, Equatable {
    var since: Timestamp
    /// Steps of the escalation that were taken.
    var steps = 0
  }

  /// How an alert of the group stands.
  struct Member {
    var event: AlertEvent
    /// Silenced, inhibited or under maintenance.
    var isHeldBack: Bool
    var quietUntil: MonotonicInstant?
    var isAcknowledged: Bool
  }

  struct Review {
    /// With the topic of each.
    var notifications: [(Notification, String)] = []
    /// Alerts that the group is done with.
    var left: [String] = []
    /// When to look again though nothing changed.
    var next: MonotonicInstant?
    /// Whether ``PageGroup/told`` is to be written down.
    var isChanged = false
  }

  init(key: String, route: Route, labels: Labels, createdAt: MonotonicInstant) {
    self.key = key
    self.route = route
    routeID = route.id
    topic = route.topic
    self.labels = labels
    isGrouped = route.grouping != .alone
    self.createdAt = createdAt
  }

  /// The earliest moment at which news may be told.
  func newsMayLeaveAt(_ time: Moment) -> MonotonicInstant {
    guard let route else { return time.monotonic }
    guard let notifiedAt = told.notifiedAt else { return createdAt + route.groupWait }
    return time.monotonic(of: notifiedAt) + route.groupInterval
  }

  /// - Parameters:
  ///   - isMuted: a mute time of the route holds: what begins is not told.
  mutating func review(at time: Moment, isMuted: Bool, _ member: (String) -> Member?) -> Review {
    var review = Review()
    let before = told
    var tellable: [Member] = []
    // Told, and held back since then: no news, but a page of the group must not look as if they were over.
    var standing: [Member] = []
    var ended: [Member] = []
    var hasNews = false
    func wake(at moment: MonotonicInstant) { review.next = min(review.next ?? moment, moment) }
    for identity in members {
      guard let member = member(identity) else {
        review.left.append(identity)
        continue
      }
      if member.event.status == .resolved {
        if told.firing[identity] == nil { review.left.append(identity) } else { ended.append(member) }
        continue
      }
      if member.isHeldBack || isMuted || route == nil {
        if told.firing[identity] != nil { standing.append(member) }
        continue
      }
      if isNews(member.event) {
        if let quiet = member.quietUntil, quiet > time.monotonic {
          wake(at: quiet)
          continue
        }
        hasNews = true
      }
      tellable.append(member)
    }
    if hasNews || !ended.isEmpty {
      let gate = newsMayLeaveAt(time)
      if time.monotonic < gate {
        wake(at: gate)
      } else {
        tell(tellable, standing, ended, at: time, &review)
      }
    }
    let open = tellable.filter { told.firing[$0.event.identity] != nil && !$0.isAcknowledged }
    if !open.isEmpty { remind(tellable, at: time, &review) }
    escalate(open, held: standing, at: time, &review)
    for identity in review.left {
      members.remove(identity)
      told.firing[identity] = nil
      told.waiting[identity] = nil
    }
    review.isChanged = told != before
    return review
  }

  /// Whether an alert that fires has not been told. One that came back before its end could be told goes on for those
  /// who are told of groups; told by itself, each episode is told.
  func isNews(_ event: AlertEvent) -> Bool {
    told.firing[event.identity].map { !isGrouped && $0 != event.startsAt } ?? true
  }

  private mutating func tell(
    _ tellable: [Member], _ standing: [Member], _ ended: [Member], at time: Moment, _ review: inout Review
  ) {
    if isGrouped {
      let news = ordered(tellable.filter { isNews($0.event) })
      let known = ordered(tellable.filter { !isNews($0.event) } + standing)
      var page = notification(.news, news + known + ordered(ended), time)
      page.newsCount = news.count
      review.notifications.append((page, topic))
    } else {
      // The news of a single alert is named by the alert itself.
      for alert in ordered(tellable) + ordered(ended) {
        if alert.status == .firing, !isNews(alert) { continue }
        review.notifications.append((Notification(alert, route: routeID), topic))
      }
    }
    for member in tellable { told.firing[member.event.identity] = member.event.startsAt }
    let over = Set(ended.map(\.event.identity))
    for (topic, knows) in told.escalated.sorted(by: { byteOrder($0.key, $1.key) }) {
      let ends = ordered(ended.filter { knows.contains($0.event.identity) })
      if !ends.isEmpty {
        // With what it knows that still fires: the end of one is not the end of the group.
        let still = ordered((tellable + standing).filter { knows.contains($0.event.identity) })
        var page = notification(.news, still + ends, time)
        page.newsCount = 0
        review.notifications.append((page, topic))
      }
      let rest = knows.filter { !over.contains($0) }
      told.escalated[topic] = rest.isEmpty ? nil : rest
    }
    review.left += over
    told.notifiedAt = time.now
    for identity in over { told.firing[identity] = nil }
  }

  private mutating func remind(_ tellable: [Member], at time: Moment, _ review: inout Review) {
    guard let route, route.repeatInterval > .zero, let last = told.notifiedAt else { return }
    func wake(at moment: MonotonicInstant) { review.next = min(review.next ?? moment, moment) }
    let due = time.monotonic(of: last) + route.repeatInterval
    guard due <= time.monotonic else { return wake(at: due) }
    let still = ordered(tellable.filter { told.firing[$0.event.identity] != nil })
    review.notifications.append((notification(.reminder, still, time), topic))
    told.notifiedAt = time.now
    wake(at: time.monotonic + route.repeatInterval)
  }

  /// Each alert waits for itself: one that joins a group of which somebody was told already has its own steps.
  ///
  /// - Parameter held: told, but held back by now: their waiting neither goes on nor begins anew.
  private mutating func escalate(
    _ open: [Member], held: [Member], at time: Moment, _ review: inout Review
  ) {
    guard let route, !route.escalation.isEmpty else {
      told.waiting = [:]
      return
    }
    let kept = Set(open.map(\.event.identity)).union(
      held.lazy.filter { !$0.isAcknowledged }.map(\.event.identity))
    for identity in told.waiting.keys where !kept.contains(identity) { told.waiting[identity] = nil }
    var due: [Int: [Member]] = [:]
    for member in open {
      let identity = member.event.identity
      var waiting = told.waiting[identity] ?? Waiting(since: time.now)
      waiting.since = min(waiting.since, time.now)
      while waiting.steps < route.escalation.count {
        let moment = time.monotonic(of: waiting.since) + route.escalation[waiting.steps].after
        if moment > time.monotonic {
          review.next = min(review.next ?? moment, moment)
          break
        }
        due[waiting.steps, default: []].append(member)
        waiting.steps += 1
      }
      told.waiting[identity] = waiting
    }
    for (step, members) in due.sorted(by: { $0.key < $1.key }) {
      let next = route.escalation[step].topic
      let alerts = ordered(members)
      review.notifications.append((notification(.escalation, alerts, time), next))
      guard next != topic else { continue }
      told.escalated[next] = Set(told.escalated[next] ?? []).union(alerts.map(\.identity)).sorted()
    }
  }

  private mutating func notification(
    _ kind: Notification.Kind, _ alerts: [AlertEvent], _ time: Moment
  ) -> Notification {
    defer { told.pages += 1 }
    return Notification(
      kind: kind, thread: isGrouped ? key : alerts.first?.identity ?? key,
      // The count begins anew when the group was forgotten meanwhile: alone it would name another page like an old one,
      // and a receiver that remembers names would throw it away.
      serial: "\(key)#\(time.now.milliseconds)#\(told.pages)", route: routeID, groupLabels: labels,
      isGrouped: isGrouped, alerts: alerts, decidedAt: time.now)
  }

  private func ordered(_ members: [Member]) -> [AlertEvent] {
    members.map(\.event).sorted {
      ($0.startsAt, $0.identity) < ($1.startsAt, $1.identity)
    }
  }
}

/// Both clocks at one moment.
package struct Moment: Sendable {
  package var now: Timestamp
  package var monotonic: MonotonicInstant

  package init(now: Timestamp, monotonic: MonotonicInstant) {
    self.now = now
    self.monotonic = monotonic
  }

  /// The monotonic moment of a wall-clock time; a time that is a little in the future, because the clock was set back,
  /// is now.
  func monotonic(of past: Timestamp) -> MonotonicInstant {
    monotonic - min(max(.zero, now - past), Self.farthest)
  }

  /// The monotonic moment of a time to come.
  func monotonic(ofNext time: Timestamp) -> MonotonicInstant {
    monotonic + min(max(.zero, time - now), Self.farthest)
  }

  /// The monotonic clock counts nanoseconds in 64 bits, wall-clock times come from anywhere.
  private static let farthest: Duration = .seconds(20 * 365 * 86_400)
}

/// What the database keeps of a ``PageGroup``, under its key.
struct PageGroupRow: Codable {
  static let currentVersion = 1

  var version = currentVersion
  var routeID: String
  var topic: String
  var labels: Labels
  var isGrouped: Bool
  var told: PageGroup.Told

  init(_ group: PageGroup) {
    routeID = group.routeID
    topic = group.topic
    labels = group.labels
    isGrouped = group.isGrouped
    told = group.told
  }
}

extension PageGroup {
  /// A group as it was remembered; its alerts are added by their owner.
  init(key: String, row: PageGroupRow, route: Route?, createdAt: MonotonicInstant) {
    self.key = key
    self.route = route
    routeID = row.routeID
    topic = row.topic
    labels = row.labels
    isGrouped = row.isGrouped
    self.createdAt = createdAt
    told = row.told
  }

  /// nil when it cannot be encoded.
  func saved() -> StateChange? {
    (try? RowCoding.encode(PageGroupRow(self))).map { StateChange(.groups, key, $0) }
  }
}
