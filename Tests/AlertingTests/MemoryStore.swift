import Alerting
import FarwatchTesting
import Model
import StrictYAML
import Testing

/// A store that keeps everything and forgets nothing.
final class MemoryStore: SeriesReader, SampleAppender {
  private(set) var indexVersion: UInt64 = 0
  private(set) var refused = 0
  private var ids: [Labels: SeriesID] = [:]
  private var names: [Labels] = []
  private var history: [[Sample]] = []

  func series(_ family: MetricFamily, _ labels: Labels) -> SeriesID? {
    let all = labels.setting(Labels.metricNameLabel, to: family.name)
    if let id = ids[all] { return id }
    let id = SeriesID(raw: UInt32(names.count))
    ids[all] = id
    names.append(all)
    history.append([])
    indexVersion += 1
    return id
  }

  func append(_ value: Double, at time: Timestamp, to series: SeriesID) {
    if let last = history[Int(series.raw)].last, last.timestamp >= time {
      refused += 1
    } else {
      history[Int(series.raw)].append(Sample(timestamp: time, value: value))
    }
  }

  /// Rules of these tests record no histograms.
  func append(_ histogram: FloatHistogram, at time: Timestamp, to series: SeriesID) { refused += 1 }

  func select(_ matchers: [LabelMatcher]) -> [SeriesID] {
    names.indices.filter { place in matchers.allSatisfy { $0.matches(names[place]) } }
      .map { SeriesID(raw: UInt32($0)) }
  }

  func labels(of series: SeriesID) -> Labels { names[Int(series.raw)] }

  func newestSample(of series: SeriesID, at: Timestamp, after: Timestamp) -> Sample? {
    let newest = history[Int(series.raw)].last { $0.timestamp <= at && $0.timestamp > after }
    return newest.flatMap { StaleMarker.isStale($0.value) ? nil : $0 }
  }

  func readWindow(of series: SeriesID, at: Timestamp, after: Timestamp, into samples: inout SampleColumns) {
    for sample in history[Int(series.raw)]
    where sample.timestamp <= at && sample.timestamp > after && !StaleMarker.isStale(sample.value) {
      samples.append(sample.timestamp.milliseconds, sample.value)
    }
  }

  /// Every sample ever appended to the series printed as `text`: `1@10` for the value 1 at second 10, `stale@20`.
  func log(_ text: String) -> String {
    guard let place = names.firstIndex(where: { $0.description == text }) else { return "no such series" }
    return history[place].map { sample in
      let value = StaleMarker.isStale(sample.value) ? "stale" : NumberText.shortest(sample.value)
      return "\(value)@\(NumberText.shortest(sample.timestamp.seconds))"
    }.joined(separator: " ")
  }

  var seriesTexts: [String] { names.map(\.description).sorted() }
}

/// An engine with its store, its clock and what it decided, told as text.
final class Bench {
  let store = MemoryStore()
  var engine: RuleEngine
  /// Since the start of both clocks.
  private var nanoseconds: Int64 = 0
  var now: Double { Double(nanoseconds) / 1e9 }
  private(set) var rows: [String: [UInt8]] = [:]
  private(set) var last = Decisions()
  private(set) var events: [AlertEvent] = []
  let settings: RuleSettings

  init(_ rules: String, settings: RuleSettings = RuleSettings(), file: String = "rules.yml") {
    self.settings = settings
    engine = RuleEngine(
      groups: groups(rules, file), settings: settings, reader: store, appender: store, clock: StoppedClock(),
      restoring: [])
  }

  /// The process dies and comes back with what was stored.
  func restart(_ rules: String) {
    engine = RuleEngine(
      groups: groups(rules), settings: settings, reader: store, appender: store, clock: StoppedClock(),
      restoring: rows.map { ($0.key, $0.value) })
  }

  var monotonic: MonotonicInstant { MonotonicInstant(nanoseconds: nanoseconds) }
  var wall: Timestamp { Timestamp(milliseconds: nanoseconds / 1_000_000) }

  /// Appends a value and says so, without running.
  func sample(_ name: String, _ labels: Labels = .empty, _ value: Double) {
    guard let id = store.series(.gauge(name, ""), labels) else { return }
    store.append(value, at: wall, to: id)
    engine.seriesChanged(id)
  }

  /// Runs at the present moment and returns what happened: `fired X{…}`, `resolved X{…}`.
  @discardableResult
  func run() -> [String] {
    last = engine.run(now: wall, monotonic: monotonic)
    for change in last.changes { rows[change.key] = change.value }
    events += last.events
    return last.events.map(text)
  }

  private func text(_ event: AlertEvent) -> String {
    let word = event.status == .firing ? "fired" : "resolved"
    return "\(word) \(event.labels["alertname"] ?? "")\(event.labels.dropping(["alertname"]).description)"
  }

  /// Moves time to `seconds`, running at every deadline on the way and at the end. Each event with its time.
  @discardableResult
  func advance(to seconds: Double) -> [String] {
    let end = Int64((seconds * 1e9).rounded())
    var out: [String] = []
    while let next = engine.nextDeadline?.nanoseconds, next <= end {
      nanoseconds = max(nanoseconds, next)
      out += run().map { "\(NumberText.shortest(wall.seconds)): \($0)" }
    }
    nanoseconds = end
    return out + run().map { "\(NumberText.shortest(wall.seconds)): \($0)" }
  }

  func jump(to seconds: Double) { nanoseconds = Int64((seconds * 1e9).rounded()) }
}

struct StoppedClock: TimeSource {
  var now: Timestamp { Timestamp(milliseconds: 0) }
  var monotonic: MonotonicInstant { MonotonicInstant(nanoseconds: 0) }
}

func groups(_ text: String, _ file: String = "rules.yml") -> [RuleGroup] {
  let problems = Problems(file: file)
  let loaded = RuleFile.read(text, file: file, problems)
  #expect(problems.isEmpty, "\(problems.list)")
  return loaded.groups
}
