import Foundation
import Synchronization
import Templating
import Testing

/// Whatever a rule file holds: an answer or an error, in time, and never a crash.
@Suite struct LimitTests {
  private static func nested(_ open: String, _ close: String, _ count: Int) -> String {
    String(repeating: open, count: count) + "1" + String(repeating: close, count: count)
  }

  @Test(arguments: [
    (String(repeating: "x", count: 300_000), "longer than 262144 bytes"),
    (nested("{{ if true }}", "{{ end }}", 100), "nest more than 32 deep"),
    ("{{ " + nested("(", ")", 10_000) + " }}", "nest more than 32 deep"),
    ("{{ define \"a\" }}{{ template \"a\" }}{{ end }}{{ template \"a\" }}", "nest more than 50 deep"),
    ("{{ define \"a\" }}{{ tmpl \"a\" 1 }}{{ end }}{{ tmpl \"a\" 1 }}", "nest more than 50 deep"),
    ("{{ range 1000 }}{{ range 1000 }}{{ end }}{{ end }}", "more than 200000 steps"),
    ("{{ range 100000000000 }}{{ end }}", "more than 200000 steps"),
    (
      "{{ range 1000 }}\(String(repeating: "x", count: 1000)){{ end }}",
      "the output is longer than 262144 bytes"
    ),
    (
      "{{ $x := \"ab\" }}{{ range 100 }}{{ $x = print $x $x }}{{ end }}", "a text is longer than 262144 bytes"
    ),
    ("{{ $x := 1 }}{{ range 100 }}{{ $x = args $x $x }}{{ end }}", "args nest more than 16 deep"),
    ("{{ printf \"%999999d\" 1 }}", "a text is longer than 262144 bytes"),
    ("{{ printf \"%.999999f\" 1.0 }}", "a text is longer than 262144 bytes"),
    ("{{ $x := printf \"%200000d\" 1 }}{{ reReplaceAll \"\" $x $x }}", "the result could be longer"),
    (
      "{{ $x := printf \"%200000d\" 1 }}{{ range 100000 }}{{ $y := html $x }}{{ end }}",
      "more than 200000 steps"
    ),
  ])
  func stopsAtTheLimit(_ template: String, _ expected: String) {
    let message = failure(template) ?? "rendered"
    #expect(message.contains(expected), "\(message.suffix(200))")
  }

  @Test func theDeepestExecutionFitsASmallStack() {
    let templates = [
      "{{ define \"a\" }}{{ tmpl \"a\" 1 }}{{ end }}{{ tmpl \"a\" 1 }}",
      "{{ define \"a\" }}{{ if true }}{{ range 1 }}{{ template \"a\" }}{{ end }}{{ end }}{{ end }}{{ template \"a\" }}",
      "{{ " + Self.nested("(", ")", 30) + " }}",
    ]
    let messages = Mutex<[String]>([])
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
      for template in templates {
        let message = failure(template) ?? "rendered"
        messages.withLock { $0.append(message) }
      }
      done.signal()
    }
    thread.stackSize = 512 << 10
    thread.start()
    done.wait()
    #expect(messages.withLock { $0.map { $0.contains("50 deep") } } == [true, true, false])
  }

  @Test func aLongChainOfElseIfsDoesNotNest() throws {
    let chain =
      "{{ if false }}" + String(repeating: "{{ else if false }}x", count: 5000) + "{{ else }}y{{ end }}"
    #expect(try rendered(chain) == "y")
  }

  @Test func mutationsOfValidTemplatesNeverCrash() {
    var random = SplitMix(state: 0x5eed)
    let seeds = (PromtoolTests.templates + AmtoolTests.templates).map { Array($0.utf8) }
    let alphabet = Array("{}()|.$\"`'%-+0159:=, /*axe[]\\\n\u{e9}".utf8)
    let words = [
      "{{", "}}", "{{ end }}", "{{- ", " -}}", "nil", "9223372036854775807", "-9223372036854775808", "%[9]d",
      "%*d", ".SortedPairs", ".Remove", ".Alerts.Firing", "join", "toJson", "stringSlice", "since", ".Sub",
    ]
    var rendered = 0
    var messages = 0
    let page = AmtoolTests.context
    for _ in 0..<8000 {
      var bytes = seeds.randomElement(using: &random) ?? []
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0...bytes.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0 where place < bytes.count: bytes.remove(at: place)
        case 1: bytes.insert(alphabet.randomElement(using: &random) ?? 0, at: place)
        case 2: bytes.insert(contentsOf: (words.randomElement(using: &random) ?? "").utf8, at: place)
        case 3:
          let other = seeds.randomElement(using: &random) ?? []
          bytes = bytes[..<place] + other.suffix(Int.random(in: 0...other.count, using: &random))
        default: bytes = Array(bytes[..<place])
        }
      }
      let text = String(decoding: bytes, as: UTF8.self)
      if failure(text, PromtoolTests.context) == nil { rendered += 1 }
      let message = try? Template(text, name: "fuzz", dialect: .messages)
      if (try? message?.render(page)) != nil { messages += 1 }
    }
    // Mutations that only ever failed to parse would prove little.
    #expect(rendered > 400 && messages > 400)
  }
}

/// A small seeded generator: a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
