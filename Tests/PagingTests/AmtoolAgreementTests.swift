import FarwatchTesting
import Model
import Testing

@testable import Paging

/// The classic syntax beside the real amtool (0.25, which knows only that one): what it takes, what it refuses and
/// what it understands.
@Suite struct AmtoolAgreementTests {
  /// The matchers of a route as amtool prints them; nil: it refuses the text.
  private func amtool(_ text: String, _ directory: TemporaryDirectory) async throws -> String? {
    let configuration = OrderedJSON.object([
      .init(
        "route",
        .object([
          .init("receiver", .string("r")),
          .init(
            "routes",
            .array([
              .object([
                .init("receiver", .string("r")), .init("matchers", .array([.string(text)])),
              ])
            ])),
        ])),
      .init("receivers", .array([.object([.init("name", .string("r"))])])),
    ])
    let path = try directory.write("alertmanager.yml", configuration.compact)
    let process = try ChildProcess(["amtool", "config", "routes", "show", "--config.file=\(path)"])
    guard try await process.wait() == .code(0) else { return nil }
    let output = process.output
    let tree = try #require(
      output.range(of: "\u{2514}\u{2500}\u{2500} ", after: "default-route"), "\(output)")
    let end = try #require(output.range(of: "  receiver: r\n\n", after: "default-route"), "\(output)")
    return String(output[tree.upperBound..<end.lowerBound])
  }

  private func printed(_ matchers: [WrittenMatcher]) -> String {
    let sorted = matchers.sorted { a, b in
      a.name != b.name
        ? byteOrder(a.name, b.name)
        : a.value != b.value
          ? byteOrder(a.value, b.value)
          : (kinds.firstIndex(of: a.kind) ?? 0) < (kinds.firstIndex(of: b.kind) ?? 0)
    }
    let texts = sorted.map { matcher in
      let value = matcher.value.replacing("\\", with: "\\\\").replacing("\n", with: "\\n").replacing(
        "\"", with: "\\\"")
      return "\(matcher.name)\(matcher.kind.rawValue)\"\(value)\""
    }
    return "{" + texts.joined(separator: ",") + "}"
  }

  /// In the order of their numbers there.
  private let kinds: [LabelMatcher.Kind] = [.equal, .notEqual, .regex, .notRegex]

  @Test func textsMeanTheSame() async throws {
    let seed = UInt64.random(in: 1 ... .max)
    var random = SeededNumbers(seed: seed)
    let pieces = [
      "a", "foo", "b1", "=", "=", "!=", "=~", "!~", "\"", "\"b\"", "\\", "\\n", "\\\"", ",", ",", "{", "}",
      " ", "\n", "é", "(",
      ".*", "!", "~", "x:y", "1", "\t",
    ]
    var texts = [
      "severity=\"page\"", "region=~\"tw|jp\"", "{a=\"b\", c!~d.*, }", "b=", "a==", "foo=~\"\\d+\"",
      "a=b,,c=d", "a=\"b",
      "a=b}", "{a=b", "foo=\"say \\\"hi\\\"\\n\"", "1a=b", "a-b=c", "\"a\"=b", "a=\"b,c\",d=e", "a=b c",
      "a=\\", "a=~(",
    ]
    for _ in 0..<30 {
      // Mostly matchers, with something thrown in.
      let matchers = (0..<Int.random(in: 1...2, using: &random)).map { _ in
        random.pick(["a", "b1", " c ", "{x:y"]) + random.pick(["=", "!=", "=~", " !~ "])
          + (0..<Int.random(in: 0...4, using: &random)).map { _ in random.pick(pieces) }.joined()
      }
      texts.append(matchers.joined(separator: ","))
    }
    let directory = try TemporaryDirectory("farwatch-amtool")
    var taken = 0
    for text in texts {
      let theirs = try await amtool(text, directory)
      let written = try? ClassicMatcherSyntax.readList(Array(text.unicodeScalars))
      let isGood = written?.allSatisfy { (try? $0.compiled()) != nil } ?? false
      let ours = isGood ? written.map(printed) : nil
      #expect(ours == theirs, "seed \(seed): \(quoted(text))")
      if theirs != nil { taken += 1 }
    }
    #expect(taken > 10 && taken < texts.count, "seed \(seed)")
  }
}

extension String {
  /// The last place of `text`, which must be behind `start`.
  fileprivate func range(of text: String, after start: String) -> Range<String.Index>? {
    guard let place = firstRange(of: start) else { return nil }
    return self[place.upperBound...].ranges(of: text).last
  }
}
