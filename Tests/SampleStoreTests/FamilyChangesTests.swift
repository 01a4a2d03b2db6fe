import Model
import SampleStore
import Testing

/// What a metrics page is told to look at again.
@Suite struct FamilyChangesTests {
  private func changes(_ store: SampleStore, _ version: inout UInt64?) -> (names: [String], isWhole: Bool) {
    let changes = store.familyChanges(since: version)
    version = changes.version
    return (changes.families.map(\.family.name), changes.isWhole)
  }

  @Test func onlyWhatChangedIsTold() throws {
    let store = SampleStore()
    let ids = try ["c", "a", "b"].map { try #require(store.series(.gauge($0, ""), [:])) }
    let hidden = try #require(store.series(.gauge("hidden", ""), [:], exposed: false))
    for id in ids + [hidden] { store.append(1, at: at(0), to: id) }
    var version: UInt64?
    #expect(changes(store, &version) == (["a", "b", "c"], true))
    #expect(changes(store, &version) == ([], false))
    for id in ids { store.append(1, at: at(1), to: id) }
    store.append(2, at: at(1), to: hidden)
    #expect(changes(store, &version) == ([], false), "the same values, and a family that nobody sees")
    let before = version
    store.append(2, at: at(2), to: ids[2])
    #expect(changes(store, &version) == (["b"], false))
    store.append(3, at: at(3), to: ids[0])
    #expect(changes(store, &version) == (["c"], false))
    version = before
    #expect(changes(store, &version) == (["c", "b"], false), "whoever missed an answer is told of both")
    #expect(store.familyChanges(since: .max).isWhole, "not a version of this store")
    // A second series of a known family is a change of that family.
    _ = try #require(store.series(.gauge("a", ""), ["x": "y"]))
    #expect(changes(store, &version) == (["a"], false))
  }

  @Test func whoComesOrGoesChangesAll() throws {
    let store = SampleStore()
    let old = try #require(store.series(.gauge("old", ""), [:]))
    let live = try #require(store.series(.gauge("live", ""), [:]))
    store.append(1, at: at(0), to: old)
    store.append(1, at: at(1000), to: live)
    var version: UInt64?
    #expect(changes(store, &version) == (["live", "old"], true))
    store.collectGarbage(now: at(1000))
    #expect(changes(store, &version) == (["live"], true))
    #expect(changes(store, &version) == ([], false))
    store.append(1, at: at(1001), to: old)
    #expect(changes(store, &version) == (["live", "old"], true))
    _ = try #require(store.series(.gauge("new", ""), [:]))
    #expect(changes(store, &version) == (["live", "new", "old"], true))
  }

  /// A page that follows the changes is the one that a look at everything gives.
  @Test func theVersionsAreThoseOfAWholeAnswer() throws {
    var random = SeededGenerator(seed: 7)
    let store = SampleStore()
    var ids: [SeriesID] = []
    var known: [String: UInt64] = [:]
    var version: UInt64?
    for step in 0..<500 {
      if step % 40 == 0 {
        let name = "family_\(Int.random(in: 0..<8, using: &random))"
        ids.append(try #require(store.series(.gauge(name, ""), ["step": "\(step)"])))
      }
      for _ in 0..<Int.random(in: 0..<3, using: &random) {
        let id = ids[Int.random(in: 0..<ids.count, using: &random)]
        store.append(Double(Int.random(in: 0..<3, using: &random)), at: at(step), to: id)
      }
      let changes = store.familyChanges(since: version)
      version = changes.version
      if changes.isWhole { known = [:] }
      for (family, version) in changes.families { known[family.name] = version }
      let all = store.familyVersions().map { ($0.family.name, $0.version) }
      #expect(known == Dictionary(uniqueKeysWithValues: all))
    }
  }
}
