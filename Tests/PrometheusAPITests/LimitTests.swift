import Model
import PromQL
import SampleStore
import Synchronization
import Testing
import Threading

@testable import HTTPServer
@testable import PrometheusAPI

/// What queries may cost, and what happens there.
@Suite struct LimitTests {
  /// A reader that stands still in every selection until it is let go.
  private final class Standstill: SeriesReader, Sendable {
    let store = ScriptedDaemon.filled().store
    let entered = Bell()
    private let open = Mutex(false)

    func letGo() { open.withLock { $0 = true } }

    var indexVersion: UInt64 { store.indexVersion }
    func select(_ matchers: [LabelMatcher]) -> [SeriesID] {
      entered.ring()
      let pause = Bell()
      while !open.withLock({ $0 }) { _ = pause.wait(upTo: .milliseconds(5)) }
      return store.select(matchers)
    }
    func labels(of series: SeriesID) -> Labels { store.labels(of: series) }
    func newestSample(of series: SeriesID, at: Timestamp, after: Timestamp) -> Sample? {
      store.newestSample(of: series, at: at, after: after)
    }
    func readWindow(of series: SeriesID, at: Timestamp, after: Timestamp, into samples: inout SampleColumns) {
      store.readWindow(of: series, at: at, after: after, into: &samples)
    }
  }

  private func standing(
    concurrency: Int = 1, waiting: Int = 1, timeout: Duration = .seconds(20)
  ) -> (Asking, Standstill) {
    let standstill = Standstill()
    var daemon = ScriptedDaemon()
    daemon.otherReader = standstill
    var settings = QuerySettings()
    settings.concurrency = concurrency
    settings.waiting = waiting
    settings.timeout = timeout
    return (Asking(daemon, settings), standstill)
  }

  private let question = Asking.request("/api/v1/query", [("query", "lag_seconds")], method: "GET")

  @Test func whatFindsNoPlaceIsRefusedAtOnce() throws {
    let (asking, standstill) = standing()
    let first = asking.api.answer(question)
    #expect(standstill.entered.wait(upTo: .seconds(10)))
    let second = asking.api.answer(question)
    let third = try asking.reply(question)
    #expect(third.status == 503 && third.body.contains("too many queries wait already"))
    #expect(asking.api.threads.statistics.running == 1)
    standstill.letGo()
    for response in [first, second] {
      let given = Bell()
      response.deferred?.whenGiven { _ in given.ring() }
      #expect(given.wait(upTo: .seconds(10)))
      #expect(response.deferred?.response?.status == 200)
    }
    let statistics = asking.api.threads.statistics
    #expect(
      statistics.results == [.success: 2, .refused: 1] && statistics.running == 0 && statistics.waiting == 0)
    #expect(statistics.waitSeconds > 0 && statistics.runSeconds > 0)
  }

  @Test func whoWaitsTooLongIsToldSo() throws {
    let (asking, standstill) = standing(timeout: .milliseconds(200))
    _ = asking.api.answer(question)
    #expect(standstill.entered.wait(upTo: .seconds(10)))
    let reply = try asking.reply(question)
    #expect(reply.status == 503)
    #expect(
      reply.body == #"{"status":"error","errorType":"timeout","error":"query timed out in query queue"}"#)
    standstill.letGo()
  }

  @Test func aQueryThatTakesTooLongIsEnded() throws {
    let (asking, standstill) = standing(timeout: .milliseconds(100))
    let response = asking.api.answer(question)
    #expect(standstill.entered.wait(upTo: .seconds(10)))
    _ = Bell().wait(upTo: .milliseconds(150))
    standstill.letGo()
    let given = Bell()
    response.deferred?.whenGiven { _ in given.ring() }
    #expect(given.wait(upTo: .seconds(10)))
    #expect(response.deferred?.response?.status == 503)
    #expect(asking.api.threads.statistics.results == [.timeout: 1])
  }

  @Test func aQueryForNobodyIsEnded() throws {
    let (asking, standstill) = standing()
    let response = asking.api.answer(question)
    #expect(standstill.entered.wait(upTo: .seconds(10)))
    response.deferred?.abandon()
    standstill.letGo()
    let deadline = ContinuousClock.now + .seconds(10)
    while asking.api.threads.statistics.results.isEmpty, .now < deadline {
      _ = Bell().wait(upTo: .milliseconds(5))
    }
    #expect(asking.api.threads.statistics.results == [.canceled: 1])
  }

  @Test func aWishedTimeoutOnlyShortens() throws {
    let (asking, standstill) = standing(timeout: .milliseconds(300))
    _ = asking.api.answer(question)
    #expect(standstill.entered.wait(upTo: .seconds(10)))
    let begun = ContinuousClock.now
    let short = Asking.request("/api/v1/query", [("query", "1"), ("timeout", "1ms")], method: "GET")
    #expect(try asking.reply(short).status == 503)
    #expect(ContinuousClock.now - begun < .milliseconds(250))
    let long = Asking.request("/api/v1/query", [("query", "1"), ("timeout", "1h")], method: "GET")
    #expect(try asking.reply(long).status == 503)
    #expect(ContinuousClock.now - begun < .seconds(10))
    standstill.letGo()
  }

  @Test func samplesAreCounted() throws {
    var settings = QuerySettings()
    settings.maximumSamples = 1000
    let asking = Asking(ScriptedDaemon.filled(), settings)
    let reply = try asking.get("/api/v1/query", ("query", "{__name__=~\".+\"}[1h]"))
    #expect(reply.status == 422)
    #expect(
      reply.body
        == #"{"status":"error","errorType":"execution","error":"query processing would load too many "#
        + #"samples into memory in query execution"}"#)
    #expect(try asking.get("/api/v1/query", ("query", "lag_seconds[30m]")).status == 200)
  }

  @Test func newLimitsHoldForNewQueries() throws {
    let asking = Asking(ScriptedDaemon.filled())
    var settings = QuerySettings()
    settings.maximumSamples = 10
    settings.concurrency = 2
    asking.api.threads.apply(settings)
    #expect(try asking.get("/api/v1/query", ("query", "lag_seconds[30m]")).status == 422)
    #expect(asking.api.threads.statistics.limit == 2)
  }

  @Test func whatIsCutOffIsSaid() throws {
    let asking = Asking(ScriptedDaemon.filled())
    let warning = #","warnings":["results truncated due to limit"]}"#
    for (path, items) in [
      ("query", [("query", "lag_seconds")]), ("series", [("match[]", "lag_seconds")]), ("labels", []),
      ("label/region/values", []),
      (
        "query_range",
        [("query", "lag_seconds"), ("start", "1772323200"), ("end", "1772323260"), ("step", "15")]
      ),
    ] {
      let all = try asking.reply(Asking.request("/api/v1/\(path)", items + [("limit", "2")], method: "GET"))
      #expect(all.status == 200 && !all.body.contains("warnings"), "\(path): \(all.body)")
      let cut = try asking.reply(Asking.request("/api/v1/\(path)", items + [("limit", "1")], method: "GET"))
      #expect(cut.body.hasSuffix(warning) && cut.body.utf8.count < all.body.utf8.count + warning.utf8.count)
      for (limit, message) in [
        ("-1", "limit must be non-negative"), ("x", #"strconv.Atoi: parsing \"x\": invalid syntax"#),
      ] {
        let wrong = try asking.reply(
          Asking.request("/api/v1/\(path)", items + [("limit", limit)], method: "GET"))
        #expect(
          wrong.body
            == #"{"status":"error","errorType":"bad_data","error":"invalid parameter \"limit\": "# + message
            + "\"}")
      }
    }
  }
}
