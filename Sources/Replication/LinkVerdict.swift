package import Model

extension Outcome.Verdict {
  /// Regions whose problems a detail tells before it only counts them.
  private static let toldProblems = 8

  /// Of a link: the reason of the first problem, and all of them in the detail, up to eight; success without any.
  package static func link(
    _ problems: [(region: String, reason: FailureReason, text: String)]
  ) -> Outcome.Verdict {
    guard let first = problems.first else { return .success }
    let told = problems.prefix(toldProblems).map { "\($0.region): \($0.text)" }.joined(separator: "; ")
    let more = problems.count > toldProblems ? " (and \(problems.count - toldProblems) more)" : ""
    return .failure(first.reason, detail: told + more)
  }
}
