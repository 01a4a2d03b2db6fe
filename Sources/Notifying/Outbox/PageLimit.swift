internal import Model

/// How large one page may become, so that no row of the database and no message grows without bound.
enum PageLimit {
  /// Alerts of one page; the desk's groups are usually far smaller.
  static let alerts = 1000
  /// Bytes of all texts of its alerts.
  static let bytes = 1024 * 1024
  /// Bytes of one annotation, where a single alert is too large. Below what channels cut at.
  private static let annotationBytes = 16_000

  /// `notification` within the limits: of the alerts that are too many, those are left out that were told before, and
  /// the last of those that ended; they are counted in `truncatedAlerts`. A single alert that is too large has its
  /// annotations cut.
  static func bounded(_ notification: Notification, alerts most: Int = alerts) -> Notification {
    let chosen = choice(of: notification, most)
    var room = bytes
    var kept = 0
    for alert in chosen {
      room -= size(alert)
      if room < 0, kept > 0 { break }
      kept += 1
    }
    guard kept < notification.alerts.count || room < 0 else { return notification }
    var bounded = notification
    bounded.truncatedAlerts += notification.alerts.count - kept
    bounded.alerts = Array(chosen.prefix(kept))
    bounded.newsCount = notification.newsCount.map { min($0, kept) }
    if kept == 1, let only = bounded.alerts.first, size(only) > bytes {
      bounded.alerts[0].annotations = Labels(
        only.annotations.entries.map { Label($0.name, cut($0.value)) })
    }
    return bounded
  }

  /// Those that fire first, but a quarter of the page is for ends, where there are so many of both.
  private static func choice(of notification: Notification, _ most: Int) -> [AlertEvent] {
    guard notification.alerts.count > most else { return notification.alerts }
    let (firing, ended) = (notification.firing, notification.resolved)
    let forEnds = min(ended.count, max(most / 4, most - firing.count))
    return Array(firing.prefix(most - forEnds)) + ended.prefix(forEnds)
  }

  private static func size(_ alert: AlertEvent) -> Int {
    func size(_ labels: Labels) -> Int {
      labels.entries.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 6 }
    }
    return 512 + size(alert.labels) + size(alert.annotations) + alert.identity.utf8.count
      + alert.origin.expression.utf8.count
  }

  private static func cut(_ text: String) -> String {
    guard text.utf8.count > annotationBytes else { return text }
    return String(decoding: text.utf8.prefix(annotationBytes), as: UTF8.self) + " [cut]"
  }
}

extension Notification {
  /// This page with what only the `older` ones of its thread tell, each alert in its newest state: those were never
  /// sent and are folded into this one. Oldest first.
  func carrying(_ older: [Notification]) -> Notification {
    let own = Set(alerts.map(\.identity))
    var places: [String: Int] = [:]
    var carried: [AlertEvent] = []
    for alert in older.flatMap(\.alerts) where !own.contains(alert.identity) {
      if let place = places[alert.identity] {
        carried[place] = alert
      } else {
        places[alert.identity] = carried.count
        carried.append(alert)
      }
    }
    guard !carried.isEmpty else { return self }
    var whole = self
    whole.newsCount = nil
    whole.alerts = (alerts + carried).enumerated().sorted { a, b in
      let (x, y) = (a.element, b.element)
      if x.status != y.status { return x.status == .firing }
      return x.startsAt == y.startsAt ? a.offset < b.offset : x.startsAt < y.startsAt
    }.map(\.element)
    return PageLimit.bounded(whole)
  }
}
