import HTTPServer
import Model
import Paging
import StatusPage
import Testing

@testable import FarwatchApp

/// The pages for people over the daemon's face.
@Suite struct StatusEndpointsTests {
  @Test func theLongestOfEachStepIsDrawnAndGapsStay() {
    var samples = SampleColumns()
    let now = dayStart
    samples.append((now - .seconds(3600)).milliseconds, 9)
    samples.append((now - .seconds(3599)).milliseconds, 1)
    samples.append((now - .seconds(3590)).milliseconds, 2)
    samples.append(now.milliseconds, 3)
    samples.append((now - .seconds(60)).milliseconds, .nan)
    let steps = Trends.greatest(samples, at: now, over: .seconds(3600))
    #expect(steps.count == Trends.steps)
    #expect(steps.first == 2 && steps.last == 3, "what is older, or no number, does not count")
    #expect(steps.dropFirst().dropLast().allSatisfy { $0 == nil })
  }
}
