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
}
