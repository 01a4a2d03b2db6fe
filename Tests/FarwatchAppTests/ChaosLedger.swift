import Model

@testable import Notifying

/// What receivers were told, and whether that was right.
final class ChaosLedger {
  /// News of a thread, as a receiver took it.
  private struct News {
    var messageID: String
    var row: String
    var alerts: [String]
    /// Those that had happened by then.
    var deaths: Int
  }

  /// How an alert stands for a receiver by the last word it got.
  private var views: [String: [Labels: AlertEvent]] = [:]
  /// How often a receiver may have been told a message: once, and once more for each death and each lost answer since.
  private var takes: [String: (times: Int, allowed: Int)] = [:]
  private var lastNews: [String: News] = [:]
  private var deaths = 0
  private var arrived: Set<String> = []
  /// Rows of the outbox that were durable once.
  var promised: Set<String> = []
  var problems: [String] = []
  private(set) var taken = 0
  private(set) var repeats = 0
  /// News that was told before it could be stored, and that a death made the process forget and tell anew.
  private(set) var forgotten = 0

  func died() {
    deaths += 1
    for key in takes.keys { takes[key]?.allowed += 1 }
  }

  func answerLost(_ page: Page, _ receiver: String) { takes["\(receiver) \(page.messageID)"]?.allowed += 1 }

  func take(_ page: Page, _ receiver: String, row: String) {
    taken += 1
    arrived.insert(row)
    let key = "\(receiver) \(page.messageID)"
    var count = takes[key] ?? (0, 1)
    count.times += 1
    takes[key] = count
    if count.times > 1 { repeats += 1 }
    if count.times > count.allowed {
      problems.append("\(key) came \(count.times) times where \(count.allowed) are explained")
    }
    // A receiver that remembers message ids.
    if count.times > 1 { return }
    let notification = page.notification
    if notification.kind == .news {
      judgeRepeat(
        "\(receiver) \(notification.thread)",
        News(
          messageID: page.messageID, row: row,
          alerts: notification.alerts.map { "\($0.identity) \($0.startsAt.iso8601) \($0.status)" }.sorted(),
          deaths: deaths))
    }
    for alert in notification.alerts { views[receiver, default: [:]][alert.labels] = alert }
  }

  /// What was told is not told again under another name. But when a disk takes too long, pages leave before they are
  /// stored, and a death then leaves no trace of them. Nobody can know afterwards whether the receiver has heard of the
  /// end meanwhile, too: under the same name it would throw away what is news to it, so this is told under a new one.
  private func judgeRepeat(_ thread: String, _ news: News) {
    defer { lastNews[thread] = news }
    guard let last = lastNews[thread], last.alerts == news.alerts, last.messageID != news.messageID else {
      return
    }
    if !promised.contains(last.row), last.deaths < deaths {
      forgotten += 1
    } else {
      problems.append("told the same under two names: \(thread) \(news.alerts)")
    }
  }

  /// - Parameter labels: some of its labels.
  func expectFiring(_ receiver: String, _ labels: Labels) {
    let known = views[receiver]?.filter { known in
      labels.entries.allSatisfy { known.key[$0.name] == $0.value }
    }
    if known?.values.contains(where: { $0.status == .firing }) != true {
      let word = known?.values.first.map { "\($0.status) of \($0.startsAt.iso8601)" } ?? "nothing"
      problems.append("\(receiver) does not know that \(labels) fires; the last word was \(word)")
    }
  }

  func expectOver(_ receiver: String, _ labels: Labels) {
    if views[receiver]?[labels]?.status == .firing {
      problems.append("\(receiver) thinks that \(labels) fires")
    }
  }

  func expectAllOver() {
    for (receiver, view) in views {
      for (labels, _) in view { expectOver(receiver, labels) }
    }
  }

  func expectPromises() {
    for row in promised.subtracting(arrived) {
      problems.append("a page that was durable never arrived: \(row)")
    }
  }
}
