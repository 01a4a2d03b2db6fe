package import Model
internal import Readiness

/// A page that was told as part of a drill and is not over.
struct ToldPage: Hashable, Sendable, Codable {
  static let prefix = "page/"

  var drill: DrillMark
  /// As it would have been told without the drill.
  var notification: Notification
  /// Where it would have gone, and where it went.
  var topics: [String]
  var sentTo: [String]
  /// The drill is over, and it was told again without the mark.
  var isReturned = false

  static func key(_ thread: String, _ topics: [String]) -> String {
    prefix + topics.joined(separator: ",") + "/" + thread
  }

  var key: String { Self.key(notification.thread, topics) }
  var isRerouted: Bool { sentTo != topics }
}

/// Pages of drills.
extension DrillBook {
  /// Pages of all drills that are kept track of.
  package static let mostPages = 500

  /// What becomes of a page: the pages to be sent in its place, each with its topics.
  ///
  /// - Parameter isHeard: whether anybody listens to a topic; a page is never sent elsewhere where nobody does.
  package mutating func take(
    _ notification: Notification, to topics: [String], isHeard: (String) -> Bool
  ) -> Decisions {
    var decisions = Decisions()
    let plain = [(notification: notification, topics: topics)]
    guard notification.kind != .proof, notification.kind != .refresh else {
      decisions.sendings = plain
      return decisions
    }
    let key = ToldPage.key(notification.thread, topics)
    if let page = told[key] {
      decisions.sendings = follow(page, notification, &decisions.changes)
      return decisions
    }
    if notification.status == .resolved,
      let page = told.values.first(where: { !$0.isReturned && $0.notification.thread == notification.thread })
    {
      // An alarm's end may have topics of its own.
      let sentTo = page.isRerouted ? page.sentTo : topics
      decisions.sendings = [(notification.marked(page.drill), sentTo)]
      return decisions
    }
    guard notification.status == .firing, notification.kind != .acknowledgement,
      let drill = running.first(where: { concerns(notification, $0) })
    else {
      decisions.sendings = plain
      return decisions
    }
    guard told.count < Self.mostPages else {
      pagesLeft += 1
      decisions.sendings = plain
      return decisions
    }
    pagesMarked += 1
    var sentTo = topics
    if let topic = drill.topic, isHeard(topic) { sentTo = [topic] }
    let page = ToldPage(drill: drill.mark, notification: notification, topics: topics, sentTo: sentTo)
    told[key] = page
    decisions.changes.append(row(key, page))
    decisions.sendings = [(notification.marked(page.drill), sentTo)]
    return decisions
  }

  /// More of what was told as part of a drill.
  private mutating func follow(
    _ page: ToldPage, _ notification: Notification, _ changes: inout [StateChange]
  ) -> [(notification: Notification, topics: [String])] {
    let key = page.key
    let plain = (notification: notification, topics: page.topics)
    let marked = (notification: notification.marked(page.drill), topics: page.sentTo)
    if notification.status == .resolved {
      told[key] = nil
      changes.append(StateChange(.drills, key, nil))
      guard page.isReturned else { return [marked] }
      return page.isRerouted ? [plain, marked] : [plain]
    }
    if page.isReturned { return [plain] }
    if notification.kind == .acknowledgement { return [marked] }
    var page = page
    page.notification = notification
    defer {
      told[key] = page
      changes.append(row(key, page))
    }
    // Something joined it that is not the drill's: from here on it is meant.
    guard let drill = drill(page.drill.id), concerns(notification, drill) else {
      page.isReturned = true
      return [plain]
    }
    pagesMarked += 1
    return [marked]
  }

  /// The drill is over: what still fires of it is told where it belongs, without the mark.
  mutating func returnPages(of drill: Drill, at now: Timestamp, _ decisions: inout Decisions) {
    for (key, page) in told.sorted(by: { $0.key < $1.key })
    where page.drill.id == drill.id && !page.isReturned {
      var page = page
      page.isReturned = true
      told[key] = page
      decisions.changes.append(row(key, page))
      var again = page.notification
      again.kind = .reminder
      again.serial = "drill-over/\(drill.id)"
      again.alerts = again.firing
      again.newsCount = nil
      again.decidedAt = now
      guard !again.alerts.isEmpty else { continue }
      decisions.sendings.append((again, page.topics))
    }
  }

  /// Forgets pages of drills that were over long ago: whatever ended them told it elsewhere.
  mutating func forgetOldPages(at now: Timestamp, _ changes: inout [StateChange]) {
    for (key, page) in told {
      let ended = drill(page.drill.id).map { $0.endedAt ?? now } ?? Timestamp(milliseconds: 0)
      guard ended < now - .seconds(7 * 86_400) else { continue }
      told[key] = nil
      changes.append(StateChange(.drills, key, nil))
    }
  }

  /// The alerts that `topic` was told of and that still fire, for receivers that forget: as they were told.
  package func standing(_ topic: String, _ events: [AlertEvent]) -> [AlertEvent] {
    guard !told.isEmpty else { return events }
    var marks: [String: DrillMark] = [:]
    var away: Set<String> = []
    var here: [AlertEvent] = []
    for page in told.values where !page.isReturned {
      let isTold = page.sentTo.contains(topic)
      for event in page.notification.firing {
        if isTold {
          marks[event.identity] = page.drill
          if page.isRerouted { here.append(event) }
        } else if page.topics.contains(topic) {
          away.insert(event.identity)
        }
      }
    }
    let known = Set(events.map(\.identity))
    here.removeAll { known.contains($0.identity) }
    here.sort { ($0.startsAt, $0.identity) < ($1.startsAt, $1.identity) }
    return (events.filter { !away.contains($0.identity) } + here).map { event in
      marks[event.identity].map(event.marked) ?? event
    }
  }

  /// Whether all that it tells of is about what is rehearsed, and began since.
  private func concerns(_ notification: Notification, _ drill: Drill) -> Bool {
    guard drill.isRunning, drill.kind.touchesTheWorld, notification.truncatedAlerts == 0 else { return false }
    return notification.alerts.allSatisfy { $0.startsAt >= drill.startedAt && concerns($0.labels, drill) }
  }

  /// Whether an alert is about the drill's workload, its region, or a link or backup of the workload's data.
  package func concerns(_ labels: Labels, _ drill: Drill) -> Bool {
    if let named = labels["workload"] { return named == drill.workload }
    if labels["region"] == drill.region { return true }
    guard let workload = workloads[drill.workload] else { return false }
    if let link = labels["link"] {
      return workload.writer == link || workload.data.contains { $0.link == link }
    }
    if let job = labels["job"] { return workload.data.contains { $0.backups.contains(job) } }
    return false
  }
}

extension Notification {
  /// As part of a drill.
  package func marked(_ drill: DrillMark) -> Notification {
    var marked = self
    marked.drill = drill
    marked.alerts = alerts.map { $0.marked(drill) }
    return marked
  }
}

extension AlertEvent {
  func marked(_ drill: DrillMark) -> AlertEvent {
    var marked = self
    marked.annotations = annotations.setting(DrillMark.annotation, to: drill.id)
    return marked
  }
}
