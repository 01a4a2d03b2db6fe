internal import Alerting
internal import CloudWatchAlarms
internal import Model
internal import Notifying
internal import SampleStore

/// Something that an operator should find in the log: a constant message and its data. The core makes them and never
/// writes: the log may be a pipe that nobody reads.
struct Notice: Sendable, Equatable {
  static let matchesNoRoute = "alert matches no route: nobody is told"

  enum Level: String, Sendable { case info, warning, error }

  var level: Level
  var message: String
  var metadata: [String: String]

  init(_ level: Level, _ message: String, _ metadata: [String: String]) {
    self.level = level
    self.message = message
    self.metadata = metadata
  }

  init(_ notice: NotifyingNotice) {
    level =
      switch notice.level {
      case .info: .info
      case .warning: .warning
      case .error: .error
      }
    message = notice.message
    metadata = notice.metadata
  }

  init(_ finding: StoreFinding) {
    level = finding.isProblem ? .error : .info
    message = "sample store"
    metadata = ["finding": finding.message, "file": finding.file, "detail": finding.detail]
  }

  init(_ transition: AlarmEngine.Transition) {
    level = transition.to == .ok ? .info : .warning
    message = "alarm changes state"
    metadata = [
      "alarm": transition.alarm, "from": transition.from.rawValue, "to": transition.to.rawValue,
      "reason": transition.reason,
    ]
  }

  /// At most this many rules are named in one turn: a file of thousands may fail as one.
  private static let mostRules = 20

  /// What is to be said of rules that began to fail or work again.
  static func of(_ news: [RuleNews]) -> [Notice] {
    var notices = news.prefix(mostRules).map(Notice.init)
    if news.count > mostRules {
      notices.append(
        Notice(
          .warning, "more rules began to fail or work again", ["rules": String(news.count - mostRules)]))
    }
    return notices
  }

  init(_ news: RuleNews) {
    let isTemplate = news.subject == .template
    level = news.problem == nil ? .info : .warning
    message =
      switch (news.problem == nil, isTemplate) {
      case (false, false): "rule cannot be evaluated"
      case (true, false): "rule is evaluated again"
      case (false, true): "template of a rule fails"
      case (true, true): "templates of a rule work again"
      }
    metadata = ["group": news.group, "file": news.file, "rule": news.rule]
    if let problem = news.problem { metadata["problem"] = problem }
  }

  init(_ event: AlertEvent) {
    level = event.status == .firing ? .warning : .info
    message = event.status == .firing ? "alert fires" : "alert is over"
    metadata = [
      "alert": event.labels["alertname"] ?? "", "labels": event.labels.dropping(["alertname"]).description,
      "since": event.startsAt.iso8601, "value": NumberText.shortest(event.value),
    ]
    if let ending = event.ending { metadata["because"] = ending.cause.rawValue }
  }
}
