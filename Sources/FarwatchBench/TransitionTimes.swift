import Foundation
import Model

/// How long pages took after the answers that decided them: the median and the 99th percentile of each round, in
/// milliseconds.
struct TransitionTimes {
  private static let transitions = 70
  private(set) var medians: [Double] = []
  private(set) var tails: [Double] = []
  /// Transitions in all rounds.
  let count: Int

  /// Turns the bench's target ill and well again, round after round.
  init(of bench: PagingBench, rounds: Int) async throws {
    count = Self.transitions * rounds
    for _ in 0..<rounds {
      var milliseconds: [Double] = []
      for place in 0..<Self.transitions {
        milliseconds.append(try await bench.transition(well: place % 2 == 1).afterAnswer.inSeconds * 1e3)
        // Not in step with the schedule of the checks.
        try await Task.sleep(for: .milliseconds(Int.random(in: 5...60)))
      }
      medians.append(quantile(0.5, milliseconds))
      tails.append(quantile(0.99, milliseconds))
    }
  }

  /// Prints both.
  ///
  /// - Parameter what: beside the number of transitions.
  func report(as name: String, _ what: String) {
    let what = "ms from the deciding answer to the page, \(what)\(count) transitions"
    say(ResultLine(name: "\(name)-p50", what: what, ours: medians).text)
    say(ResultLine(name: "\(name)-p99", what: what, ours: tails, goal: "≤ 10 ms").text)
  }
}
