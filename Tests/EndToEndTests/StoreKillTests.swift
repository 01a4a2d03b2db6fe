import FarwatchTesting
import Foundation
import Model
import SampleStore
import Testing

/// The promise of the store: a death costs at most the last second of samples, and no sample is ever wrong.
@Suite(.serialized) struct StoreKillTests {
  @Test(.timeLimit(.minutes(3))) func aDeathCostsAtMostASecondOfSamples() async throws {
    let seed = UInt64.random(in: 1 ... .max)
    var random = SeededGenerator(seed: seed)
    let fleet = try Fleet(regions: ["taiwan", "japan"])
    let url = fleet.regions[0].url
    let checks = (0..<6).map {
      "- {name: extra\($0), region: taiwan, interval: 100ms, timeout: 90ms, http: {url: \"\(url)\"}}"
    }
    try fleet.writeConfiguration(more: checks.joined(separator: "\n"))
    var known: [Labels: [Sample]] = [:]
    var judged = 0
    for death in 0..<24 {
      // Every third dies at any moment of its start, the others while they measure.
      let measures = death % 3 != 2
      let daemon = measures ? try await fleet.run() : try fleet.start()
      let life = measures ? 700...1500 : 5...400
      try await Task.sleep(for: .milliseconds(Int.random(in: life, using: &random)))
      #expect(daemon.child.isRunning, "seed \(seed): it ended by itself; \(fleet.log)")
      let killed = SystemTime().now
      try await daemon.kill()
      let comment: Comment = "seed \(seed) death \(death)"
      let found = try samples(in: fleet.directory.file("state/samples"), comment)
      for (labels, before) in known {
        #expect(found[labels]?.starts(with: before) == true, "\(labels): what was there stays; \(comment)")
      }
      known = found
      guard measures else { continue }
      judged += 1
      let newest = try #require(found.values.compactMap(\.last?.timestamp).max(), comment)
      #expect(newest >= killed - .seconds(1) && newest <= killed + .seconds(1), comment)
    }
    #expect(judged >= 16)
    #expect(
      known.values.reduce(0) { $0 + $1.count } > 1000, "seed \(seed): too little happened to prove anything")
  }

  /// Everything that a copy of the store's directory holds.
  private func samples(in path: String, _ comment: Comment) throws -> [Labels: [Sample]] {
    guard FileManager.default.fileExists(atPath: path) else { return [:] }
    let copy = try TemporaryDirectory("farwatch-samples")
    for name in try FileManager.default.contentsOfDirectory(atPath: path) {
      try FileManager.default.copyItem(atPath: "\(path)/\(name)", toPath: copy.file(name))
    }
    let time = SystemTime()
    let (store, findings) = SampleStore.open(copy.path, now: time.now, monotonic: time.monotonic)
    defer { store.close() }
    #expect(findings.allSatisfy { $0.message == "torn end of a journal left out" }, comment)
    #expect(store.statistics.damaged == 0, comment)
    var all: [Labels: [Sample]] = [:]
    for series in store.select([]) {
      var columns = SampleColumns()
      store.readWindow(
        of: series, at: time.now, after: Timestamp(milliseconds: 0), into: &columns)
      guard !columns.isEmpty else { continue }
      all[store.labels(of: series)] = columns.times.indices.map {
        Sample(timestamp: Timestamp(milliseconds: columns.times[$0]), value: columns.values[$0])
      }
    }
    return all
  }
}
