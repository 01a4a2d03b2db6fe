import FarwatchTesting
import Foundation

/// When probes came in, as their target saw it: what ``Nginx`` wrote.
struct RequestLog {
  /// Unix seconds, ascending, by path.
  let moments: [String: [Double]]

  /// Of requests from `start` on and before `end`, in Unix seconds.
  init(_ path: String, from start: Double, to end: Double) throws {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    var moments: [String: [Double]] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count == 2, let moment = Double(words[0]), moment >= start, moment < end else { continue }
      moments[String(words[1]), default: []].append(moment)
    }
    self.moments = moments
  }

  var count: Int { moments.values.reduce(0) { $0 + $1.count } }

  /// Requests in the fullest 100 ms divided by those of the mean 100 ms, from `start` on and before `end`.
  func unevenness(from start: Double, to end: Double) -> Double {
    let width = 0.1
    var buckets = [Int](repeating: 0, count: max(1, Int(((end - start) / width).rounded())))
    for moment in moments.values.joined() {
      buckets[max(0, min(buckets.count - 1, Int((moment - start) / width)))] += 1
    }
    let total = buckets.reduce(0, +)
    return total == 0 ? .nan : Double(buckets.max() ?? 0) * Double(buckets.count) / Double(total)
  }

  /// By how many milliseconds each probe of a path came later than `interval` after the one before; early ones are 0.
  func lateness(paths prefix: String, interval: Double) -> [Double] {
    moments.filter { $0.key.hasPrefix(prefix) }.values.flatMap { times in
      zip(times, times.dropFirst()).map { max(0, $1 - $0 - interval) * 1e3 }
    }
  }

  static var now: Double { Date().timeIntervalSince1970 }
}
