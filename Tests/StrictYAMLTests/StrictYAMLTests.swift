import Model
import StrictYAML
import Testing

enum Color: String, CaseIterable { case red, green, blue }

struct Inner {
  var address: String
  var port: Int
  init(_ m: MappingReader) {
    address = m.required("address", .nonEmptyString)
    port = m.optional("port", .int(1...65535)) ?? 80
  }
}

struct Outer {
  var name: String
  var every: Duration
  var ratio: Double?
  var on: Bool?
  var size: Int?
  var color: Color?
  var names: [String]
  var labels: [String: String]
  var inner: Inner?
  var list: [Inner]
  init(_ m: MappingReader) {
    name = m.required("name", .string)
    every = m.optional("every", .duration) ?? .seconds(60)
    ratio = m.optional("ratio", .double)
    on = m.optional("on", .bool)
    size = m.optional("size", .byteSize)
    color = m.optional("color", .choice())
    names = m.optional("names", .oneOrMore(.string)) ?? []
    labels = m.optional("labels", .map(.string)) ?? [:]
    inner = m.optional("inner", .mapping(Inner.init))
    list = m.optional("list", .list(.mapping(Inner.init))) ?? []
  }
}

func outer(_ text: String) -> (Outer, [String]) {
  let problems = Problems(file: "f.yml")
  let value = YAML.read(text, as: .mapping(Outer.init), problems)
  return (value, problems.list.map(\.description))
}

@Test func readsEveryKindOfValue() {
  let (value, problems) = outer(
    """
    name: 5
    every: 1h30m
    ratio: 0.25
    on: true
    size: 64KiB
    color: green
    names: one
    labels: {a: 1, b: true, c: "x"}
    inner: {address: h, port: 443}
    list:
      - address: a
      - {address: b, port: 1}
    """)
  #expect(problems == [])
  #expect(value.name == "5" && value.every == .seconds(5400) && value.ratio == 0.25 && value.on == true)
  #expect(value.size == 65536 && value.color == .green && value.names == ["one"])
  #expect(value.labels == ["a": "1", "b": "true", "c": "x"])
  #expect(
    value.inner?.port == 443 && value.list.map(\.address) == ["a", "b"] && value.list.map(\.port) == [80, 1])
}

@Test func tellsAllProblemsInTheOrderOfTheText() {
  let (_, problems) = outer(
    """
    evry: 5s
    ratio: "0.25"
    on: yes
    size: 12 parsecs
    color: gren
    names: {a: b}
    labels: [a]
    inner:
      adress: h
      port: 70000
    list:
      - port: 1
      - 7
    zzzzzzzzz: 1
    inner: {address: twice}
    """)
  #expect(
    problems == [
      "f.yml:1:1: missing key `name`",
      "f.yml:1:1: unknown key `evry`; did you mean `every`?",
      "f.yml:2:8: expected a number, found the text \"0.25\"",
      "f.yml:3:5: expected true or false, found \"yes\"",
      "f.yml:4:7: expected a size such as 512KiB or 1MB, found \"12 parsecs\"",
      "f.yml:5:8: unknown value `gren`; did you mean `green`?",
      "f.yml:6:8: expected text, found a mapping",
      "f.yml:7:9: expected a mapping, found a list",
      "f.yml:9:3: missing key `address`",
      "f.yml:9:3: unknown key `adress`; did you mean `address`?",
      "f.yml:10:9: must be between 1 and 65535, found 70000",
      "f.yml:12:5: missing key `address`",
      "f.yml:13:5: expected a mapping, found the number 7",
      "f.yml:14:1: unknown key `zzzzzzzzz`; expected one of `name`, `every`, `ratio`, `on`, `size`, `color`, "
        + "`names`, `labels`, `inner`, `list`",
      "f.yml:15:1: duplicate key `inner`; the first is on line 8",
    ])
}

@Test(arguments: [
  (
    "\na: [1, 2",
    "f.yml:3:1: not valid YAML: did not find expected ',' or ']' (while parsing a flow sequence that begins on line 2)"
  ),
  ("a: b: c", "f.yml:1:5: not valid YAML"),
  ("\tname: x", "f.yml:1:1: not valid YAML"),
  ("name: *nobody", "f.yml:1:7: unknown alias `*nobody`"),
  ("name: x\n---\nname: y", "f.yml:3:1: only one document is allowed"),
  ("name: x\u{1}", "f.yml:1:8: not valid YAML"),
  ("name: !secret x", "f.yml:1:7: tags such as !secret are not supported"),
  ("? [a]\n: b\nname: x", "f.yml:1:3: a key must be text"),
  ("- a", "f.yml:1:1: expected a mapping, found a list"),
  ("name:", "f.yml:1:1: `name` must not be empty: expected text"),
  ("name: ~", "f.yml:1:1: `name` must not be empty: expected text"),
  ("", "f.yml:1:1: missing key `name`"),
  ("# nothing\n", "f.yml:1:1: missing key `name`"),
])
func oneProblem(text: String, expected: String) {
  let (_, problems) = outer(text)
  #expect(problems.count == 1 && problems.first?.hasPrefix(expected) == true, "\(problems)")
}

@Test func anchorsAndMergeKeys() {
  let (value, problems) = outer(
    """
    name: x
    inner: &base {address: h, port: 1}
    list:
      - *base
      - <<: *base
        port: 2
      - <<: [{port: 3}, *base]
    """)
  #expect(problems == [])
  #expect(value.list.map(\.port) == [1, 2, 3] && value.list.map(\.address) == ["h", "h", "h"])
}

@Test func aliasesCannotExplode() {
  var text = "a0: &a0 x\n"
  for level in 1...60 {
    let list = repeatElement("*a\(level - 1)", count: 9).joined(separator: ",")
    text += "a\(level): &a\(level) [\(list)]\n"
  }
  let (_, problems) = outer(text + "? *a60\n: x\n")
  #expect(problems.last?.contains("counting what aliases repeat") == true)
}

@Test(arguments: ["[", "{a: ", "- ", "? "])
func depthIsLimited(opening: String) {
  for count in [63, 65, 5000, 200_000] {
    let problems = Problems(file: "f.yml")
    let root = YAML.parse(String(repeating: opening, count: count), problems)
    if count > 64 { #expect(root == nil && !problems.isEmpty) }
  }
}

@Test func sizeIsLimited() {
  let problems = Problems(file: "f.yml")
  var limits = YAML.Limits()
  limits.bytes = 10
  #expect(YAML.parse("name: 12345", problems, limits: limits) == nil)
  #expect(problems.list.map(\.description) == ["f.yml: larger than 10 bytes"])
}

@Test(arguments: [
  ("e: a + b", 4, 1, 8), ("e:   'a + b'", 4, 1, 11), ("e: \"a \\\" b\"", 4, 1, 4), ("e: 'it''s'", 2, 1, 4),
  ("e: |\n   up +\n     down", 9, 3, 8), ("e: |\n   up +\n     down", 3, 2, 7),
  ("e: >\n  up +\n  down", 6, 1, 4),
  ("ü: ö + x", 4, 1, 8), ("e: |\n\n  x y", 3, 3, 5), ("e: a\n  b", 2, 1, 4),
])
func placesInsideScalars(text: String, offset: Int, line: Int, column: Int) throws {
  let problems = Problems(file: "f.yml")
  guard case .mapping(let entries) = try #require(YAML.parse(text, problems)).content else {
    Issue.record("no mapping")
    return
  }
  #expect(entries.first?.value.position(ofOffset: offset) == YAMLPosition(line: line, column: column))
}

@Test func numbersThatAreNone() {
  let problems = Problems(file: "f.yml")
  for text in ["nan", ".inf", "0x10", "1e999", "1_000", "", "true"] {
    let node = YAMLNode(.scalar(text, .plain), at: .start)
    #expect(YAMLType<Double>.double.read(node, problems) == nil, "\(text)")
    #expect(YAMLType<Int>.int.read(node, problems) == nil, "\(text)")
  }
}

@Test(arguments: [("512", 512), ("1KB", 1000), ("1MB", 1_000_000), ("2KiB", 2048), ("1TiB", 1 << 40)])
func byteSizes(text: String, bytes: Int) {
  let problems = Problems(file: "f.yml")
  #expect(YAMLType<Int>.byteSize.read(YAMLNode(.scalar(text, .plain), at: .start), problems) == bytes)
}

@Test(arguments: ["-1", "1.5MB", "1 MB", "99999999999999999999", "9999999999TiB", "MB", "1mb"])
func notByteSizes(text: String) {
  let problems = Problems(file: "f.yml")
  #expect(YAMLType<Int>.byteSize.read(YAMLNode(.scalar(text, .plain), at: .start), problems) == nil)
}

@Test func filesThatCannotBeRead() {
  for path in ["/nonexistent/x.yml", "/"] {
    let problems = Problems(file: path)
    #expect(YAML.text(ofFile: path, problems) == nil && problems.count == 1)
  }
}

/// Whatever the bytes, reading ends with values or problems.
@Test func mutatedDocumentsNeverCrash() {
  let seed = UInt64.random(in: .min ... .max)
  var random = Noise(state: seed)
  let base = Array(
    "name: &a x\nevery: 5s\nlist:\n  - {address: *a, port: 1}\n  - <<: *a\nlabels: {a: \"b\\n\"}\nd: |\n  é x\n"
      .utf8)
  let spice = Array("[]{}:,-?&*!|>'\"%@`#\n\t \\<~é\u{85}\0".utf8)
  for _ in 0..<4000 {
    var bytes = base
    for _ in 0..<Int.random(in: 1...8, using: &random) {
      let place = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0: bytes[place] = spice.randomElement(using: &random) ?? 0
      case 1: bytes.insert(spice.randomElement(using: &random) ?? 0, at: place)
      case 2: if bytes.count > 1 { bytes.remove(at: place) }
      default: bytes.append(contentsOf: bytes[place...])
      }
    }
    let text = String(decoding: bytes, as: UTF8.self)
    let problems = Problems(file: "f.yml")
    _ = YAML.read(text, as: .mapping(Outer.init), problems)
    for problem in problems.list {
      #expect(problem.line >= 1 && problem.column >= 1, "seed \(seed)")
    }
  }
}

/// SplitMix64.
struct Noise: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

@Suite struct TagTests {
  private let text = """
    a: !Ref One
    b: [!Sub "x ${y}", plain]
    c: !Join [",", [p, q]]
    d: &n !GetAtt A.B
    e: *n
    f: !!str 5
    """

  @Test func tagsAreHandedOnWhereTheyAreAskedFor() throws {
    let problems = Problems(file: "t")
    let root = try #require(YAML.parse(text, problems, dialect: .keepsTags))
    #expect(problems.isEmpty)
    #expect(root["a"]?.tag == "!Ref" && root["a"]?.scalarText == "One")
    guard case .sequence(let items)? = root["b"]?.content else {
      Issue.record("b is no list")
      return
    }
    #expect(items.map(\.tag) == ["!Sub", nil])
    #expect(root["c"]?.tag == "!Join" && root["d"]?.tag == "!GetAtt" && root["e"]?.tag == "!GetAtt")
    #expect(root["f"]?.tag == nil)
  }

  @Test func elsewhereTheyAreAProblem() {
    let problems = Problems(file: "t")
    let root = YAML.parse(text, problems)
    #expect(problems.list.map(\.line) == [1, 2, 3, 4])
    #expect(root?["a"]?.tag == nil)
  }
}
