internal import HTTPClient
internal import Model
internal import RegularExpressions

/// Decides whether an answer is healthy. Pure.
struct HTTPVerdict: Sendable {
  private let settings: HTTPCheckSettings
  private let contains: [[UInt8]]
  private let notContains: [[UInt8]]
  private let patterns: [RegularExpression]
  private let notPatterns: [RegularExpression]

  init(_ settings: HTTPCheckSettings) throws(RegularExpressionError) {
    self.settings = settings
    contains = settings.bodyContains.map { Array($0.utf8) }
    notContains = settings.bodyNotContains.map { Array($0.utf8) }
    patterns = try Self.compile(settings.bodyRegex)
    notPatterns = try Self.compile(settings.bodyNotRegex)
  }

  struct Decision: Equatable {
    var verdict: Outcome.Verdict
    var failedDueToRegex = false
  }

  func decide(_ result: HTTPResult) -> Decision {
    if let failure = result.failure {
      return Decision(verdict: .failure(failure.reason, detail: failure.detail))
    }
    guard let status = result.status else {
      return Decision(verdict: .failure(.protocolError, detail: "the answer has no status"))
    }
    guard settings.statuses.contains(where: { $0.contains(status) }) else {
      let isRedirect = (300...399).contains(status) && status != 304
      return Decision(verdict: .failure(isRedirect ? .redirect : .status, detail: "status \(status)"))
    }
    if let maximum = settings.bodyMaximum, result.bodyBytesTotal > maximum {
      return Decision(verdict: .failure(.bodyTooLarge, detail: "the body is larger than \(maximum) bytes"))
    }
    return settings.hasBodyConditions ? decideBody(result) : Decision(verdict: .success)
  }

  /// Looks at the kept bytes only. What they decide is decided; what the missing rest might change is
  /// `body_too_large`, never a guess.
  private func decideBody(_ result: HTTPResult) -> Decision {
    let body = result.body
    let isWhole = result.bodyBytesTotal <= body.count
    for (index, text) in notContains.enumerated() where Self.contains(body, text) {
      return mismatch("the body contains \(quoted(settings.bodyNotContains[index]))", regex: false)
    }
    for (index, pattern) in notPatterns.enumerated() where Self.matches(body, pattern) {
      return mismatch("the body matches \(quoted(settings.bodyNotRegex[index]))", regex: true)
    }
    for (index, text) in contains.enumerated() where !Self.contains(body, text) {
      guard isWhole else { return cutOff }
      return mismatch("the body does not contain \(quoted(settings.bodyContains[index]))", regex: false)
    }
    for (index, pattern) in patterns.enumerated() where !Self.matches(body, pattern) {
      guard isWhole else { return cutOff }
      return mismatch("the body does not match \(quoted(settings.bodyRegex[index]))", regex: true)
    }
    let needsRest = !(notContains.isEmpty && notPatterns.isEmpty && settings.json.isEmpty)
    if !isWhole, needsRest { return cutOff }
    guard !settings.json.isEmpty else { return Decision(verdict: .success) }
    guard let document = JSONDocument(body) else { return mismatch("the body is not JSON", regex: false) }
    for condition in settings.json {
      if let difference = condition.mismatch(in: document) { return mismatch(difference, regex: false) }
    }
    return Decision(verdict: .success)
  }

  private var cutOff: Decision {
    Decision(
      verdict: .failure(
        .bodyTooLarge, detail: "the first \(settings.bodyLimit) bytes of the body do not decide"))
  }

  private func mismatch(_ detail: String, regex: Bool) -> Decision {
    Decision(verdict: .failure(.body, detail: detail), failedDueToRegex: regex)
  }

  private static func compile(_ patterns: [String]) throws(RegularExpressionError) -> [RegularExpression] {
    var compiled: [RegularExpression] = []
    for pattern in patterns { compiled.append(try RegularExpression(pattern, anchoring: .unanchored)) }
    return compiled
  }

  private static func matches(_ body: [UInt8], _ pattern: RegularExpression) -> Bool {
    body.withUnsafeBytes { pattern.matches(bytes: $0) }
  }

  private static func contains(_ body: [UInt8], _ text: [UInt8]) -> Bool {
    text.isEmpty || body.firstRange(of: text) != nil
  }
}
