import CloudMetrics
import Model
import Testing

private let start = Timestamp(year: 2026, month: 1, day: 1)

/// When what is asked, and for how long it is known.
@Suite struct MetricQueriesStateTests {
  private let begin = MonotonicInstant(nanoseconds: 0)
  private func series(_ name: String) -> MetricSeries { MetricSeries(.gauge("m", ""), ["s": name]) }
  private func point(_ second: Int, _ value: Double) -> MetricPoint {
    MetricPoint(time: start + .seconds(second), value: value)
  }

  @Test func eachQueryAtItsOwnPace() {
    var state = MetricQueriesState(
      [(.seconds(60), .seconds(600)), (.seconds(300), .seconds(900))], limit: 10)
    #expect(state.due(begin) == [0, 1])
    state.received(0, [:], begin)
    state.received(1, [:], begin)
    #expect(state.due(begin + .seconds(50)) == [])
    // A timetable is never exact.
    #expect(state.due(begin + .seconds(59)) == [0])
    #expect(state.due(begin + .seconds(300)) == [0, 1])
  }

  @Test func failuresStayUntilSuccess() {
    var state = MetricQueriesState(
      [(.seconds(60), .seconds(600)), (.seconds(60), .seconds(600))], limit: 10)
    state.failed(0, CloudFailure(.query, "no such"), isFinal: true, begin)
    state.received(1, [:], begin)
    #expect(state.problem?.reason == .query && state.due(begin + .seconds(20)) == [])
    state.failed(1, CloudFailure(.timeout, "late"), isFinal: false, begin)
    state.received(0, [:], begin + .seconds(60))
    #expect(state.problem?.reason == .timeout)
    state.received(1, [:], begin + .seconds(60))
    #expect(state.problem == nil)
    var busy = CloudFailure(.limit, "slow down")
    busy.retryAfter = .seconds(500)
    state.failed(0, busy, isFinal: false, begin + .seconds(120))
    #expect(
      state.due(begin + .seconds(600)) == [] && state.due(begin + .seconds(620)) == [1, 0],
      "what failed comes last")
  }

  @Test func lateWordsReplaceAndOldOnesVanish() {
    var state = MetricQueriesState([(.seconds(60), .seconds(600))], limit: 2)
    state.received(0, [series("a"): [point(0, 1), point(60, 2)], series("b"): [point(0, 5)]], begin)
    state.received(0, [series("a"): [point(60, 3)], series("c"): [point(0, 7)]], begin)
    var current = state.current(start + .seconds(100))
    #expect(current.map(\.series) == [series("a"), series("b")] && state.leftOut == 1)
    #expect(current[0].points == [point(60, 3), point(0, 1)])
    current = state.current(start + .seconds(601))
    #expect(current.map(\.series) == [series("a")])
    // A time that is far away would be the newest for ever.
    state.received(0, [series("a"): [point(90_000, 9)]], begin)
    #expect(state.current(start + .seconds(100)).first?.points.first?.value == 3)
    #expect(state.current(start + .seconds(700)).isEmpty)
    // What went away makes room.
    state.received(0, [series("c"): [point(600, 7)]], begin)
    #expect(state.leftOut == 0 && state.current(start + .seconds(700)).map(\.series) == [series("c")])
  }
}
