import FarwatchTesting
import PromQL
import Testing

/// Where and how expressions are refused, beside the refusals of Prometheus' own parser.
@Suite struct PromtoolErrorTests {
  /// Place and text of an error are promtool's, but for what ``isWordedOtherwise(_:_:)`` lists.
  @Test func errorsReadAlike() throws {
    let expressions = BadExpressions.all
    let refused = try Promtool.refusals(of: expressions)
    #expect(refused.count > 500)
    var alike = 0
    for (index, text) in expressions.enumerated() {
      let theirs = refused[index]
      let ours = refusal(of: text)
      guard let theirs, let ours else {
        #expect(
          (theirs == nil) == (ours == nil) || isNewInThree(theirs),
          "\(text): ours \(ours ?? "accepted"), promtool \(theirs ?? "accepted")")
        continue
      }
      if ours == theirs {
        alike += 1
      } else {
        #expect(isWordedOtherwise(ours, theirs), "\(text): ours \(ours), promtool \(theirs)")
      }
    }
    #expect(alike > 450, "\(alike) errors are the same to the letter")
  }

  /// Verdicts on good expressions that were damaged by chance.
  @Test func verdictsOnMutationsAgree() throws {
    var random = SeededNumbers(seed: 314)
    var expressions: [String] = []
    while expressions.count < 20_000 {
      var text = Self.seeds.randomElement(using: &random) ?? ""
      for _ in 0..<Int.random(in: 1...3, using: &random) { text = mutated(text, &random) }
      // Of an empty one promtool says that it is missing.
      if !text.isEmpty { expressions.append(text) }
    }
    let refused = try Promtool.refusals(of: expressions)
    let accepted = expressions.count - refused.count
    #expect(accepted > 2000 && refused.count > 10_000, "\(accepted) accepted, \(refused.count) refused")
    var otherwise: [String] = []
    for (index, text) in expressions.enumerated() {
      let ours = refusal(of: text)
      if let ours, let theirs = refused[index] {
        if !isWordedOtherwise(ours, theirs) { otherwise.append("\(text): ours \(ours), promtool \(theirs)") }
        continue
      }
      #expect(
        (ours == nil) == (refused[index] == nil) || isNewInThree(refused[index]) || isLetterAsColon(ours),
        "\(text): ours \(ours ?? "accepted"), promtool \(refused[index] ?? "accepted")")
    }
    #expect(otherwise.count < 10, "\(otherwise.prefix(20).joined(separator: "\n"))")
  }

  /// Whether Prometheus 2 took a letter behind a range for the colon of a subquery.
  private func isLetterAsColon(_ ours: String?) -> Bool {
    ours?.hasSuffix(#"in subquery or range, expected ":" or "]""#) == true
  }

  private func refusal(of text: String) -> String? {
    do {
      _ = try parseExpression(text)
      return nil
    } catch { return error.description }
  }

  /// Whether Prometheus 3 accepts what this promtool, of Prometheus 2, refuses: quoted names, numbers as durations and
  /// durations as numbers, signs before a duration, an offset of 0, `_` between digits.
  private func isNewInThree(_ theirs: String?) -> Bool {
    guard let theirs else { return false }
    return theirs.contains("unexpected string ") && theirs.contains(" in label matching, expected identifier")
      || theirs.contains("unexpected string ") && theirs.contains(" in grouping opts, expected label")
      || theirs.contains("missing unit character in duration") || theirs.contains("unexpected duration ")
      || theirs.contains("unexpected number ") && theirs.hasSuffix("expected duration")
      || theirs.contains("unexpected number ") && theirs.hasSuffix(#"expected duration or "]""#)
      || theirs.contains("unexpected number ") && theirs.contains("subquery or range")
      || theirs.contains("bad number or duration syntax")
      || theirs.contains("unexpected <op:+> in offset")
      || theirs.contains("unexpected <op:+> in subquery selector")
      || theirs.contains("duration must be greater than 0")
      // What is behind the comma is no operand to it when it is a duration.
      || theirs.contains("trailing commas not allowed")
  }

  /// Whether the difference is one of those meant to be.
  private func isWordedOtherwise(_ ours: String, _ theirs: String) -> Bool {
    if ours == theirs { return true }
    // Numbers and durations are one thing in Prometheus 3, and what it said of either is said in one way here.
    let ofNumbers = [
      "missing unit character in duration", "not a valid duration string", "bad duration syntax",
      "bad number or duration syntax", "error parsing number: strconv", "unexpected duration ",
      "unexpected colon ", "expected duration", "unexpected number ",
    ]
    if ofNumbers.contains(where: theirs.contains) { return true }
    // Regular expressions are refused in RE2's words, at the same place; "@" had no name in Prometheus 2.
    if theirs.contains("error parsing regexp: ") || theirs.contains("<Item ") {
      return place(ours) == place(theirs)
    }
    if ours.contains("is not enabled") || ours.contains("is experimental") { return true }
    // Prometheus 3 has no holt_winters, and a name in quotes.
    if ours.contains("holt_winters") || isNewInThree(theirs) { return true }
    // A bracket too many is pointed at, not the place behind it.
    if theirs.contains("unexpected right parenthesis ')'") { return ours.hasSuffix("')'") }
    // Beyond the end there is no character to show, and a number has not more digits than it takes to tell it.
    return place(ours) == place(theirs)
      && (theirs.contains("'\u{fffd}'") || theirs.contains("after '!'")
        || theirs.contains("timestamp out of bounds"))
  }

  private func place(_ message: String) -> Substring { message.prefix { $0 != " " } }

  private func mutated(_ text: String, _ random: inout SeededNumbers) -> String {
    var parts = Self.words(of: text)
    guard !parts.isEmpty else { return text }
    let place = Int.random(in: 0..<parts.count, using: &random)
    switch Int.random(in: 0..<7, using: &random) {
    case 0: parts.remove(at: place)
    case 1: parts.insert(parts[place], at: place)
    case 2: parts.swapAt(place, Int.random(in: 0..<parts.count, using: &random))
    case 3: parts = Array(parts[...place])
    case 4: parts.insert(Self.pieces.randomElement(using: &random) ?? "", at: place)
    case 5: parts[place] = Self.pieces.randomElement(using: &random) ?? ""
    default:
      var characters = Array(parts[place])
      guard !characters.isEmpty else { return text }
      let inside = Int.random(in: 0..<characters.count, using: &random)
      characters[inside] = Array("ab05_:.\"'{}[]()=~!+-@#, \\").randomElement(using: &random) ?? "a"
      parts[place] = String(characters)
    }
    return parts.joined()
  }

  /// Runs of letters and digits, and every other character by itself.
  private static func words(of text: String) -> [String] {
    var words: [String] = []
    var isOpen = false
    for character in text {
      let isWordPart = character.isLetter || character.isNumber || character == "_"
      if isWordPart, isOpen {
        words[words.count - 1].append(character)
      } else {
        words.append(String(character))
      }
      isOpen = isWordPart
    }
    return words
  }

  private static let seeds = [
    #"up"#, #"up == 0"#, #"sum by (job) (rate(http_requests_total{code=~"5.."}[5m]))"#,
    #"histogram_quantile(0.99, sum by (le) (rate(latency_seconds_bucket[10m])))"#,
    #"max_over_time(rate(a[1m])[1h:30s] offset 5m)"#, #"a / on (job, region) group_left (zone) b"#,
    #"a and ignoring (x) b unless c or d"#, #"topk by (region) (3, lag_seconds @ 1700000000)"#,
    #"count_values("version", build_info)"#, #"-a ^ 2 % b + 1e3 - 0x1f * .5"#, #"a > bool on () b"#,
    #"label_replace(up, "host", "$1", "instance", "(.*):.*")"#, #"time() - timestamp(a) > bool 300"#,
    #"absent(up{job="x", region!="eu"})"#, #"clamp(a, -Inf, +Inf)"#,
    #"quantile without (le) (0.5, a @ end())"#,
    #"predict_linear(free_bytes[6h], 3600) < 0"#, #"sum(a) by (x) + on (x) group_right sum(b) by (x)"#,
    #"{__name__=~"a|b", job='x'}[5m] @ start() offset -1h"#, #"a atan2 b == NaN"#, #"vector(1) # note"#,
    #"round(avg(a), 0.1) != scalar(b)"#, #"hour() < 8 or day_of_week(vector(time())) == 0"#, #"offset + by"#,
  ]
  private static let pieces = [
    "(", ")", "{", "}", "[", "]", "[5m]", "[5m:1m]", ",", "==", "!=", "=~", "=", "+", "-", "^", "and", "or",
    "unless", "bool", "on", "on (a)", "ignoring (b)", "group_left", "by (x)", "without", "offset",
    " offset 1m",
    "@", " @ 5", "a", " b", "1", " 2", "5m", "1h30m", "\"s\"", "'", "\"", "{a=\"b\"}", "sum", "rate", "abs(",
    "topk(1,", " ", "\n", "#", "Inf", "nan", ":", "a:b", "start()", "0x", "1e", "`", "\\", "$", "é",
  ]
}
