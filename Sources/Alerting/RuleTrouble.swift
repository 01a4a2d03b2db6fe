internal import Model

/// A rule began to fail, or works again: something for the log.
package struct RuleNews: Sendable, Equatable {
  package enum Subject: String, Sendable {
    case evaluation
    /// Of a label or an annotation.
    case template
  }

  package var group: String
  package var file: String
  package var rule: String
  package var subject: Subject
  /// nil: it works again.
  package var problem: String?
}

/// Whether a failure of one kind was told, so that it is told once and not at every evaluation.
///
/// A rule that fails and works by turns is told at most once in ``pause``, and its recovery only after its failure.
struct RuleTrouble {
  static let pause: Duration = .seconds(60)

  private(set) var isTold = false
  private var lastTold: MonotonicInstant?

  /// It fails; true: tell it.
  mutating func fails(at moment: MonotonicInstant) -> Bool {
    if isTold { return false }
    if let lastTold, moment - lastTold < Self.pause { return false }
    isTold = true
    lastTold = moment
    return true
  }

  /// It works; true: tell it.
  mutating func works() -> Bool {
    defer { isTold = false }
    return isTold
  }
}

extension RuleEngine {
  func evaluationWorked(_ rule: RuleState, _ decisions: inout Decisions) {
    rule.health = .ok
    rule.lastError = nil
    if rule.evaluationTrouble.works() { decisions.news.append(rule.news(.evaluation, nil)) }
  }

  func evaluationFailed(
    _ rule: RuleState, _ problem: String, at moment: MonotonicInstant, _ decisions: inout Decisions
  ) {
    decisions.statistics.failures += 1
    rule.health = .err
    rule.lastError = problem
    tellEvaluationProblem(rule, at: moment, &decisions)
  }

  /// Also for a rule whose expression cannot be evaluated at all.
  func tellEvaluationProblem(_ rule: RuleState, at moment: MonotonicInstant, _ decisions: inout Decisions) {
    guard let problem = rule.lastError, rule.evaluationTrouble.fails(at: moment) else { return }
    decisions.news.append(rule.news(.evaluation, problem))
  }

  /// Templates were rendered; `problem`: the first that failed, nil: all are good.
  func templatesRendered(
    _ rule: RuleState, _ problem: String?, at moment: MonotonicInstant, _ decisions: inout Decisions
  ) {
    rule.templateError = problem
    guard let problem else {
      if rule.templateTrouble.works() { decisions.news.append(rule.news(.template, nil)) }
      return
    }
    if rule.templateTrouble.fails(at: moment) { decisions.news.append(rule.news(.template, problem)) }
  }
}

extension RuleState {
  fileprivate func news(_ subject: RuleNews.Subject, _ problem: String?) -> RuleNews {
    RuleNews(group: group.name, file: group.file, rule: rule.name, subject: subject, problem: problem)
  }
}
