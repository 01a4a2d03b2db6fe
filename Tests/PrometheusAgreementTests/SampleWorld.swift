import FarwatchTesting
import Model

/// Series of two regions over two hours and a half: counters with resets, gauges, classic histograms, health, gaps,
/// stale markers.
///
/// No sample lies on a whole or half second. Queries are asked at half seconds, with ranges, offsets and steps of
/// whole seconds, so no sample ever lies on the edge of a window: Prometheus 2 has that edge closed, Prometheus 3 and
/// Farwatch have it open. And no counter comes near zero, and none
/// that is reset has gaps: how far a rate is extrapolated towards zero changed, too.
struct SampleWorld {
  static let start = Timestamp(year: 2026, month: 3, day: 1)
  static let length: Duration = .seconds(9000)
  static let spacing: Int64 = 15_000
  private static let floor = 50_000.0

  private(set) var series: [(labels: Labels, samples: [Sample])] = []
  private var numbers: SeededNumbers

  init(seed: UInt64) {
    numbers = SeededNumbers(seed: seed)
    for region in ["taiwan", "japan"] {
      addHistogram(region)
      for instance in ["a", "b", "c"] {
        let place = ["region": region, "instance": instance, "job": "api"]
        for code in ["200", "404", "500"] {
          add("http_requests_total", place.merging(["code": code]) { $1 }) { last, numbers in
            last == 0 || numbers.chance(1)
              ? Self.floor + Double(Int.random(in: 0...500, using: &numbers))
              : last + Double(Int.random(in: 0...40, using: &numbers))
          }
        }
        add("up", place) { _, numbers in numbers.chance(5) ? 0 : 1 }
        add("temperature_celsius", place.merging(["zone": region + "-" + instance]) { $1 }) { last, numbers in
          max(1, (last == 0 ? 20 : last) + Double.random(in: -1...1, using: &numbers))
        }
      }
      add("replication_lag_seconds", ["region": region, "engine": "postgresql"]) { last, numbers in
        numbers.chance(10) ? 0.25 : last + Double.random(in: 0...2, using: &numbers)
      }
      add("last_backup_timestamp_seconds", ["region": region]) { last, numbers in
        numbers.chance(4) || last == 0
          ? Self.start.seconds + Double(Int.random(in: 0...9000, using: &numbers)) : last
      }
    }
  }

  private mutating func times() -> [Int64] {
    let phase = Int64.random(in: 1..<Self.spacing, using: &numbers)
    var out: [Int64] = []
    var time = Self.start.milliseconds + phase
    let end = (Self.start + Self.length).milliseconds
    while time < end {
      let jittered = time + Int64.random(in: -40...40, using: &numbers)
      if jittered > out.last ?? 0 { out.append(jittered % 500 == 0 ? jittered + 1 : jittered) }
      time += Self.spacing
    }
    return out
  }

  private mutating func add(
    _ name: String, _ labels: [String: String], _ next: (Double, inout SeededNumbers) -> Double
  ) {
    var samples: [Sample] = []
    var last = 0.0
    var silentUntil = 0
    for (place, time) in times().enumerated() {
      last = next(last, &numbers)
      if place < silentUntil { continue }
      let moment = Timestamp(milliseconds: time)
      if name != "http_requests_total", numbers.chance(1) {
        // A gap, half of the time announced by a stale marker.
        silentUntil = place + Int.random(in: 2...40, using: &numbers)
        if numbers.chance(50) { samples.append(Sample(timestamp: moment, value: StaleMarker.value)) }
        continue
      }
      samples.append(Sample(timestamp: moment, value: last))
    }
    series.append((Labels(labels.merging([Labels.metricNameLabel: name]) { $1 }), samples))
  }

  private mutating func addHistogram(_ region: String) {
    let bounds = ["0.1", "0.5", "1", "5", "+Inf"]
    let times = times()
    var counts = [Double](repeating: Self.floor, count: bounds.count)
    var sum = Self.floor
    var rows = [[Sample]](repeating: [], count: bounds.count + 2)
    for time in times {
      let moment = Timestamp(milliseconds: time)
      for _ in 0..<Int.random(in: 0...20, using: &numbers) {
        let bucket = Int.random(in: 0..<bounds.count, using: &numbers)
        for place in bucket..<bounds.count { counts[place] += 1 }
        sum += Double(bucket) / 2
      }
      for (place, count) in counts.enumerated() {
        rows[place].append(Sample(timestamp: moment, value: count))
      }
      rows[bounds.count].append(Sample(timestamp: moment, value: sum))
      rows[bounds.count + 1].append(Sample(timestamp: moment, value: counts[bounds.count - 1]))
    }
    for (place, bound) in bounds.enumerated() {
      series.append(
        ([Labels.metricNameLabel: "latency_seconds_bucket", "region": region, "le": bound], rows[place]))
    }
    series.append(([Labels.metricNameLabel: "latency_seconds_sum", "region": region], rows[bounds.count]))
    series.append(
      ([Labels.metricNameLabel: "latency_seconds_count", "region": region], rows[bounds.count + 1]))
  }
}
