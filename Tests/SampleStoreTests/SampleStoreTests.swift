import Model
import SampleStore
import Testing

let up = MetricFamily.gauge("up", "Whether it is.")
let start = Timestamp(milliseconds: 1_700_000_000_000)
func at(_ seconds: Int) -> Timestamp { start + .seconds(seconds) }

@Suite struct SampleStoreTests {
  @Test func newestSampleLooksBackAndNoFurther() throws {
    let store = SampleStore()
    let id = try #require(store.series(up, ["job": "a"]))
    store.append(1, at: at(0), to: id)
    store.append(2, at: at(10), to: id)
    store.append(3, at: at(20), to: id)
    func value(_ seconds: Int, back: Int = 300) -> Double? {
      store.newestSample(of: id, at: at(seconds), after: at(seconds - back))?.value
    }
    #expect(value(-1) == nil)
    #expect(value(0) == 1)
    #expect(value(19) == 2)
    #expect(value(20) == 3)
    #expect(value(319) == 3)
    #expect(value(320) == nil, "the left end is open")
    #expect(window(store, id, at: at(20), after: at(0)).map(\.value) == [2, 3])
  }

  @Test func aStaleMarkerEndsASeriesUntilItSpeaksAgain() throws {
    let store = SampleStore()
    let id = try #require(store.series(up, [:]))
    store.append(1, at: at(0), to: id)
    store.append(StaleMarker.value, at: at(5), to: id)
    #expect(store.newestSample(of: id, at: at(6), after: at(-300)) == nil)
    #expect(store.newestSample(of: id, at: at(4), after: at(-300))?.value == 1)
    var rows = 0
    _ = store.readFamily(up) { _, _, _ in rows += 1 }
    #expect(rows == 0)
    store.append(1, at: at(9), to: id)
    #expect(store.newestSample(of: id, at: at(9), after: at(-300))?.value == 1)
    #expect(window(store, id, at: at(9), after: at(-1)).count == 2)
  }

  @Test func aRealNaNIsAValue() throws {
    let store = SampleStore()
    let id = try #require(store.series(up, [:]))
    store.append(.nan, at: at(0), to: id)
    #expect(store.newestSample(of: id, at: at(0), after: at(-1))?.value.isNaN == true)
  }

  @Test func oldAndEqualTimesAreRefusedAndCounted() throws {
    let store = SampleStore()
    let id = try #require(store.series(up, [:]))
    store.append(1, at: at(10), to: id)
    store.append(2, at: at(10), to: id)
    store.append(3, at: at(9), to: id)
    store.append(1, at: at(10), to: id)
    #expect(store.statistics.outOfOrder == 1)
    #expect(store.statistics.duplicates == 1, "the same once more is no contradiction")
    #expect(store.statistics.appended == 1)
    #expect(store.newestSample(of: id, at: at(10), after: at(0))?.value == 1)
  }

  @Test func onlyChangesWakeAnyone() throws {
    let store = SampleStore()
    let id = try #require(store.series(up, [:]))
    store.append(1, at: at(0), to: id)
    #expect(store.takeChanged() == [id])
    store.append(1, at: at(1), to: id)
    #expect(store.takeChanged().isEmpty)
    store.append(0, at: at(2), to: id)
    store.append(1, at: at(3), to: id)
    #expect(store.takeChanged() == [id], "each once")
    let version = store.familyVersions()[0].version
    store.append(1, at: at(4), to: id)
    #expect(store.familyVersions()[0].version == version)
  }

  @Test func selectionByEveryKindOfMatcher() throws {
    struct Prefix: ValuePredicate {
      let text: String
      func matches(_ value: String) -> Bool { value.hasPrefix(text) }
    }
    let store = SampleStore()
    let a = try #require(store.series(up, ["job": "api", "region": "taiwan"]))
    let b = try #require(store.series(up, ["job": "db", "region": "japan"]))
    let c = try #require(store.series(.gauge("down", ""), ["job": "api"]))
    func found(_ matchers: LabelMatcher...) -> [SeriesID] { store.select(matchers) }
    #expect(found(LabelMatcher("__name__", equals: "up")) == [a, b])
    #expect(found(LabelMatcher("job", equals: "api")) == [a, c])
    #expect(found(LabelMatcher("job", equals: "api", negated: true)) == [b])
    #expect(found(LabelMatcher("region", equals: "")) == [c])
    #expect(found(LabelMatcher("region", equals: "", negated: true)) == [a, b])
    #expect(found(LabelMatcher("region", text: "j", matching: Prefix(text: "j"))) == [b])
    #expect(found(LabelMatcher("region", text: "j", matching: Prefix(text: "j"), negated: true)) == [a, c])
    #expect(found(LabelMatcher("region", text: "", matching: Prefix(text: ""))) == [a, b, c])
    #expect(found(LabelMatcher("nothing", equals: "x")).isEmpty)
    #expect(found(LabelMatcher("job", equals: "api"), LabelMatcher("__name__", equals: "up")) == [a])
  }

  @Test func theSeriesLimitRefusesAndCounts() throws {
    var settings = SampleStoreSettings()
    settings.seriesLimit = 2
    let store = SampleStore(settings)
    let first = store.series(up, ["n": "1"])
    #expect(first != nil)
    #expect(store.series(up, ["n": "2"]) != nil)
    #expect(store.series(up, ["n": "3"]) == nil)
    #expect(store.series(up, ["n": "1"]) == first)
    #expect(store.statistics.refusedSeries == 1)
  }

  @Test func silentSeriesLeaveThePageAndTheLimitButNotTheQueries() throws {
    var settings = SampleStoreSettings()
    settings.seriesLimit = 2
    settings.retention = .seconds(2000)
    let store = SampleStore(settings)
    let old = try #require(store.series(up, ["n": "old"]))
    let live = try #require(store.series(up, ["n": "live"]))
    store.append(1, at: at(0), to: old)
    for second in [0, 1000] { store.append(1, at: at(second), to: live) }
    store.collectGarbage(now: at(1000))
    #expect(store.statistics.series == 1)
    var rows: [SeriesID] = []
    _ = store.readFamily(up) { id, _, _ in rows.append(id) }
    #expect(rows == [live])
    #expect(store.select([LabelMatcher("__name__", equals: "up")]) == [old, live])
    #expect(store.newestSample(of: old, at: at(100), after: at(-1))?.value == 1)
    #expect(store.series(up, ["n": "new"]) != nil, "there is room for another")
    #expect(store.series(up, ["n": "old"]) == nil, "and now there is none to come back")
    store.append(2, at: at(1001), to: old)
    #expect(store.newestSample(of: old, at: at(1001), after: at(0))?.value == 2, "what has an id may speak")
  }

  @Test func whatIsOlderThanTheRetentionIsForgottenAndItsIdNeverUsedAgain() throws {
    var settings = SampleStoreSettings()
    settings.retention = .seconds(1000)
    let store = SampleStore(settings)
    let old = try #require(store.series(up, ["n": "old"]))
    let live = try #require(store.series(up, ["n": "live"]))
    store.append(1, at: at(0), to: old)
    for second in [0, 1000] { store.append(1, at: at(second), to: live) }
    let version = store.indexVersion
    store.collectGarbage(now: at(1000))
    #expect(store.indexVersion != version)
    #expect(store.select([LabelMatcher("__name__", equals: "up")]) == [live])
    store.append(1, at: at(1001), to: old)
    #expect(store.newestSample(of: old, at: at(1001), after: at(0)) == nil)
    let again = try #require(store.series(up, ["n": "old"]))
    #expect(again != old && again != live)
  }

  @Test func hiddenFamiliesStayOffThePage() throws {
    let store = SampleStore()
    let id = try #require(store.series(.gauge("ALERTS", ""), ["alertname": "x"], exposed: false))
    store.append(1, at: at(0), to: id)
    #expect(store.familyVersions().isEmpty)
    #expect(store.select([LabelMatcher("__name__", equals: "ALERTS")]) == [id])
  }

  @Test func pageRowsComeInOrderOfLabels() throws {
    let store = SampleStore()
    for name in ["b", "c", "a"] {
      let id = try #require(store.series(up, ["n": name]))
      store.append(1, at: at(0), to: id)
    }
    var names: [String] = []
    _ = store.readFamily(up) { _, labels, _ in names.append(labels["n"] ?? "") }
    #expect(names == ["a", "b", "c"])
  }
}

@Test func whatRulesWriteStaysActiveUntilTheyEndIt() throws {
  let store = SampleStore()
  let recorded = try #require(store.series(.gauge("job:up:sum", ""), [:], exposed: false))
  store.append(1, at: at(0), to: recorded)
  store.collectGarbage(now: at(400_000))
  store.append(2, at: at(400_000), to: recorded)
  #expect(store.newestSample(of: recorded, at: at(400_000), after: at(0))?.value == 2)
  store.append(StaleMarker.value, at: at(400_001), to: recorded)
  store.collectGarbage(now: at(800_000))
  #expect(store.select([LabelMatcher("__name__", equals: "job:up:sum")]).isEmpty)
}
