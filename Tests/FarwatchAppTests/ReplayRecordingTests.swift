import FarwatchTesting
import Foundation
import Model
import Testing

@testable import FarwatchApp

/// Recorded data of every form, and the parts that a replay is made of.
@Suite struct ReplayRecordingTests {
  private static let rules = """
    groups:
      - name: up
        interval: 30s
        rules:
          - {record: job:up, expr: min(up)}
          - {alert: InstanceDown, expr: up == 0, for: 1m}
          - {alert: Vanished, expr: absent(up)}

    """

  /// Each form tells the same: `up` is 1 for five minutes, 0 for five and 1 again, every 30 s.
  private static func value(_ step: Int) -> Int { (10..<20).contains(step) ? 0 : 1 }
  private static let start = 1_767_607_200

  private func pages(_ report: Replay.Report) -> [String] {
    report.lines.filter { $0.hasPrefix("+") && $0.dropFirst(14).hasPrefix("page ") }.map {
      String($0.prefix(9))
    }
  }

  private func run(
    _ bench: ReplayTests.Bench, _ files: [String], _ change: (inout ReplayOptions) -> Void = { _ in }
  ) throws -> Replay.Report {
    try bench.run {
      $0.files = files
      $0.until = nil
      change(&$0)
    }
  }

  @Test func everyFormGivesTheSamePages() throws {
    let bench = try ReplayTests.Bench(rules: Self.rules)
    let steps = 0..<30
    let dump =
      "# TYPE up gauge\n"
      + steps.map { "up{instance=\"a\"} \(Self.value($0)) \(Self.start + 30 * $0)\n" }.joined() + "# EOF\n"
    let openMetrics = try bench.directory.write("dump.om", dump)
    let text = try bench.directory.write(
      "dump.txt",
      steps.map { "up{instance=\"a\"} \(Self.value($0)) \((Self.start + 30 * $0) * 1000)\n" }.joined()
        + "job:up 0 \(Self.start * 1000)\n")
    let series = try bench.directory.write(
      "series.yml",
      """
      interval: 30s
      start_timestamp: 2026-01-05T10:00:00Z
      input_series:
        - {series: 'up{instance="a"}', values: '1x9 0x9 1x9'}
      """)
    let folder = bench.directory.file("pages")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for step in steps {
      _ = try bench.directory.write(
        "pages/page-\(Self.start + 30 * step).prom", "up{instance=\"a\"} \(Self.value(step))\n")
    }
    var seen: [[String]] = []
    for file in [openMetrics, text, series, folder] {
      let report = try run(bench, [file])
      let found = pages(report)
      #expect(found.count == 2, "\(file): \(report.lines.joined(separator: "\n"))")
      #expect(report.everyAlertWasTold)
      seen.append(found)
    }
    #expect(Set(seen.map { $0.joined() }).count == 1, "\(seen)")
    let dropped = try run(bench, [text])
    #expect(dropped.lines.contains { $0.contains("Passed over: 1 sample of series that the rules make") })
  }

  @Test func aSeriesThatAPageLacksHasEnded() throws {
    let bench = try ReplayTests.Bench(rules: Self.rules)
    var files: [String] = []
    for step in 0..<10 {
      files.append(
        try bench.directory.write("scrape-\(step).prom", step < 4 ? "up{instance=\"a\"} 1\n" : "other 1\n"))
    }
    let report = try run(bench, files) { $0.interval = "30s" }
    #expect(
      report.lines.contains { $0.contains("firing") && $0.contains("Vanished") }, "at once, not after 5m")
  }

  @Test func whatIsBeforeTheBeginningIsKnown() throws {
    let bench = try ReplayTests.Bench(
      rules: """
        groups:
          - name: rate
            rules: [{alert: Busy, expr: 'increase(requests_total[10m]) > 100'}]

        """)
    let file = try bench.directory.write(
      "dump.txt",
      (0..<40).map { "requests_total \(10 * $0) \((Self.start + 30 * $0) * 1000)\n" }.joined())
    let report = try run(bench, [file]) { $0.from = "2026-01-05T10:15:00Z" }
    #expect(report.lines.first?.contains("from 2026-01-05T10:15:00") == true)
    #expect(report.lines.contains { $0.hasPrefix("+00:00:0") && $0.contains("firing") }, "\(report.lines)")
    let cut = try run(bench, [file]) { $0.to = "2026-01-05T10:01:00Z" }
    #expect(pages(cut).isEmpty)
  }

  @Test(arguments: [
    ("dump.txt", "up 1\n", ":1:1: no time"), ("dump.txt", "up 1 1\nup x 2\n", ":2:4: expected a value"),
    ("page-1.prom", "up{ 1\n", ":1:"), ("series.yml", "interval: 1m\n", "has no input_series"),
    ("series.yml", "input_series: [{series: up, values: '1+'}]\n", ":1:16: unexpected end of input"),
    ("dump.txt", "# nothing\n", "the files hold no sample"),
    ("dump.txt", "job:up 1 1767607200000\n", "the files hold no sample"),
  ])
  func aFileThatCannotBeReadIsNamedWithThePlace(_ name: String, _ text: String, _ expected: String) throws {
    let bench = try ReplayTests.Bench(rules: Self.rules)
    let file = try bench.directory.write(name, text)
    let lines: [String]
    do {
      lines = ["taken"] + (try run(bench, [file]).lines)
    } catch let failure as ReplayFailure { lines = failure.lines }
    #expect(lines.count == 1 && lines[0].contains(expected), "\(lines)")
  }

  @Test func timesOfPages() {
    #expect(RecordedFiles.time(of: "page-1700000000.prom")?.milliseconds == 1_700_000_000_000)
    #expect(RecordedFiles.time(of: "page-1700000000.25.txt")?.milliseconds == 1_700_000_000_250)
    #expect(RecordedFiles.time(of: "page-1700000000")?.milliseconds == 1_700_000_000_000)
    #expect(
      RecordedFiles.time(of: "page-2026-01-05T10:00:00Z.prom")?.milliseconds == Int64(Self.start) * 1000)
    #expect(
      RecordedFiles.time(of: "page-2026-01-05T10:00:00.5Z")?.milliseconds == Int64(Self.start) * 1000 + 500)
    for name in ["metrics.prom", "page-", "page-nan", "page-1e300.prom", "page-soon.prom"] {
      #expect(RecordedFiles.time(of: name) == nil, "\(name)")
    }
  }

  @Test func partsOfAReplay() throws {
    let standard = ReplayWindow(from: .seconds(1), until: nil)
    func split(_ text: String) throws -> (String, ReplayWindow) {
      let found = try ReplayWindow.split(text, option: "--x", standard: standard)
      return (found.text, found.window)
    }
    #expect(try split("japan") == ("japan", standard))
    #expect(try split("a@5m..15m") == ("a", ReplayWindow(from: .seconds(300), until: .seconds(900))))
    #expect(try split("a@5m") == ("a", ReplayWindow(from: .seconds(300), until: nil)))
    #expect(try split("a@5m..") == ("a", ReplayWindow(from: .seconds(300), until: nil)))
    #expect(try split("mail=\"a@b\"").0 == "mail=\"a@b\"")
    for wrong in ["a@", "a@..5m", "a@5m..5m", "a@soon"] {
      #expect(throws: ReplayFailure.self) { try split(wrong) }
    }
  }

  @Test(arguments: [UInt64(1), 2, 3]) func theAgendaIsInOrder(_ seed: UInt64) {
    var random = SeededNumbers(seed: seed)
    var agenda = Agenda<Int>()
    var model: [(at: Int64, number: Int)] = []
    for number in 0..<500 {
      let at = Int64.random(in: 0..<50, using: &random)
      agenda.add(at: MonotonicInstant(nanoseconds: at), number)
      model.append((at, number))
      guard random.chance(20) else { continue }
      let until = Int64.random(in: 0..<50, using: &random)
      let due = model.filter { $0.at <= until }.sorted { ($0.at, $0.number) < ($1.at, $1.number) }
      model.removeAll { $0.at <= until }
      #expect(agenda.take(upTo: MonotonicInstant(nanoseconds: until)) == due.map(\.number), "seed \(seed)")
      #expect(agenda.next?.nanoseconds == model.map(\.at).min())
    }
  }
}
