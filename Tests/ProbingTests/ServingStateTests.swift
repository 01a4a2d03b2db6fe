import FarwatchTesting
import Model
import Testing

@testable import Probing

@Suite struct ServingStateTests {
  private var now = Timestamp(milliseconds: 1_767_225_600_000)
  private var state = ServingState(window: 1, confirm: 2)

  /// One pass; each side's regions by their first letter, nil: not known.
  private mutating func pass(_ dns: String?, _ front: String?) -> String {
    now = now + .seconds(30)
    func regions(_ letters: String?) -> Set<String>? {
      letters.map { Set($0.map { $0 == "?" ? "unknown" : "\($0)" }) }
    }
    let decision = state.observe(steering: regions(dns), marker: regions(front), at: now)
    let serving = decision.serving.map { $0.sorted().joined() } ?? "-"
    return serving + (decision.disagreement.map { $0 ? "!" : "" } ?? "~")
  }

  @Test mutating func nothingServesBeforeTheFirstAgreement() {
    #expect(pass("a", "b") == "-!")
    #expect(pass("a", "a") == "-")
    #expect(pass("b", "a") == "-!")
    #expect(pass("a", "a") == "-")
    #expect(pass("a", "a") == "a")
    #expect(state.changedAt == nil)
    #expect(state.confirmedAt == now)
  }

  /// DNS first, then the caches of the people's resolvers, then the front door.
  @Test mutating func aFailoverCountsWhenBothSidesShowIt() {
    _ = (pass("a", "a"), pass("a", "a"))
    #expect(pass("b", "a") == "a!")
    #expect(pass("b", "a") == "a!")
    #expect(pass("ab", "b") == "a!")
    #expect(pass("b", "b") == "a!")
    let confirmed = state.confirmedAt
    #expect(pass("b", "b") == "b")
    #expect(state.changedAt == now)
    #expect(confirmed == now - .seconds(150))
    #expect(pass("b", "b") == "b")
    #expect(state.changedAt == now - .seconds(30))
  }

  @Test mutating func flappingChangesNothing() {
    _ = (pass("a", "a"), pass("a", "a"))
    for _ in 0..<10 {
      #expect(pass("b", "b") == "a!")
      #expect(pass("a", "a") == "a")
    }
    #expect(state.changedAt == nil)
  }

  @Test mutating func aSideThatIsNotKnownProvesAndTakesBackNothing() {
    _ = (pass("a", "a"), pass("a", "a"))
    #expect(pass(nil, nil) == "a~")
    #expect(pass(nil, "a") == "a~")
    #expect(pass(nil, "b") == "a!")
    #expect(pass("b", "b") == "a!")
    // In between nothing is known; the count goes on.
    #expect(pass("b", nil) == "a!")
    #expect(pass("b", "b") == "b")
    let confirmed = state.confirmedAt
    for _ in 0..<50 { #expect(pass(nil, nil) == "b~") }
    #expect(state.confirmedAt == confirmed)
  }

  @Test mutating func whatIsNotKnownToBeARegionNeverServes() {
    _ = (pass("a", "a"), pass("a", "a"))
    for _ in 0..<5 { #expect(pass("?", "?") == "a!") }
    for _ in 0..<5 { #expect(pass("b?", "b?") == "a!") }
    for _ in 0..<5 { #expect(pass("", "") == "a!") }
    var fresh = ServingState(window: 1, confirm: 1)
    let first = fresh.observe(steering: ["unknown"], marker: ["unknown"], at: now)
    #expect(first == .init(serving: nil, disagreement: true))
  }

  /// 60:40 between two regions: a pass often draws one of them only.
  @Test mutating func aWindowHoldsASplitTogether() {
    state = ServingState(window: 4, confirm: 2)
    _ = (pass("a", "ab"), pass("b", "a"), pass("ab", "b"))
    #expect(pass("a", "a") == "ab")
    for letters in ["a", "b", "a", "a", "b", "ab", "a", "a"] { #expect(pass(letters, "ab") == "ab") }
    // One side really gone: it leaves the window on both sides, and is then confirmed.
    var answers: [String] = []
    for _ in 0..<6 { answers.append(pass("a", "a")) }
    #expect(answers.last == "a")
    #expect(answers.contains("ab!"))
  }
}

@Suite struct RegionMapTests {
  @Test func patternsMatchWholeNamesWhateverTheirCase() throws {
    let map = RegionMap([
      .init(
        region: "tw", patterns: [.text("*.tw.example"), .range(try #require(AddressRange("192.0.2.0/25")))]),
      .init(
        region: "jp", patterns: [.text("edge-*-jp*"), .range(try #require(AddressRange("192.0.2.0/24")))]),
    ])
    #expect(map.region(ofText: "Edge-1.TW.example") == "tw")
    #expect(map.region(ofText: "tw.example") == nil)
    #expect(map.region(ofText: "edge--jp") == "jp")
    #expect(map.region(ofText: "edge-1-jp-jp2") == "jp")
    #expect(map.region(ofText: "x-edge-1-jp") == nil)
    #expect(map.region(ofText: "") == nil)
    #expect(map.region(ofAddress: "192.0.2.1") == "tw")
    #expect(map.region(ofAddress: "192.0.2.129") == "jp")
    #expect(map.region(ofAddress: "198.51.100.1") == nil)
    #expect(map.region(ofAddress: "2001:db8::1") == nil)
    let any = RegionMap([.init(region: "r", patterns: [.text("*")])])
    #expect(any.region(ofText: "") == "r" && any.region(ofText: "x") == "r")
    // Many stars over a long text that does not match take no long time.
    let hard = RegionMap([.init(region: "r", patterns: [.text(String(repeating: "*a", count: 100) + "b")])])
    #expect(hard.region(ofText: String(repeating: "a", count: 10_000)) == nil)
  }
}

@Suite struct MarkerTurnsTests {
  /// With fewer requests than addresses, those of one pass go on where the last one ended.
  @Test func everyAddressHasItsTurn() {
    func turns(_ count: Int, _ requests: Int, _ pass: Int) -> String {
      MarkerProbe.turns((0..<count).map { "\($0)" }, requests: requests, pass: pass).joined()
    }
    #expect((0..<3).map { turns(5, 2, $0) } == ["01", "23", "40"])
    #expect((0..<2).map { turns(2, 4, $0) } == ["0101", "0101"])
    #expect((0..<2).map { turns(3, 4, $0) } == ["0120", "1201"])
    #expect(turns(1, 3, .max) == "000")
    #expect(turns(0, 3, 7) == "")
    _ = turns(64, 63, .max)
  }
}
