internal import Model
internal import RegularExpressions
internal import StreamClient

/// A conversation by steps, as blackbox_exporter's `query_response`: pure.
struct Conversation: Dialogue {
  private struct Step {
    var expect: RegularExpression?
    var wantsLine: Bool
    var send: String?
    var startTLS: Bool
  }

  private var steps: ArraySlice<Step>
  private let count: Int
  /// What the nearest expectation matched, and in what.
  private var matched: (pattern: RegularExpression, text: String)?
  /// Texts that did not match since the step began.
  private(set) var unmatched = 0
  private var lastUnmatched = ""

  init(_ settings: [TCPCheckSettings.Step]) throws(RegularExpressionError) {
    var steps: [Step] = []
    for one in settings {
      var step = Step(expect: nil, wantsLine: true, send: one.send, startTLS: one.startTLS)
      if let expectation = one.expect {
        step.expect = try RegularExpression(expectation.pattern, anchoring: .unanchored)
        if case .bytes = expectation { step.wantsLine = false }
      }
      steps.append(step)
    }
    self.steps = steps[...]
    count = steps.count
  }

  var waitsFor: String {
    guard let pattern = steps.first?.expect?.pattern else { return "the end of the conversation" }
    return "\(quoted(pattern)) (step \(count - steps.count + 1) of the conversation)"
  }

  /// The mismatch that a failed conversation amounts to; nil when nothing came that could have matched.
  var mismatch: Outcome.Verdict? {
    guard unmatched > 0, steps.first?.expect != nil else { return nil }
    let what = unmatched == 1 ? "what came does not match" : "none of \(unmatched) lines matches"
    return .failure(.body, detail: "\(what) \(waitsFor); the last was \(quoted(lastUnmatched))")
  }

  mutating func proceed(_ input: inout [UInt8], ended: Bool) -> DialogueStep {
    while let step = steps.first {
      if let pattern = step.expect {
        guard let text = step.wantsLine ? nextLine(&input, pattern, ended) : all(&input, pattern) else {
          return .wait
        }
        matched = (pattern, text)
        unmatched = 0
        steps[steps.startIndex].expect = nil
      } else if let text = step.send {
        steps[steps.startIndex].send = nil
        return .send(Array(expanded(text).utf8))
      } else if step.startTLS {
        steps[steps.startIndex].startTLS = false
        return .startTLS
      } else {
        steps.removeFirst()
      }
    }
    return .done
  }

  private func expanded(_ text: String) -> String {
    guard let matched else { return text }
    return matched.pattern.expansion(of: text, matching: matched.text) ?? text
  }

  /// The first line that matches; lines before it are taken and counted.
  private mutating func nextLine(_ input: inout [UInt8], _ pattern: RegularExpression, _ ended: Bool)
    -> String?
  {
    var start = 0
    defer { input.removeFirst(start) }
    while start < input.count {
      let rest = input[start...]
      let end = rest.firstIndex(of: UInt8(ascii: "\n"))
      guard end != nil || ended else { return nil }
      var line = rest[..<(end ?? rest.endIndex)]
      start = end.map { $0 + 1 } ?? input.count
      if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
      let text = String(decoding: line, as: UTF8.self)
      if pattern.matches(text) { return text }
      note(text)
    }
    return nil
  }

  private mutating func all(_ input: inout [UInt8], _ pattern: RegularExpression) -> String? {
    guard !input.isEmpty else { return nil }
    let text = String(decoding: input, as: UTF8.self)
    if pattern.matches(text) {
      input.removeAll()
      return text
    }
    unmatched = 0
    note(text)
    return nil
  }

  private mutating func note(_ text: String) {
    unmatched += 1
    lastUnmatched = String(
      text.unicodeScalars.prefix(80).map { $0.value < 0x20 || $0.value == 0x7f ? "?" : Character($0) })
  }
}
