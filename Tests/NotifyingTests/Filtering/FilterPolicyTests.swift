import Model
import Testing

@testable import Notifying

/// A policy or document, short to write: `{"a": ["b"]}` as Swift literals.
func json(_ value: Any?) -> OrderedJSON {
  switch value {
  case let text as String: .string(text)
  case let flag as Bool: .boolean(flag)
  case let number as Int: .integer(number)
  case let number as Double: .number(number)
  case let list as [Any?]: .array(list.map(json))
  case let object as [String: Any?]:
    .object(object.sorted { $0.key < $1.key }.map { .init($0.key, json($0.value)) })
  default: .null
  }
}

@Suite struct FilterPolicyTests {
  private func accepts(
    _ pattern: Any?, _ value: Any?, scope: FilterPolicy.Scope = .body
  ) throws -> Bool {
    try FilterPolicy(json(["k": [pattern]]), scope: scope).accepts(json(["k": value]))
  }

  @Test func valuesAreComparedByTypeAndCase() throws {
    #expect(try accepts("a", "a") && !accepts("a", "A") && !accepts("5", 5) && !accepts(5, "5"))
    #expect(try accepts(5, 5.0) && accepts(0.1, 0.1) && !accepts(1, 1.001))
    #expect(try accepts(true, true) && !accepts(true, false) && !accepts(true, "true"))
    #expect(try accepts(nil, nil) && !accepts(nil, "null"))
    #expect(try !accepts("é", "e\u{301}"), "compared by bytes")
    #expect(try accepts("a", ["x", "a"]), "one of a list is enough")
  }

  @Test func operatorsDoWhatTheirNamesSay() throws {
    #expect(try accepts(["prefix": "ab"], "abc") && !accepts(["prefix": "ab"], "cab"))
    #expect(try accepts(["suffix": "bc"], "abc") && !accepts(["suffix": "bc"], "bcd"))
    #expect(try accepts(["equals-ignore-case": "AbC"], "aBc") && !accepts(["equals-ignore-case": "a"], "ab"))
    #expect(try accepts(["exists": true], "x") && !accepts(["exists": false], "x"))
    #expect(
      try accepts(["cidr": "10.0.0.0/23"], "10.0.1.255") && !accepts(["cidr": "10.0.0.0/23"], "10.0.2.0"))
    #expect(try accepts(["cidr": "2001:db8::/33"], "2001:db8:7fff::1"))
    #expect(
      try !accepts(["cidr": "2001:db8::/33"], "2001:db8:8000::1") && !accepts(["cidr": "::/0"], "10.0.0.1"))
    #expect(try accepts(["cidr": "10.0.0.7"], "10.0.0.7") && !accepts(["cidr": "10.0.0.0/8"], "ten"))
  }

  @Test(
    arguments: [
      ("a*c", "abbc", true), ("a*c", "ac", true), ("a*c", "acd", false), ("*", "", true), ("a*", "a", true),
      ("*b*", "abc", true), ("a*b*c", "a-c-b-c", true), ("a*b*c", "acb", false), ("aa*aa", "aaa", false),
      (#"a\*c"#, "a*c", true), (#"a\*c"#, "abc", false), ("*a*a", "aa", true), ("*a*a", "a", false),
    ])
  func wildcards(pattern: String, text: String, expected: Bool) throws {
    #expect(try accepts(["wildcard": pattern], text) == expected)
  }

  @Test func rangesHaveTheirEnds() throws {
    func inside(_ range: [Any], _ value: Double) throws -> Bool { try accepts(["numeric": range], value) }
    #expect(try inside(["=", 5], 5) && !inside(["=", 5], 5.1))
    #expect(try inside([">", 0, "<=", 10], 10) && !inside([">", 0, "<=", 10], 0))
    #expect(try inside([">=", 0], 0) && inside(["<", 3], -9e8) && !inside(["<", 3], 3))
    #expect(try !accepts(["numeric": ["=", 5]], "5"), "text is no number")
    #expect(try !accepts(["numeric": [">", 0]], Double.nan))
  }

  @Test func anythingBut() throws {
    #expect(try accepts(["anything-but": "a"], "b") && !accepts(["anything-but": "a"], "a"))
    #expect(try accepts(["anything-but": ["a", 5]], 6) && !accepts(["anything-but": ["a", 5]], 5))
    #expect(try !accepts(["anything-but": ["prefix": "ab"]], "abc"))
    #expect(try accepts(["anything-but": ["suffix": ["x", "y"]]], "abc"))
    #expect(try !accepts(["anything-but": ["wildcard": "a*c"]], "abc"))
    #expect(try accepts(["anything-but": ["a"]], ["a", "b"]), "one element that is none of them")
    #expect(try !accepts(["anything-but": ["a"]], ["a"]))
    let policy = try FilterPolicy(json(["k": [["anything-but": "a"]]]))
    #expect(!policy.accepts(json([:])), "what is not there is not anything but")
  }

  @Test func keysMustAllHoldAndAlternativesOne() throws {
    let policy = try FilterPolicy(
      json(["a": ["x"], "$or": [["b": ["y"]], ["c": [["exists": false]], "d": ["z"]]]]))
    #expect(policy.accepts(json(["a": "x", "b": "y", "c": "1"])))
    #expect(policy.accepts(json(["a": "x", "d": "z"])))
    #expect(!policy.accepts(json(["a": "x", "c": "1", "d": "z"])))
    #expect(!policy.accepts(json(["b": "y", "d": "z"])))
    let nested = try FilterPolicy(
      json(["detail": ["list": ["n": ["1"], "v": ["2"]], "gone": ["x": [["exists": false]]]]]), scope: .body)
    func detail(_ list: [[String: String]]) -> OrderedJSON { json(["detail": ["list": list]]) }
    #expect(nested.accepts(detail([["n": "0"], ["n": "1", "v": "2"]])))
    #expect(!nested.accepts(detail([["n": "1"], ["v": "2"]])), "one element fulfils the whole")
  }

  @Test func attributesAreLabelsStatusAndKind() throws {
    let alert = event(.firing, labels: ["severity": "page", "status": "5xx", "kind": "disk"])
    let seen = FilterPolicy.attributes(of: alert, kind: .reminder)
    let policy = try FilterPolicy(
      json(["alertname": ["LagHigh"], "status": ["firing"], "kind": ["reminder"], "severity": ["page"]]))
    #expect(policy.accepts(seen))
    #expect(try !FilterPolicy(json(["kind": ["disk"]])).accepts(seen))
  }

  @Test func limitsAreThoseOfSNS() throws {
    func fault(_ policy: [String: Any?], _ scope: FilterPolicy.Scope = .attributes) -> String? {
      do throws(FilterPolicy.Fault) {
        _ = try FilterPolicy(json(policy), scope: scope)
        return nil
      } catch { return error.message }
    }
    // 3 x 4 x 2 x 3 = 72, as Amazon reckons; with one value more 96, with two keys more beyond 150.
    let deep: [String: Any?] = [
      "a": ["b": ["c": ["1", "2", "3", "4"]]], "d": ["e": ["1", "2", "3"]],
    ]
    #expect(fault(deep, .body) == nil)
    var tooMany = deep
    tooMany["f"] = ["1", "2", "3"]
    #expect(fault(tooMany, .body) == "a filter policy has at most 150 combinations of values, found 216")
    #expect(fault(["a": [1e9], "b": [-1e9]]) == nil)
    var nest: [String: Any?] = ["k": ["v"]]
    for _ in 0..<25 { nest = ["k": nest] }
    #expect(fault(nest, .body) == "a filter policy is nested at most 20 levels")
    #expect(
      fault(["k": [String(repeating: "x", count: 300_000)]]) == "a filter policy is at most 256 KiB long")
    #expect(
      fault(["$or": [["prefix": ["a"]], ["b": ["c"]]]]) == "`prefix` is an operator and no key below `$or`")
  }

  /// Whatever is given as a policy, the answer is a policy or a fault; whatever is held against it, a verdict.
  @Test func rubbishNeverTraps() throws {
    let seed = UInt64.random(in: 1 ... .max)
    var random = SeededRandom(seed: seed)
    let words = [
      "prefix", "suffix", "anything-but", "numeric", "exists", "cidr", "$or", "wildcard", "a", "b", "=", "<",
      "",
      "*", "a*\\", "10.0.0.0/8", "::/129", "equals-ignore-case",
    ]
    func value(_ depth: Int) -> OrderedJSON {
      switch Int.random(in: 0..<(depth > 5 ? 5 : 8), using: &random) {
      case 0: .null
      case 1: .boolean(Bool.random(using: &random))
      case 2: .number([0, -1, 1e300, .nan, .infinity, 0.5].randomElement(using: &random) ?? 0)
      case 3: .integer([0, .max, .min, 7].randomElement(using: &random) ?? 0)
      case 4: .string(words.randomElement(using: &random) ?? "")
      case 5: .array((0..<Int.random(in: 0..<5, using: &random)).map { _ in value(depth + 1) })
      default:
        .object(
          (0..<Int.random(in: 0..<4, using: &random)).map { _ in
            .init(words.randomElement(using: &random) ?? "", value(depth + 1))
          })
      }
    }
    var policies = 0
    for round in 0..<20_000 {
      let scope: FilterPolicy.Scope = round % 2 == 0 ? .attributes : .body
      guard let policy = try? FilterPolicy(value(0), scope: scope) else { continue }
      policies += 1
      _ = policy.accepts(value(0))
    }
    #expect(policies > 5, "seed \(seed)")
  }
}
