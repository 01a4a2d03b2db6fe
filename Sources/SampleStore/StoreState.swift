internal import Model

/// One series: what it is called and what it measured lately.
final class StoredSeries {
  let id: SeriesID
  let labels: Labels
  let family: StoredFamily
  var buffer = SampleBuffer()
  /// Whether the series stands in the list of changed ones that nobody has taken yet.
  var changed = false

  /// Silent since before `limit`. What rules write stays until they end it: they may speak once in an hour, and hold
  /// on to the id.
  func isForgettable(before limit: Timestamp) -> Bool {
    guard let last = buffer.last else { return true }
    return last.timestamp < limit && (family.exposed || StaleMarker.isStale(last.value))
  }

  init(id: SeriesID, labels: Labels, family: StoredFamily) {
    self.id = id
    self.labels = labels
    self.family = family
  }
}

/// The series of one metric name.
final class StoredFamily {
  let family: MetricFamily
  let exposed: Bool
  var version: UInt64 = 0
  var members: [StoredSeries] = []
  /// Whether `members` is in order of labels; sorting waits for the next reader.
  var sorted = true

  init(_ family: MetricFamily, exposed: Bool) {
    self.family = family
    self.exposed = exposed
  }
}

/// Everything behind the store's lock.
struct State {
  /// By id; nil where a series was forgotten. Ids are never used twice, so nothing that remembers an id can be
  /// fooled; a forgotten series costs eight bytes.
  private var series: [StoredSeries?] = []
  private var identifiers: [Labels: SeriesID] = [:]
  private var index = LabelIndex()
  private var changed: [SeriesID] = []
  private(set) var families: [String: StoredFamily] = [:]
  private(set) var indexVersion: UInt64 = 0
  private(set) var pastVersion: UInt64 = 0
  private(set) var statistics = SampleStoreStatistics()

  subscript(id: SeriesID) -> StoredSeries? {
    Int(id.raw) < series.count ? series[Int(id.raw)] : nil
  }

  mutating func findOrCreate(
    _ family: MetricFamily, _ labels: Labels, exposed: Bool, limit: Int
  ) -> SeriesID? {
    if let known = identifiers[labels] { return known }
    guard identifiers.count < limit, let raw = UInt32(exactly: series.count) else {
      statistics.refusedSeries += 1
      return nil
    }
    let stored = families[family.name] ?? StoredFamily(family, exposed: exposed)
    families[family.name] = stored
    let new = StoredSeries(id: SeriesID(raw: raw), labels: labels, family: stored)
    series.append(new)
    identifiers[labels] = new.id
    index.insert(new.id, labels)
    stored.members.append(new)
    stored.sorted = false
    indexVersion += 1
    statistics.series = identifiers.count
    return new.id
  }

  mutating func append(_ value: Double, at time: Timestamp, to id: SeriesID, _ settings: SampleStoreSettings)
  {
    guard let target = self[id] else { return }
    let last = target.buffer.last
    guard last.map({ $0.timestamp < time }) ?? true else {
      statistics.outOfOrder += 1
      return
    }
    target.buffer.append(
      value, at: time, keepingFrom: time - settings.reach, limit: settings.samplesPerSeries)
    statistics.appended += 1
    if last?.value.bitPattern != value.bitPattern {
      target.family.version += 1
      if !target.changed {
        target.changed = true
        changed.append(id)
      }
    }
  }

  mutating func takeChanged() -> [SeriesID] {
    for id in changed { self[id]?.changed = false }
    defer { changed.removeAll(keepingCapacity: changed.count < 4096) }
    return changed
  }

  func select(_ matchers: [LabelMatcher]) -> [SeriesID] {
    func keeps(_ labels: Labels) -> Bool { matchers.allSatisfy { $0.matches(labels) } }
    if let candidates = index.candidates(for: matchers) {
      return candidates.filter { self[$0].map { keeps($0.labels) } ?? false }
    }
    return series.compactMap { $0.flatMap { keeps($0.labels) ? $0.id : nil } }
  }

  func currentRows(of family: MetricFamily) -> (
    rows: [(series: SeriesID, labels: Labels, value: Double)], UInt64
  ) {
    guard let stored = families[family.name] else { return ([], 0) }
    if !stored.sorted {
      stored.members.sort { labelOrder($0.labels, $1.labels) }
      stored.sorted = true
    }
    var rows: [(SeriesID, Labels, Double)] = []
    rows.reserveCapacity(stored.members.count)
    for member in stored.members {
      guard let value = member.buffer.last?.value, !StaleMarker.isStale(value) else { continue }
      rows.append((member.id, member.labels, value))
    }
    return (rows, stored.version)
  }

  mutating func movePast(by shift: Duration) {
    pastVersion += 1
    for case let member? in series { member.buffer.move(by: shift) }
  }

  mutating func collectGarbage(olderThan limit: Timestamp) {
    var gone: [StoredSeries] = []
    for case let member? in series where member.isForgettable(before: limit) { gone.append(member) }
    guard !gone.isEmpty else { return }
    let ids = Set(gone.map(\.id))
    index.remove(ids, gone.lazy.map(\.labels))
    for member in gone {
      identifiers[member.labels] = nil
      series[Int(member.id.raw)] = nil
    }
    for family in Set(gone.map(\.family.family.name)) {
      families[family]?.members.removeAll { ids.contains($0.id) }
      families[family]?.version += 1
      if families[family]?.members.isEmpty == true { families[family] = nil }
    }
    indexVersion += 1
    statistics.series = identifiers.count
  }
}

/// By name and value of the labels in turn, by bytes.
private func labelOrder(_ a: Labels, _ b: Labels) -> Bool {
  for (x, y) in zip(a.entries, b.entries) where x != y {
    return x.name == y.name ? byteOrder(x.value, y.value) : byteOrder(x.name, y.name)
  }
  return a.count < b.count
}
