/// What a topic is told at once: the news of one alert, or of one group of alerts.
///
/// Made by paging, which decides who is told what and when; delivery makes pages of it and never asks why.
package struct Notification: Hashable, Sendable, Codable {
  package enum Kind: String, Sendable, Codable {
    /// Something began or ended.
    case news
    /// It still fires, as was told before.
    case reminder
    /// Nobody has acknowledged it.
    case escalation
    /// Somebody has taken on all that was told and still fires: for receivers that escalate by themselves.
    case acknowledgement
    /// A synthetic alert that proves the way to a receiver.
    case proof
    /// The alerts that still fire, for a receiver that forgets those it is not told of again and again. Never stored.
    case refresh
  }

  package var kind: Kind
  /// What it is about, the same from the first news to the last: an alert's identity, or the key of a group. Pages of
  /// one thread reach a receiver in order; receivers that fold messages fold those of one thread.
  package var thread: String
  /// Tells the notifications of one thread apart, over restarts. Empty for the news of a single alert, which its
  /// episode and its status name.
  package var serial: String
  /// The route that took the alerts, as `{}/{severity="page"}`; empty where none did.
  package var route: String
  /// What the alerts of the group have in common by `group_by`; empty for a single alert.
  package var groupLabels: Labels
  package var isGrouped: Bool
  /// At least one; those that fire first, news before what was told; each part in order of `startsAt`.
  package var alerts: [AlertEvent]
  /// How many of the first ``alerts`` are news; those behind them that fire were told before. nil: all are.
  package var newsCount: Int?
  /// Alerts of the group that were left out of ``alerts``.
  package var truncatedAlerts: Int
  package var decidedAt: Timestamp
  /// Who took it on, of an acknowledgement; nil otherwise.
  package var acknowledgedBy: String?
  /// The drill that it is part of; nil: it is meant.
  package var drill: DrillMark?

  package init(
    kind: Kind, thread: String, serial: String, route: String = "", groupLabels: Labels = .empty,
    isGrouped: Bool, alerts: [AlertEvent], truncatedAlerts: Int = 0, decidedAt: Timestamp
  ) {
    self.kind = kind
    self.thread = thread
    self.serial = serial
    self.route = route
    self.groupLabels = groupLabels
    self.isGrouped = isGrouped
    self.alerts = alerts
    self.truncatedAlerts = truncatedAlerts
    self.decidedAt = decidedAt
  }

  /// The news of one alert.
  package init(_ event: AlertEvent, route: String = "") {
    self.init(
      kind: .news, thread: event.identity, serial: "", route: route, isGrouped: false, alerts: [event],
      decidedAt: event.decidedAt)
  }

  /// Firing while one of its alerts fires.
  package var status: AlertEvent.Status {
    alerts.contains { $0.status == .firing } ? .firing : .resolved
  }

  package var firing: [AlertEvent] { alerts.filter { $0.status == .firing } }
  package var resolved: [AlertEvent] { alerts.filter { $0.status == .resolved } }

  /// Labels that all of its alerts have with the same value.
  package var commonLabels: Labels { Self.common(alerts.map(\.labels)) }
  package var commonAnnotations: Labels { Self.common(alerts.map(\.annotations)) }

  private static func common(_ sets: [Labels]) -> Labels {
    guard var common = sets.first?.entries else { return .empty }
    for set in sets.dropFirst() where !common.isEmpty { common.removeAll { set[$0.name] != $0.value } }
    return Labels(common)
  }
}
