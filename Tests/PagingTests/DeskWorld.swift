import Model

@testable import Paging

/// A desk in simulated time, and everything it decided.
final class DeskWorld {
  var now: Timestamp
  var monotonic = MonotonicInstant(nanoseconds: 1_000_000_000)
  var desk: PagingDesk
  /// The durable rows.
  var rows: [String: (table: StateChange.Table, key: String, value: [UInt8])] = [:]
  /// Everything that was told: when (seconds since the beginning), to whom, and what.
  var told: [(at: Double, topic: String, notification: Notification)] = []
  var journal: [JournalEntry] = []
  var untold: [AlertEvent] = []
  let settings: PagingSettings
  private let beginning: Timestamp

  init(_ settings: PagingSettings, holds: Bool = false) {
    beginning = Timestamp(year: 2026, month: 11, day: 21, hour: 12)
    now = beginning
    self.settings = settings
    desk = PagingDesk.start(
      settings: settings, restoring: [], at: Moment(now: beginning, monotonic: monotonic))
    if !holds { desk.releaseStartHold() }
    run()
  }

  var moment: Moment { Moment(now: now, monotonic: monotonic) }

  /// Ends the process and starts it again with what was durable.
  func restart(after pause: Duration = .seconds(1), settings new: PagingSettings? = nil, holds: Bool = false)
  {
    now = now + pause
    monotonic = MonotonicInstant(nanoseconds: 5)
    desk = PagingDesk.start(
      settings: new ?? settings, restoring: rows.values.sorted { $0.key < $1.key }, at: moment)
    if !holds { desk.releaseStartHold() }
    run()
  }

  func run() {
    let decisions = desk.run(at: moment)
    for sending in decisions.sendings {
      for topic in sending.topics {
        told.append(((now - beginning).inSeconds, topic, sending.notification))
      }
    }
    for change in decisions.changes {
      let name = "\(change.table.rawValue)/\(change.key)"
      rows[name] = change.value.map { (change.table, change.key, $0) }
    }
    journal += decisions.journal
    untold += decisions.untold
  }

  /// Lets time pass, and does what becomes due on the way at its moment.
  func pass(_ duration: Duration) {
    let end = monotonic + duration
    while let next = desk.nextDeadline, next <= end {
      advance(to: max(next, monotonic + .milliseconds(1)))
      run()
    }
    advance(to: end)
    run()
  }

  private func advance(to moment: MonotonicInstant) {
    now = now + (moment - monotonic)
    monotonic = moment
  }

  func fire(_ names: String..., labels: Labels = .empty) {
    for name in names { desk.take([event(.firing, name, labels)], at: moment) }
    run()
  }

  func resolve(_ names: String..., labels: Labels = .empty) {
    for name in names { desk.take([event(.resolved, name, labels)], at: moment) }
    run()
  }

  private var episodes: [String: (startsAt: Timestamp, episode: UInt64)] = [:]
  private var nextEpisode: UInt64 = 1

  func event(_ status: AlertEvent.Status, _ name: String, _ labels: Labels = .empty) -> AlertEvent {
    let all = labels.setting("alertname", to: name)
    let identity = "rule/\(all)"
    if status == .firing {
      episodes[identity] = (now, nextEpisode)
      nextEpisode += 1
    }
    let episode = episodes[identity] ?? (now, 0)
    return AlertEvent(
      status: status, identity: identity, startsAt: episode.startsAt, episode: episode.episode,
      endsAt: status == .firing ? nil : now, labels: all, annotations: ["summary": "\(name) is wrong"],
      value: 1,
      origin: .init(group: "g", alertName: name, expression: "x", holdSeconds: 0, intervalSeconds: 60),
      decidedAt: now)
  }

  func identity(_ name: String, _ labels: Labels = .empty) -> String {
    "rule/\(labels.setting("alertname", to: name))"
  }

  /// What was told since the last call, short enough to compare: `0 pager news +A -B`.
  func takeTold() -> [String] {
    defer { told = [] }
    return told.map { at, topic, notification in
      let alerts = notification.alerts.map {
        ($0.status == .firing ? "+" : "-") + ($0.labels["alertname"] ?? "")
      }
      return "\(NumberText.plain(at)) \(topic) \(notification.kind.rawValue) \(alerts.joined(separator: " "))"
    }
  }
}

func route(_ topic: String, _ match: [LabelMatcher] = [], _ change: (inout RouteSettings) -> Void = { _ in })
  -> RouteSettings
{
  var route = RouteSettings(match: match, topic: topic)
  change(&route)
  return route
}

func settings(_ routes: RouteSettings..., change: (inout PagingSettings) -> Void = { _ in }) -> PagingSettings
{
  var settings = PagingSettings()
  settings.routes = routes
  change(&settings)
  return settings
}
