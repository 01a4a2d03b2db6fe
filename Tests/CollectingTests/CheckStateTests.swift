import FarwatchTesting
import Model
import Collecting
import Testing

@Suite struct CheckStateTests {
  let rules = CheckState.Rules(failures: 3, successes: 2, interval: .seconds(30), confirm: .seconds(5))

  private func at(_ second: Int64) -> Timestamp { Timestamp(milliseconds: second * 1000) }

  /// Runs results through a new state: `+` success, `-` failure, `.` nothing learned; gives the state after each as
  /// `u`, `d`, `?`.
  private func history(_ results: String, _ rules: CheckState.Rules) -> String {
    var state = CheckState()
    var out = ""
    for (second, result) in results.enumerated() {
      let evidence: CheckState.Evidence = result == "+" ? .success : result == "-" ? .failure : .none
      _ = state.record(evidence, at: at(Int64(second)), rules)
      out += state.health == .up ? "u" : state.health == .down ? "d" : "?"
    }
    return out
  }

  @Test func consecutiveResultsDecide() {
    #expect(history("++", rules) == "?u")
    #expect(history("---", rules) == "??d")
    #expect(history("+-+-+-", rules) == "??????")
    #expect(history("++--+--+", rules) == "?uuuuuuu")
    #expect(history("++---+-++", rules) == "?uuudddd" + "u")
    // What says nothing neither counts nor interrupts.
    #expect(history("++--.-", rules) == "?uuuud")
    #expect(history("...", rules) == "???")
    let one = CheckState.Rules(failures: 1, successes: 1, interval: .seconds(30))
    #expect(history("-+-+", one) == "dudu")
  }

  @Test func changesAreToldOnceWithTheirTime() {
    var state = CheckState()
    #expect(state.since == nil)
    #expect(state.record(.success, at: at(10), rules).change == nil)
    #expect(state.since == at(10))
    #expect(state.record(.success, at: at(15), rules).change == .init(from: .unknown, to: .up))
    #expect(state.since == at(15))
    #expect(state.record(.success, at: at(45), rules).change == nil)
    #expect(state.since == at(15))
    for second in [75, 80] as [Int64] { #expect(state.record(.failure, at: at(second), rules).change == nil) }
    #expect(state.record(.failure, at: at(85), rules).change == .init(from: .up, to: .down))
    #expect(state.consecutiveFailures == 3)
    #expect(state.consecutiveSuccesses == 0)
    #expect(state.record(.failure, at: at(115), rules).change == nil)
    #expect(state.since == at(85))
    #expect(state.consecutiveFailures == 4)
  }

  @Test func unconfirmedResultsAreProbedSoonerInBothDirections() {
    var state = CheckState()
    func next(_ evidence: CheckState.Evidence) -> Duration {
      state.record(evidence, at: at(0), rules).nextProbe
    }
    #expect(next(.success) == .seconds(5))
    #expect(next(.success) == .seconds(30))
    #expect(next(.failure) == .seconds(5))
    #expect(next(.none) == .seconds(5))
    #expect(next(.failure) == .seconds(5))
    #expect(next(.failure) == .seconds(30))
    #expect(next(.success) == .seconds(5))
    #expect(next(.failure) == .seconds(30))
    var plain = CheckState()
    let without = CheckState.Rules(failures: 2, successes: 2, interval: .seconds(10))
    #expect(plain.record(.failure, at: at(0), without).nextProbe == .seconds(10))
    let slow = CheckState.Rules(failures: 2, successes: 2, interval: .seconds(10), confirm: .seconds(60))
    #expect(plain.record(.failure, at: at(0), slow).nextProbe == .seconds(10))
  }

  @Test func ownTroubleIsNoEvidence() {
    func evidence(_ verdict: Outcome.Verdict) -> CheckState.Evidence {
      CheckState.Evidence(
        Outcome(startedAt: at(0), finishedAt: at(0), took: .zero, verdict: verdict, readings: []))
    }
    #expect(evidence(.success) == .success)
    for reason in FailureReason.allCases {
      let isOwn = [.configuration, .limit, .overrun, .unknown].contains(reason)
      #expect(evidence(.failure(reason, detail: "")) == (isOwn ? .none : .failure), "\(reason)")
    }
  }

  @Test func regionsRollUp() {
    func roll(_ states: CheckState.Health...) -> RegionHealth {
      HealthTree(states.map { .init(health: RegionHealth($0)) }).region
    }
    #expect(roll() == .unknown)
    #expect(roll(.unknown, .unknown) == .unknown)
    #expect(roll(.up, .up) == .up)
    #expect(roll(.up, .unknown) == .up)
    #expect(roll(.up, .down) == .degraded)
    #expect(roll(.down, .unknown) == .degraded)
    #expect(roll(.down, .down) == .down)
    #expect(roll(.down) == .down)
  }

  @Test func readingsAreStateSets() {
    var state = CheckState()
    _ = state.record(.failure, at: at(0), rules)
    let readings = ScheduleMetrics.readings(of: state)
    let states = readings.filter { $0.family == ScheduleMetrics.checkState }
    #expect(states.map { $0.labels["state"] } == ["up", "down", "unknown"])
    #expect(states.map(\.value) == [0, 0, 1])
    #expect(readings.last?.value == 1)
    let region = ScheduleMetrics.readings(of: "eu-1", .degraded)
    #expect(region.filter { $0.value == 1 }.map { $0.labels["state"] } == ["degraded"])
    #expect(region.allSatisfy { $0.labels["region"] == "eu-1" })
  }
}
