import FarwatchTesting
import Model
import PromQL
import Testing

/// A store that takes samples in order of time, and counts what is asked of it.
final class GrowingStore: SeriesReader {
  private(set) var indexVersion: UInt64 = 1
  private(set) var pastVersion: UInt64 = 1
  private(set) var selections = 0
  private(set) var bulkReads = 0
  private(set) var samplesRead = 0
  private var series: [(labels: Labels, samples: [Sample])] = []
  /// Whether it says which series are new, as the daemon's store does.
  var tellsAdditions = false

  func seriesAdded(since version: UInt64) -> [SeriesID]? {
    tellsAdditions ? Array(ids.dropFirst(Int(version) - 1).reversed()) : nil
  }

  var ids: [SeriesID] { series.indices.map { SeriesID(raw: UInt32($0)) } }

  func add(_ labels: Labels) -> SeriesID {
    series.append((labels, []))
    indexVersion += 1
    return SeriesID(raw: UInt32(series.count - 1))
  }

  func append(_ value: Double, at time: Int64, to id: SeriesID) {
    if let last = series[Int(id.raw)].samples.last, last.timestamp.milliseconds >= time { return }
    series[Int(id.raw)].samples.append(Sample(timestamp: Timestamp(milliseconds: time), value: value))
  }

  func movePast(by shift: Duration) {
    pastVersion += 1
    for index in series.indices {
      series[index].samples = series[index].samples.map {
        Sample(timestamp: $0.timestamp + shift, value: $0.value)
      }
    }
  }

  func select(_ matchers: [LabelMatcher]) -> [SeriesID] {
    selections += 1
    return ids.filter { id in matchers.allSatisfy { $0.matches(labels(of: id)) } }
  }

  func labels(of id: SeriesID) -> Labels { series[Int(id.raw)].labels }

  func newestSample(of id: SeriesID, at: Timestamp, after: Timestamp) -> Sample? {
    guard let last = series[Int(id.raw)].samples.last(where: { $0.timestamp <= at }) else { return nil }
    return last.timestamp > after && !StaleMarker.isStale(last.value) ? last : nil
  }

  func readNewest(
    of series: [SeriesID], at: Timestamp, after: Timestamp, into samples: inout SampleColumns,
    places: inout [Int]
  ) {
    bulkReads += 1
    for (place, id) in series.enumerated() {
      guard let sample = newestSample(of: id, at: at, after: after) else { continue }
      samples.append(sample.timestamp.milliseconds, sample.value)
      places.append(place)
    }
  }

  func readWindow(of id: SeriesID, at: Timestamp, after: Timestamp, into samples: inout SampleColumns) {
    for sample in series[Int(id.raw)].samples
    where sample.timestamp <= at && sample.timestamp > after && !StaleMarker.isStale(sample.value) {
      samples.append(sample.timestamp.milliseconds, sample.value)
      samplesRead += 1
    }
  }
}

@Suite struct PlanLibraryTests {
  /// Everything that a result says, down to the bits of its numbers.
  private func shown(_ plan: Plan, at time: Int64, in store: GrowingStore) -> String {
    do {
      let result = try plan.evaluate(at: Timestamp(milliseconds: time), in: store)
      switch result.value {
      case .scalar(let value): return "\(value.bitPattern)"
      case .string(let text): return text
      case .vector(let elements):
        return elements.map { "\($0.labels) \($0.value.isNaN ? "NaN" : "\($0.value)")" }.joined(
          separator: "\n")
      case .matrix(let rows):
        return rows.map { "\($0.labels) \($0.samples.times) \($0.samples.values)" }.joined(separator: "\n")
      }
    } catch {
      return "error: \(error)"
    }
  }

  private func store() -> GrowingStore {
    let store = GrowingStore()
    for name in ["a", "b", "c"] {
      for k in ["1", "2"] {
        for j in ["x", "y"] { _ = store.add(["__name__": name, "k": k, "j": j]) }
      }
    }
    return store
  }

  @Test(arguments: 1...12) func agreesWithFreshEvaluation(seed: Int) throws {
    var expressions = RandomExpression(random: SeededNumbers(seed: UInt64(seed)))
    var random = SeededNumbers(seed: UInt64(seed) << 32)
    let store = store()
    store.tellsAdditions = seed.isMultiple(of: 2)
    let library = PlanLibrary()
    var plans: [(text: String, shared: Plan, alone: Plan)] = []
    for _ in 0..<24 {
      let text = expressions.vector(3)
      let expression = try parseExpression(text)
      plans.append((text, try library.plan(for: expression), try Plan(expression)))
    }
    var now: Int64 = 30_000
    var filled = 0
    for pass in 0..<25 {
      grow(store, to: now, &random)
      library.dataChanged()
      for plan in plans {
        let fresh = shown(try Plan(parseExpression(plan.text)), at: now, in: store)
        #expect(shown(plan.shared, at: now, in: store) == fresh, "seed \(seed) pass \(pass): \(plan.text)")
        #expect(shown(plan.alone, at: now, in: store) == fresh, "seed \(seed) pass \(pass): \(plan.text)")
        if !fresh.isEmpty, !fresh.hasPrefix("error") { filled += 1 }
        // As a recording rule would, between two rules.
        if Int.random(in: 0..<8, using: &random) == 0, let id = store.ids.randomElement(using: &random) {
          store.append(Double(Int.random(in: 0..<9, using: &random)), at: now, to: id)
          library.sampleCame(to: id)
        }
        if Int.random(in: 0..<40, using: &random) == 0 {
          let id = store.add(["__name__": "b", "k": "\(store.ids.count)", "j": "z"])
          store.append(5, at: now, to: id)
        }
      }
      switch Int.random(in: 0..<10, using: &random) {
      case 0: now -= 17_000
      case 1: break
      case 2: store.movePast(by: .seconds(3))
      default: now += Int64.random(in: 1...9_000, using: &random)
      }
    }
    // The test must not live on empty results.
    #expect(filled > 100, "seed \(seed)")
  }

  private func grow(_ store: GrowingStore, to now: Int64, _ random: inout SeededNumbers) {
    if Int.random(in: 0..<5, using: &random) == 0 {
      _ = store.add(["__name__": "a", "k": "\(store.ids.count)", "j": "z"])
    }
    for id in store.ids {
      for _ in 0..<Int.random(in: 0...3, using: &random) {
        let isStale = Int.random(in: 0..<20, using: &random) == 0
        let value = isStale ? StaleMarker.value : Double(Int.random(in: -2..<9, using: &random))
        // Also later than some evaluations that were made already.
        store.append(value, at: now - Int64.random(in: 0...12_000, using: &random), to: id)
      }
    }
  }

  @Test func readsOnceForAllPlans() throws {
    let store = store()
    let library = PlanLibrary()
    for id in store.ids { for second in 0..<60 { store.append(1, at: Int64(second) * 1000, to: id) } }
    let plans = try (0..<50).map {
      try library.plan(for: parseExpression("avg_over_time(a[30s]) > \($0) or a + b > \($0)"))
    }
    for plan in plans { _ = shown(plan, at: 59_000, in: store) }
    #expect(store.selections == 2)
    #expect(store.bulkReads == 2)
    #expect(store.samplesRead == 4 * 30)
    // A window that moves reads what is new.
    for id in store.ids { store.append(1, at: 60_000, to: id) }
    library.dataChanged()
    for plan in plans { _ = shown(plan, at: 60_000, in: store) }
    #expect(store.samplesRead == 4 * 31)
    #expect(store.bulkReads == 4)
    // One new series: each selector is resolved once.
    _ = store.add(["__name__": "a", "k": "9", "j": "x"])
    for plan in plans { _ = shown(plan, at: 60_000, in: store) }
    #expect(store.selections == 4)
    // Told of, it is looked at and nothing is selected.
    store.tellsAdditions = true
    _ = store.add(["__name__": "a", "k": "9", "j": "y"])
    let before = shown(plans[0], at: 61_000, in: store)
    #expect(store.selections == 4)
    #expect(before == shown(try Plan(plans[0].expression), at: 61_000, in: store))
  }

  @Test func fixedPartsAreReadOnceInARangeQuery() throws {
    let store = store()
    for id in store.ids { for second in 0..<60 { store.append(1, at: Int64(second) * 1000, to: id) } }
    let plan = try Plan(parseExpression("sum(a @ 30) + on () count(max_over_time(b[10s] @ end()))"))
    let result = try plan.evaluate(
      from: Timestamp(seconds: 0), to: Timestamp(seconds: 50), step: .seconds(1), in: store)
    #expect(store.bulkReads == 1)
    #expect(store.samplesRead == 4 * 10)
    guard case .matrix(let rows) = result.value else { return #expect(Bool(false)) }
    #expect(rows.map(\.samples.count) == [51])
    #expect(rows.first?.samples.values.allSatisfy { $0 == 8 } == true)
  }
}
