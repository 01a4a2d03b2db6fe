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

  /// The last word that a receiver got of an alert.
  private struct Word {
    var event: AlertEvent
    var row: String
    var deaths: Int
  }

  /// How alerts stand for a receiver.
  private var views: [String: [Labels: Word]] = [:]
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
  /// What was told before it could be stored, and what a death made the process forget: told anew, or without an end.
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
    for alert in notification.alerts {
      views[receiver, default: [:]][alert.labels] = Word(event: alert, row: row, deaths: deaths)
    }
  }

  /// What was told is not told again under another name. But when a disk takes too long, pages leave before they are
  /// stored, and a death then leaves no trace of them. Nobody can know afterwards whether the receiver has heard of the
  /// end meanwhile, too: under the same name it would throw away what is news to it, so this is told under a new one.
  private func judgeRepeat(_ thread: String, _ news: News) {
    defer { lastNews[thread] = news }
    guard let last = lastNews[thread], last.alerts == news.alerts, last.messageID != news.messageID else {
      return
    }
    if isForgotten(last.row, last.deaths) {
      forgotten += 1
    } else {
      problems.append("told the same under two names: \(thread) \(news.alerts)")
    }
  }

  /// Whether a page that was taken after `before` deaths is not known any more.
  private func isForgotten(_ row: String, _ before: Int) -> Bool {
    before < deaths && !promised.contains(row)
  }

  /// - Parameter labels: some of its labels.
  func expectFiring(_ receiver: String, _ labels: Labels) {
    let known = views[receiver]?.filter { known in
      labels.entries.allSatisfy { known.key[$0.name] == $0.value }
    }
    if known?.values.contains(where: { $0.event.status == .firing }) != true {
      let word = known?.values.first.map { "\($0.event.status) of \($0.event.startsAt.iso8601)" } ?? "nothing"
      problems.append("\(receiver) does not know that \(labels) fires; the last word was \(word)")
    }
  }

  func expectOver(_ receiver: String, _ labels: Labels) {
    guard let word = views[receiver]?[labels], word.event.status == .firing else { return }
    // Who was told a beginning that is forgotten, as a fallback while the disk hung, is not told its end.
    if isForgotten(word.row, word.deaths) {
      forgotten += 1
    } else {
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
