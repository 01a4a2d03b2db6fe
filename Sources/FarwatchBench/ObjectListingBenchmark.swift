import FarwatchTesting
import Foundation

/// Listing a million objects: what it takes, what memory it needs beside a listing of a tenth, and what looking again
/// costs.
struct ObjectListingBenchmark {
  static let name = "object-listing"
  private static let counts = [100_000, 1_000_000]
  /// Looks while the pages of incremental listings are counted, one a second.
  private static let looks = 10
  private let choice: Choice

  init(_ choice: Choice) { self.choice = choice }

  private struct Result {
    var seconds = 0.0
    var cpu = 0.0
    var pages = 0.0
    var megabytes: (before: Double, most: Double, after: Double) = (0, 0, 0)
    var pagesALook = 0.0
    var cpuMillisecondsALook = 0.0
  }

  func run() async throws {
    var results: [Result] = []
    for count in Self.counts { results.append(try await list(count)) }
    guard let small = results.first, let large = results.last else { return }
    let peer = "a bucket of a tenth"
    func line(_ part: String, _ what: String, goal: String = "", _ value: (Result) -> Double) {
      say(
        ResultLine(
          name: "\(Self.name)\(part)", what: what, ours: [value(large)], theirs: [value(small)], peer: peer,
          goal: goal
        ).text)
    }
    line("", "s to list 1,000,000 objects in \(Int(large.pages)) pages", \.seconds)
    line("-cpu", "s of CPU for that", \.cpu)
    line("-rss", "MB resident before", \.megabytes.before)
    line("-most", "MB resident at most while listing", goal: "flat: as of a tenth", \.megabytes.most)
    line("-after", "MB resident after", \.megabytes.after)
    line("-more", "MB more at most than before", goal: "flat: < 20") {
      $0.megabytes.most - $0.megabytes.before
    }
    line("-again", "pages of an incremental listing", goal: "≤ 2", \.pagesALook)
    line("-againcpu", "ms of CPU of all the daemon for each", \.cpuMillisecondsALook)
  }

  private func list(_ count: Int) async throws -> Result {
    let bucket = try ListedBucket(objects: count)
    defer { bucket.stop() }
    let directory = try TemporaryDirectory("farwatch-bench")
    let daemon = try await FarwatchDaemon(
      binary: choice.binary, configuration: configuration(bucket), rules: "groups: []\n", in: directory)
    defer { daemon.stop() }
    try await Task.sleep(for: .seconds(2))
    var result = Result()
    let before = try ProcessUse.residentMegabytes([daemon.pid])
    let (cpu, start) = (try ProcessUse.cpuSeconds([daemon.pid]), RequestLog.now)
    var most = before
    bucket.open()
    var retained: Double?
    while retained != Double(count) {
      for _ in 0..<10 {
        try await Task.sleep(for: .milliseconds(20))
        most = max(most, try ProcessUse.residentMegabytes([daemon.pid]))
      }
      retained = fetch(daemon.port, "/metrics").flatMap { MetricsText($0.body).value("backup_retained") }
      guard RequestLog.now < start + 100 else {
        throw BenchError(
          "\(count) objects not listed after 100 s: \(retained ?? .nan), \(bucket.pages) pages")
      }
    }
    result.seconds = RequestLog.now - start
    result.cpu = try ProcessUse.cpuSeconds([daemon.pid]) - cpu
    result.pages = Double(bucket.pages)
    try await Task.sleep(for: .seconds(2))
    result.megabytes = (before, most, try ProcessUse.residentMegabytes([daemon.pid]))

    let (pages, later) = (bucket.pages, try ProcessUse.cpuSeconds([daemon.pid]))
    try await Task.sleep(for: .seconds(Self.looks))
    result.pagesALook = Double(bucket.pages - pages) / Double(Self.looks)
    result.cpuMillisecondsALook =
      (try ProcessUse.cpuSeconds([daemon.pid]) - later) * 1e3 / Double(Self.looks)
    return result
  }

  private func configuration(_ bucket: ListedBucket) -> String {
    """
    vantage: bench
    regions: {east: {}}
    health: {checks: [{name: nothing, region: east, push: {id: bench, period: 1d}}]}
    backups:
      - job: dumps
        region: east
        every: 1d
        interval: 1s
        timeout: 30s
        s3:
          bucket: b
          prefix: db/
          match: "*.sql.gz"
          endpoint: \(bucket.endpoint)
          credentials: anonymous
          incomplete_uploads: false

    """
  }
}
