internal import DNSClient
internal import Model
internal import RegularExpressions

/// Decides whether the answers of several servers are what is expected. Pure.
struct DNSVerdict: Sendable {
  private let expectation: DNSExpectation
  private let question: DNSQuestion
  private let quorum: Int?
  private let patterns: [RegularExpression]
  private let notPatterns: [RegularExpression]

  /// - Parameter quorum: servers whose answers must be fine; nil: all.
  init(_ expectation: DNSExpectation, _ question: DNSQuestion, quorum: Int?) throws(RegularExpressionError) {
    self.expectation = expectation
    self.question = question
    self.quorum = quorum
    patterns = try Self.compile(expectation.regex)
    notPatterns = try Self.compile(expectation.notRegex)
  }

  struct Judged: Sendable {
    let answer: DNSPanel.Answer
    let verdict: Outcome.Verdict
    let failedDueToRegex: Bool
    var isFine: Bool { verdict == .success }
    var reply: DNSReply? { try? answer.result.get() }
  }

  struct Decision: Sendable {
    let verdict: Outcome.Verdict
    let servers: [Judged]
    /// Of the newest serial to the oldest; nil with fewer than two.
    let serialDrift: UInt32?
    /// Whether servers answered differently; nil with fewer than two answers.
    let disagreement: Bool?
  }

  func decide(_ answers: [DNSPanel.Answer]) -> Decision {
    let serials = answers.compactMap { answer in (try? answer.result.get()).flatMap { serial($0.message) } }
    let newest = SerialNumber.newest(serials)
    let judged = answers.map { judge($0, newest: newest) }
    let drift = newest.flatMap { newest in serials.map { newest &- $0 }.max() }
    return Decision(
      verdict: verdict(judged), servers: judged, serialDrift: serials.count > 1 ? drift : nil,
      disagreement: disagreement(answers))
  }

  func serial(_ message: DNSMessage) -> UInt32? {
    for record in message.records(for: question) {
      if case .startOfAuthority(let soa) = record.data { return soa.serial }
    }
    return nil
  }

  private func verdict(_ servers: [Judged]) -> Outcome.Verdict {
    guard !servers.isEmpty else {
      return .failure(
        .configuration, detail: "the system is set up with no DNS server; name some under `resolvers`")
    }
    let needed = quorum ?? servers.count
    let fine = servers.count { $0.isFine }
    guard fine < needed else { return .success }
    guard let first = servers.first(where: { !$0.isFine }),
      case .failure(let reason, let detail) = first.verdict
    else {
      return .failure(
        .configuration, detail: "\(needed) servers must answer well, and there are only \(servers.count)")
    }
    let others = servers.count > 1 ? " (\(fine) of \(servers.count) servers answer well, \(needed) must)" : ""
    return .failure(reason, detail: naming(first.answer.server.name, detail) + others)
  }

  private func judge(_ answer: DNSPanel.Answer, newest: UInt32?) -> Judged {
    let reply: DNSReply
    switch answer.result {
    case .success(let given): reply = given
    case .failure(let failure):
      return Judged(
        answer: answer, verdict: .failure(failure.reason, detail: failure.detail), failedDueToRegex: false)
    }
    if let problem = problem(reply.message) {
      return Judged(
        answer: answer, verdict: .failure(problem.reason, detail: problem.detail),
        failedDueToRegex: problem.isRegex)
    }
    if let allowed = expectation.serialDrift, let newest, let own = serial(reply.message),
      newest &- own > allowed
    {
      let detail = "the serial \(own) is \(newest &- own) behind the newest, \(newest)"
      return Judged(answer: answer, verdict: .failure(.body, detail: detail), failedDueToRegex: false)
    }
    return Judged(answer: answer, verdict: .success, failedDueToRegex: false)
  }

  private struct Problem {
    var reason: FailureReason
    var detail: String
    var isRegex = false
  }

  private func problem(_ message: DNSMessage) -> Problem? {
    guard expectation.codes.contains(message.code) else {
      return Problem(reason: .status, detail: "answers \(message.code.name)")
    }
    if expectation.authoritative, !message.isAuthoritative {
      return Problem(reason: .body, detail: "the answer is not authoritative")
    }
    if expectation.authenticated, !message.isAuthenticated {
      return Problem(reason: .body, detail: "the answer is not authenticated (no AD flag)")
    }
    // A refusal that is expected brings nothing to look at.
    guard message.code == .noError else { return nil }
    let found = message.records(for: question).map(\.data.presentation)
    guard found.count >= expectation.minimumAnswers else {
      let what = "\(question.type.name) of \(question.name)"
      return Problem(
        reason: .body,
        detail: "\(found.count) answers for \(what), at least \(expectation.minimumAnswers) expected")
    }
    return contentProblem(found) ?? timeProblem(message.timeToLive(for: question))
  }

  private func contentProblem(_ found: [String]) -> Problem? {
    func problem(_ detail: String, isRegex: Bool = false) -> Problem {
      Problem(reason: .body, detail: detail, isRegex: isRegex)
    }
    if let exactly = expectation.exactly, Set(exactly) != Set(found) {
      return problem("answers \(Self.listed(found)) and not \(Self.listed(exactly))")
    }
    if let absent = expectation.include.first(where: { !found.contains($0) }) {
      return problem("\(quoted(absent)) is not among the answers \(Self.listed(found))")
    }
    if !expectation.among.isEmpty, let other = found.first(where: { !expectation.among.contains($0) }) {
      return problem("answers \(Self.short(other)), which is not expected")
    }
    if !expectation.within.isEmpty {
      for address in found where !expectation.within.contains(where: { $0.contains(address) }) {
        return problem("answers \(Self.short(address)), which lies in none of the expected ranges")
      }
    }
    for text in found where !patterns.isEmpty && !patterns.contains(where: { $0.matches(text) }) {
      return problem("the answer \(Self.short(text)) matches no expected pattern", isRegex: true)
    }
    for text in found {
      if let pattern = notPatterns.first(where: { $0.matches(text) }) {
        return problem("the answer \(Self.short(text)) matches \(quoted(pattern.pattern))", isRegex: true)
      }
    }
    return nil
  }

  private func timeProblem(_ timeToLive: UInt32?) -> Problem? {
    guard let timeToLive else { return nil }
    let time = Duration.seconds(Int64(timeToLive))
    if let minimum = expectation.minimumTimeToLive, time < minimum {
      return Problem(
        reason: .body,
        detail: "time to live \(timeToLive)s, at least \(DurationText.format(minimum)) expected")
    }
    if let maximum = expectation.maximumTimeToLive, time > maximum {
      return Problem(
        reason: .body, detail: "time to live \(timeToLive)s, at most \(DurationText.format(maximum)) expected"
      )
    }
    return nil
  }

  /// Answers of servers that were asked for one network may well differ from those for another.
  private func disagreement(_ answers: [DNSPanel.Answer]) -> Bool? {
    struct Said: Hashable {
      let code: DNSResponseCode
      let records: Set<String>
    }
    let said = answers.compactMap { answer -> Said? in
      guard let message = try? answer.result.get().message else { return nil }
      return Said(code: message.code, records: Set(message.records(for: question).map(\.data.presentation)))
    }
    return said.count > 1 ? Set(said).count > 1 : nil
  }

  private static func compile(_ patterns: [String]) throws(RegularExpressionError) -> [RegularExpression] {
    var compiled: [RegularExpression] = []
    for pattern in patterns { compiled.append(try RegularExpression(pattern, anchoring: .unanchored)) }
    return compiled
  }

  /// Answers are foreign text of any length.
  private static func short(_ text: String) -> String {
    text.utf8.count > 200 ? quoted(String(text.prefix(200))) + "…" : quoted(text)
  }

  private static func listed(_ texts: [String]) -> String {
    let sorted = Set(texts).sorted(by: byteOrder)
    let shown = sorted.prefix(8).map(short).joined(separator: ", ")
    return sorted.count > 8 ? "\(shown) and \(sorted.count - 8) more" : shown.isEmpty ? "nothing" : shown
  }
}

/// Serials of zones, which begin anew after 2³² − 1 (RFC 1982).
enum SerialNumber {
  /// One that none of the others is newer than; nil of none.
  static func newest(_ serials: [UInt32]) -> UInt32? {
    guard var newest = serials.first else { return nil }
    for serial in serials.dropFirst() where Int32(bitPattern: serial &- newest) > 0 { newest = serial }
    return newest
  }
}
