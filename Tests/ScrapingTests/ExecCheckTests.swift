import Collecting
import Model
import Testing

@testable import Scraping

@Suite struct ExecCheckTests {
  private func run(_ script: String, _ change: (inout ExecCheckSettings) -> Void = { _ in }) async throws
    -> Outcome
  {
    var basics = CheckBasics(name: "c", region: "r")
    basics.timeout = .seconds(5)
    var settings = ExecCheckSettings(basics, command: ["/bin/sh", "-c", script])
    change(&settings)
    let clients = CollectorClients(userAgent: "test")
    defer { clients.shutdown() }
    let collector = try settings.makeCollector(clients)
    return await withCheckedContinuation { done in collector.collect { done.resume(returning: $0) } }
  }

  @Test func exitCodesAreThePluginsOwn() async throws {
    #expect(try await run("echo 'OK - fine'").verdict == .success)
    #expect(try await run("echo 'WARNING - hm'; exit 1").verdict == .success)
    let strict = try await run("echo 'WARNING - hm'; exit 1") { $0.warningIsGood = false }
    #expect(strict.verdict == .failure(.status, detail: "exit code 1: WARNING - hm"))
    let critical = try await run("echo 'CRITICAL - queue is full | depth=9'; exit 2")
    #expect(critical.verdict == .failure(.status, detail: "exit code 2: CRITICAL - queue is full "))
    let unknown = try await run("echo 'no credentials' >&2; exit 3")
    #expect(unknown.verdict == .failure(.unknown, detail: "exit code 3: no credentials"))
    let noisy = try await run("echo 'locale is not known' >&2; echo 'DISK CRITICAL - 3% left | d=3%'; exit 2")
    #expect(noisy.verdict == .failure(.status, detail: "exit code 2: DISK CRITICAL - 3% left "))
    let silent = try await run("echo; echo 'no such disk' >&2; exit 2")
    #expect(silent.verdict == .failure(.status, detail: "exit code 2: no such disk"))
    // Not knowing says nothing of the target.
    #expect(CheckState.Evidence(unknown) == CheckState.Evidence.none)
    #expect(CheckState.Evidence(critical) == .failure)
    let slow = try await run("sleep 30") { $0.basics.timeout = .milliseconds(200) }
    #expect(slow.reason == .timeout)
    #expect(try await run("true") { $0.command = ["/no/such/program"] }.reason != nil)
  }

  @Test func performanceDataBecomesSeries() async throws {
    let outcome = try await run("echo \"OK | rta=12.5ms;100;200;0 'disk /var'=3GB;;;; loss=0% lag=U\"")
    let values = outcome.readings.filter { $0.family == ExecFamilies.value }
      .map { "\($0.labels["label"] ?? "") \($0.labels["unit"] ?? "") \(NumberText.plain($0.value))" }
    #expect(values == ["rta s 0.0125", "disk /var B 3000000000", "loss % 0"])
    #expect(outcome.readings.first { $0.family == ExecFamilies.refused }?.value == 1)
  }

  @Test func aPageOfMetricsIsTakenAsItIs() async throws {
    let page = try await run("printf 'depth{q=\"a\"} 4\\n'") { $0.output = .metrics }
    #expect(page.verdict == .success)
    #expect(page.readings.first { $0.family.name == "depth" }?.value == 4)
    let broken = try await run("echo 'depth{'") { $0.output = .metrics }
    #expect(broken.reason == .protocolError)
  }

  @Test func aProgramNeedsNoWayOut() {
    let check = ExecCheckSettings(CheckBasics(name: "c"), command: ["/bin/true"])
    #expect(!ThisHost().mayBeLeft(by: check) && !ThisHost().isLeft(by: check))
  }

  @Test func perfdataInLaterLines() {
    let data = PerformanceData(output: "OK | a=1\nmore text | b=2\nc=3 d=4;;;\n")
    #expect(data.items.map(\.label) == ["a", "b", "c", "d"] && data.refused == 0)
    #expect(PerformanceData(output: "OK | ''''=1").items.map(\.label) == ["'"])
    #expect(PerformanceData(output: "OK").items.isEmpty)
  }
}
