import FarwatchTesting
import Foundation
import Testing

/// `farwatch check metrics`, as a person and a script use it. Exit codes are promtool's.
@Suite struct MetricsCommandTests {
  private static let good = "# HELP jobs_total Done.\n# TYPE jobs_total counter\njobs_total 1\n"

  private struct Answer: Equatable {
    var code: Int32
    var said: String
  }

  private func check(_ arguments: String, _ files: [String: String] = [:]) async throws -> Answer {
    let directory = try TemporaryDirectory("check-metrics")
    for (name, text) in files { try directory.write(name, text) }
    let child = try ChildProcess(
      ["bash", "-c", "\(FarwatchProcess.binary) check metrics \(arguments)"], directory: directory.path)
    guard case .code(let code) = try await child.wait(timeout: .seconds(60)) else {
      return Answer(code: -1, said: child.output)
    }
    return Answer(code: code, said: child.output)
  }

  @Test func aPageIsReadFromEverywhere() async throws {
    for arguments in ["page", "- < page", "< page", "<(cat page)", "--format text page", "--no-lint page"] {
      let answer = try await check(arguments, ["page": Self.good])
      #expect(answer.code == 0 && answer.said.hasSuffix(": good: 1 sample\n"), "\(arguments): \(answer.said)")
    }
    let server = try LoopbackServer { request in
      request.target == "/metrics"
        ? LoopbackServer.answer(
          200, "# TYPE a counter\na_total 1.0\n# EOF\n",
          headers: [("Content-Type", "application/openmetrics-text; version=1.0.0; charset=utf-8")])
        : request.target == "/page"
          ? LoopbackServer.answer(200, "<p>", headers: [("Content-Type", "text/html")])
          : LoopbackServer.answer(404, "")
    }
    defer { server.stop() }
    let url = "http://127.0.0.1:\(server.port)"
    #expect(try await check("\(url)/metrics") == Answer(code: 3, said: "a_total no help text\n"))
    #expect(
      try await check("\(url)/metrics --no-lint") == Answer(code: 0, said: "\(url)/metrics: good: 1 sample\n")
    )
    #expect(try await check("\(url)/other") == Answer(code: 1, said: "\(url)/other: answered 404\n"))
    #expect(
      try await check("\(url)/page")
        == Answer(code: 1, said: "\(url)/page: answered with \"text/html\", which is no metrics page\n"))
    #expect(try await check("nothing").code == 1)
  }

  @Test func whatIsWrongIsToldWithItsPlace() async throws {
    #expect(
      try await check("page", ["page": "a{ 1\n"])
        == Answer(code: 1, said: "page:1:5: labels have no end: } is missing\n"))
    let answer = try await check("page", ["page": "# TYPE jobDone counter\njobDone{le=\"1\"} 1\n"])
    #expect(answer.code == 3)
    #expect(
      answer.said.split(separator: "\n") == [
        "jobDone counter metrics should have \"_total\" suffix",
        "jobDone metric names should be written in 'snake_case' not 'camelCase'", "jobDone no help text",
        "jobDone non-histogram metrics should not have \"le\" label",
      ])
  }

  @Test func openMetricsIsReadStrictlyAndNoMore() async throws {
    #expect(try await check("--format openmetrics page", ["page": "aB 1\n# EOF\n"]).code == 0)
    #expect(try await check("--format openmetrics --lint page", ["page": "aB 1\n# EOF\n"]).code == 3)
    #expect(
      try await check("--format openmetrics page", ["page": "# TYPE a histogram\na_sum 1\n# EOF\n"])
        == Answer(code: 1, said: "page:3:1: a histogram without its bucket +Inf (a)\n"))
    #expect(try await check("--format protobuf page", ["page": "\u{5}abc"]).code == 1)
  }
}
