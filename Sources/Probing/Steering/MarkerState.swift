internal import Model

/// Decides from the markers of several answers which regions serve. Pure; counts since it began.
struct MarkerState: Sendable {
  struct Pass: Sendable {
    let readings: [Reading]
    let verdict: Outcome.Verdict
    /// nil: not known.
    let regions: Set<String>?
  }

  private let settings: MarkerSettings
  private var counts: [String: Int]
  private var failures = 0
  /// Observed so far.
  private(set) var passes = 0
  private var last: Set<String>?
  private var changedAt: Timestamp?

  init(_ settings: MarkerSettings) {
    self.settings = settings
    // Counters begin at 0, so that the first answer of a region is an increase.
    counts = Dictionary(
      (settings.map.regions + [RegionMap.unknown]).map { ($0, 0) }, uniquingKeysWith: { first, _ in first })
  }

  mutating func observe(_ answers: [MarkerProbe.Answer], at now: Timestamp) -> Pass {
    passes &+= 1
    var seen: [String: Double] = [:]
    var failed = 0
    var problem: (reason: FailureReason, detail: String)?
    for answer in answers {
      switch answer {
      case .marker(let text):
        let region = settings.map.region(ofText: text) ?? RegionMap.unknown
        seen[region, default: 0] += 1
        counts[region, default: 0] &+= 1
      case .failed(let reason, let detail):
        failed += 1
        if problem == nil { problem = (reason, detail) }
      }
    }
    failures &+= failed
    let isKnown = answers.count - failed > answers.count / 2
    var readings = [Reading(MarkerSettings.up, isKnown), Reading(MarkerSettings.failures, Double(failures))]
    for (region, count) in counts.sorted(by: { byteOrder($0.key, $1.key) }) {
      readings.append(Reading(MarkerSettings.answers, Double(count), labels: ["region": region]))
    }
    var view: Set<String>?
    if isKnown {
      let shares = RegionShares(seen)
      let regions = shares.regions(above: settings.minimumShare)
      readings += shares.readings(MarkerSettings.share, settings.map)
      if let last, last != regions { changedAt = now }
      last = regions
      view = regions
    }
    if let changedAt { readings.append(Reading(MarkerSettings.changed, changedAt.seconds)) }
    guard !isKnown else { return Pass(readings: readings, verdict: .success, regions: view) }
    let (reason, detail) = problem ?? (.other, "nothing was asked")
    return Pass(
      readings: readings,
      verdict: .failure(
        reason, detail: "\(failed) of \(answers.count) requests failed; the first: \(detail)"),
      regions: nil)
  }
}
