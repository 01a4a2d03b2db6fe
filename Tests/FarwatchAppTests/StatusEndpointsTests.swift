import HTTPServer
import Model
import Collecting
import Paging
import SampleStore
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

  @Test func whatIsNotDrawnIsCounted() {
    let store = SampleStore()
    let recorder = ReadingRecorder(store, base: .empty)
    let family = MetricFamily.gauge("probe_duration_seconds", "How long it took.")
    recorder.record(
      (0..<Trends.mostLines + 7).map {
        Reading(family, 0.1, labels: ["check": "c\($0)", "region": "japan"])
      }, at: dayStart)
    var snapshot = StatusSnapshot.foreign
    Trends(store).fill(&snapshot)
    #expect(snapshot.linesLeftOut == 7)
    let page = String(decoding: StatusPage.render(snapshot), as: UTF8.self)
    #expect(page.contains("7 small lines not drawn"))
  }

  @Test func aDeedIsOnlySaidWhereItIsSo() {
    var status = StatusSnapshot.foreign
    func page(_ deed: StatusPage.SilenceDeed?, _ id: String?) -> String {
      String(decoding: StatusPage.silences(status, SilenceForm(), done: deed, of: id), as: UTF8.self)
    }
    status.silences[0].id = "one"
    #expect(
      page(.made, "one").contains("The silence is in force.") && !page(.expired, "one").contains("is over"))
    #expect(!page(.made, "two").contains("in force.</p>") && !page(.made, nil).contains("role=\"status\""))
    #expect(page(.expired, "two").contains("The silence is over."))
    status.silences[0].startsAt = status.takenAt + .seconds(60)
    #expect(page(.made, "one").contains("The silence begins in 1m."))
  }
}
