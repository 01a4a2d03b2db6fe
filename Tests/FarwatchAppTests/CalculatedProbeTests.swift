import FarwatchTesting
import Testing

@testable import FarwatchApp

/// `farwatch probe` of a check that is made of others: programs stand for the targets.
@Suite struct CalculatedProbeTests {
  private func run(
    _ names: [String], codes: [Int] = [0, 2, 3], atLeast: Int = 1, more: String = ""
  ) throws -> ProbeRun.Report {
    let folder = try TemporaryDirectory()
    let checks = codes.enumerated().map { number, code in
      "    - {name: c\(number), region: r, exec: {command: [/bin/sh, -c, 'exit \(code)']}}\n"
    }.joined()
    let members = codes.indices.map { "c\($0)" }.joined(separator: ", ")
    let file = try folder.write(
      "farwatch.yml",
      """
      regions: {r: {role: primary}}
      health:
        checks:
      \(checks)\
        calculated: [{name: all, region: r, of: [\(members)], at_least: \(atLeast)\(more)}]

      """)
    var run = ProbeRun(configuration: file)
    run.names = names
    return try run.run()
  }

  @Test(arguments: ["all", "r/all", "calculated/all", "calculated/r/all"])
  func itsMembersAreProbedAndItsVerdictCounts(name: String) throws {
    let report = try run([name])
    #expect(report.succeeded)
    #expect(
      report.page.hasSuffix(
        """
        # calculated r/all: good: 1 of 3 up, at least 1 are needed
        #   r/c0: up
        #   r/c1: down
        #   r/c2: unknown

        """))
    for member in ["c0", "c1", "c2"] { #expect(report.page.contains("# exec r/\(member): ")) }
  }

  @Test func downAndUnknownAreNoSuccess() throws {
    let unknown = try run(["all"], atLeast: 2)
    #expect(!unknown.succeeded && unknown.page.contains("all: UNKNOWN: 1 of 3 up, at least 2 are needed\n"))
    let down = try run(["all"], atLeast: 3)
    #expect(!down.succeeded && down.page.contains("all: FAILED: 1 of 3 up, at least 3 are needed\n"))
    let inverted = try run(["all"], atLeast: 1, more: ", inverted: true")
    #expect(!inverted.succeeded)
    #expect(inverted.page.contains("all: FAILED: 1 of 3 up, inverted: good while fewer than 1 are\n"))
  }

  @Test func whoIsNamedAsWellCountsForItself() throws {
    #expect(!(try run(["all", "c1"]).succeeded))
    #expect(!(try run([]).succeeded))
    #expect(try run([], codes: [0, 0]).page.contains("all: good: 2 of 2 up"))
    // Not even a calculated check that was not named.
    #expect(!(try run(["c0"]).page.contains("calculated")))
  }

  @Test func aNameThatNothingHasShowsThem() throws {
    let failure = #expect(throws: StartFailure.self) { try run(["al"]) }
    #expect(failure?.lines.first?.hasSuffix("exec/r/c2, calculated/r/all") == true)
  }

  @Test func eachIsShownAsItEndsAndAPushCheckIsNotProbed() throws {
    let folder = try TemporaryDirectory()
    let file = try folder.write(
      "farwatch.yml",
      """
      regions: {r: {role: primary}}
      health:
        checks:
        - {name: visited, region: r, push: {id: visited, period: 1h}}
        - {name: good, region: r, exec: {command: [/bin/sh, -c, 'exit 0']}}

      """)
    var pieces: [String] = []
    let report = try ProbeRun(configuration: file).run { pieces.append($0) }
    #expect(report.succeeded)
    #expect(pieces.count == 3 && pieces.joined() == report.page)
    #expect(pieces.first == "# push r/visited: not probed: waits for visits\n")
    #expect(pieces.last == "# total: 1 good, 0 FAILED, 1 not probed\n")
  }
}
