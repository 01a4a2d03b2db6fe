import Dashboards
import FarwatchTesting
import Foundation
import Testing

@Suite(.serialized) struct DemoTests {
  @Test(.timeLimit(.minutes(10))) func onceTellsTheWholeStory() async throws {
    let demo = try ChildProcess([FarwatchProcess.binary, "demo", "--once", "--port", "0"])
    let end = try await demo.wait(timeout: .seconds(180))
    let output = demo.output
    #expect(end == .code(0), "\(output)")
    #expect(output.contains("ALARM:") && output.contains("OK:"), "\(output)")
    #expect(output.components(separatedBy: "signature valid").count == 3, "both pages: \(output)")
    #expect(
      output.components(separatedBy: "No page for CheckDown").count == 2
        && output.contains("RegionDown in japan has been paged and inhibits it"), "\(output)")
    #expect(output.contains("| Every health check of japan fails: api (connection_refused)."), "\(output)")
  }

  @Test(.timeLimit(.minutes(10))) func anInterruptEndsItCleanly() async throws {
    let folder = try TemporaryDirectory("farwatch-demo-test")
    let demo = try ChildProcess(
      [FarwatchProcess.binary, "demo", "--port", "0"], environment: ["TMPDIR": folder.path])
    try await waitUntil(timeout: .seconds(90), "the demo has begun") { demo.output.contains("status page") }
    demo.signal(SIGINT)
    #expect(try await demo.wait(timeout: .seconds(90)) == .code(0), "\(demo.output)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty, "it cleans up")
  }

  /// What the demo has not got; every other panel of the overview shows something.
  private static let empty: Set<String> = [
    // No database, no name server, no front door, no workload.
    "Who accepts writes", "Who serves", "Where DNS sends people", "Who answers", "Time to recover (RTO)",
  ]

  @Test(.timeLimit(.minutes(10))) func theOverviewShowsIt() async throws {
    let folder = try TemporaryDirectory("farwatch-demo-test")
    let demo = try ChildProcess(
      [FarwatchProcess.binary, "demo", "--port", "0"], environment: ["TMPDIR": folder.path])
    defer { demo.stop() }
    try await waitUntil(timeout: .seconds(90), "the pager was told; \(demo.output)") {
      demo.output.contains("Page received")
    }
    let line = try #require(demo.output.split(separator: "\n").first { $0.contains("status page") })
    let url = try #require(line.split(separator: " ").last).dropLast()
    let source = QuerySource(baseURL: String(url))
    let overview = try #require(Dashboard.all.first { $0.uid == "farwatch-overview" })
    for panel in overview.panels where !panel.queries.isEmpty {
      var isEmpty = true
      // Rules record every 15 s, and an alert ends when its region is back.
      for _ in 0..<(Self.empty.contains(panel.title) ? 1 : 60) where isEmpty {
        for query in panel.queries {
          let found = try await source.range(QuerySource.substituted(query.expression))
          isEmpty = isEmpty && found.isEmpty
        }
        if isEmpty { try await Task.sleep(for: .milliseconds(500)) }
      }
      #expect(isEmpty == Self.empty.contains(panel.title), "\(panel.title)")
    }
  }
}
