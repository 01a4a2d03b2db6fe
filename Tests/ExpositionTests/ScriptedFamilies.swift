import Model
import Synchronization

/// A `FamilyReader` whose content the test writes, and which counts how often each family is read.
final class ScriptedFamilies: FamilyReader {
  struct Content: Sendable {
    var family: MetricFamily
    var version: UInt64 = 1
    /// Of the reader's changes.
    fileprivate var changedAt = 0
    var series: [(id: SeriesID, labels: Labels, value: Double)] = []

    init(
      family: MetricFamily, version: UInt64 = 1, series: [(id: SeriesID, labels: Labels, value: Double)] = []
    ) {
      self.family = family
      self.version = version
      self.series = series
    }
  }

  private struct State {
    var content: [Content] = []
    var reads: [String: Int] = [:]
    var changes = 1
    /// The change that a family came or went with.
    var setChange = 1
  }

  private let state = Mutex(State())
  /// Else every answer tells all families.
  private let keepsAccount: Bool

  init(_ content: [Content] = [], keepsAccount: Bool = false) {
    self.keepsAccount = keepsAccount
    state.withLock { $0.content = content }
  }

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

  func add(_ content: Content) {
    state.withLock { state in
      state.content.append(content)
      state.changes += 1
      state.setChange = state.changes
    }
  }

  /// Changes a family and its version.
  func change(_ name: String, _ body: (inout Content) -> Void) {
    state.withLock { state in
      for place in state.content.indices where state.content[place].family.name == name {
        body(&state.content[place])
        state.content[place].version += 1
        state.changes += 1
        state.content[place].changedAt = state.changes
      }
    }
  }

  func remove(_ name: String) {
    state.withLock { state in
      state.content.removeAll { $0.family.name == name }
      state.changes += 1
      state.setChange = state.changes
    }
  }

  func reads(of name: String) -> Int { state.withLock { $0.reads[name, default: 0] } }
  var reads: Int { state.withLock { $0.reads.values.reduce(0, +) } }

  func familyVersions() -> [(family: MetricFamily, version: UInt64)] {
    state.withLock { $0.content.map { ($0.family, $0.version) } }
  }

  func familyChanges(since version: UInt64?) -> FamilyChanges {
    state.withLock { state in
      let known = version.map { Int($0) } ?? 0
      let isWhole = !keepsAccount || known < state.setChange
      let told = state.content.filter { isWhole || $0.changedAt > known }
      return FamilyChanges(
        version: UInt64(state.changes), isWhole: isWhole, families: told.map { ($0.family, $0.version) })
    }
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
