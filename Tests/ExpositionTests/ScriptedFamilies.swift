import Model
import Synchronization

/// A `FamilyReader` whose content the test writes, and which counts how often each family is read.
final class ScriptedFamilies: FamilyReader {
  struct Content: Sendable {
    var family: MetricFamily
    var version: UInt64 = 1
    var series: [(id: SeriesID, labels: Labels, value: Double)] = []
  }

  private let state = Mutex((content: [Content](), reads: [String: Int]()))

  init(_ content: [Content] = []) { state.withLock { $0.content = content } }

  /// One family; ids count up from `firstID`.
  static func family(
    _ family: MetricFamily, firstID: UInt32 = 1, _ series: [(Labels, Double)]
  ) -> Content {
    Content(
      family: family,
      series: series.enumerated().map {
        (SeriesID(raw: firstID + UInt32($0.offset)), $0.element.0, $0.element.1)
      })
  }

  func add(_ content: Content) { state.withLock { $0.content.append(content) } }

  /// Changes a family and its version.
  func change(_ name: String, _ body: (inout Content) -> Void) {
    state.withLock { state in
      for place in state.content.indices where state.content[place].family.name == name {
        body(&state.content[place])
        state.content[place].version += 1
      }
    }
  }

  func remove(_ name: String) { state.withLock { $0.content.removeAll { $0.family.name == name } } }

  func reads(of name: String) -> Int { state.withLock { $0.reads[name, default: 0] } }
  var reads: Int { state.withLock { $0.reads.values.reduce(0, +) } }

  func familyVersions() -> [(family: MetricFamily, version: UInt64)] {
    state.withLock { $0.content.map { ($0.family, $0.version) } }
  }

  func readFamily(_ family: MetricFamily, _ body: (SeriesID, Labels, Double) -> Void) -> UInt64 {
    state.withLock { state in
      state.reads[family.name, default: 0] += 1
      guard let content = state.content.first(where: { $0.family == family }) else { return 0 }
      for series in content.series { body(series.id, series.labels, series.value) }
      return content.version
    }
  }
}
