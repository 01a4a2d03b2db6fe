import Collecting
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

  /// A check of every 15 seconds has no gap in steps of 10; one that was not made has.
  @Test func whatComesAsEverHasNoGaps() {
    var samples = SampleColumns()
    for second in stride(from: -300, through: -1, by: 15) where !(-200..<(-120)).contains(second) {
      samples.append((dayStart + .seconds(second)).milliseconds, Double(-second))
    }
    let steps = Trends.greatest(samples, at: dayStart, over: .seconds(300))
    #expect(steps[0] == nil, "what is no later than the beginning does not count")
    #expect(steps[2..<9].allSatisfy { $0 != nil } && steps[17..<28].allSatisfy { $0 != nil })
    #expect(steps[9..<17].allSatisfy { $0 == nil })
  }

  @Test func aLineCoversWhatThereIs() throws {
    let store = SampleStore()
    let trends = Trends(store)
    let now = dayStart
    func snapshot(at now: Timestamp) -> StatusSnapshot {
      var snapshot = StatusSnapshot(
        takenAt: now, startedAt: dayStart, vantage: "v", version: "1", ready: true,
        regions: [
          .init(
            name: "japan", role: "standby", verdict: .good,
            checks: [.init(name: "api", verdict: .good, consecutiveFailures: 0)], traffic: .init(requests: 5))
        ],
        links: [
          .init(
            name: "orders", engine: "postgres", source: "taiwan", target: "japan", objective: .seconds(5),
            measured: true)
        ], backups: [], alerts: [], ruleProblems: [], receivers: [])
      trends.fill(&snapshot)
      return snapshot
    }
    let latency = try #require(
      store.series(.gauge("probe_duration_seconds", "h"), ["check": "api", "region": "japan"]))
    let point = try #require(
      store.series(
        ReplicationFamilies.recoveryPoint,
        ["link": "orders", "source_region": "taiwan", "target_region": "japan"]))
    let requests = try #require(store.series(TrafficWatch.requestsFamily, ["region": "japan"]))
    for second in stride(from: -100, through: 0, by: 5) {
      let at = now + .seconds(second)
      store.append(0.25, at: at, to: latency)
      store.append((at - .seconds(second == -50 ? 9 : 2)).seconds, at: at, to: point)
      store.append(40, at: at, to: requests)
    }
    let young = snapshot(at: now)
    #expect(young.trendWindow == .seconds(300))
    #expect(young.regions[0].checks[0].latencies.compactMap { $0 }.count == 11)
    #expect(young.regions[0].traffic?.history.compactMap { $0 }.max() == 40)
    let lags = young.links[0].lags.compactMap { $0 }
    #expect(lags.count == 11 && lags.max() == 9 && lags.last == 2 && young.links[0].lags.first == .some(nil))
    // Later, and with more behind it, it covers more.
    for second in stride(from: 5, through: 1200, by: 5) {
      store.append(0.5, at: now + .seconds(second), to: latency)
    }
    #expect(snapshot(at: now + .seconds(1200)).trendWindow == .seconds(3600))
    #expect(snapshot(at: now + .seconds(780)).trendWindow == .seconds(900))
  }
}
