import DurableIO
import FarwatchTesting
import Foundation
import Model
import SampleStore
import Testing

/// What is on the disk is neither overwritten nor deleted by a store that has not read it.
@Suite struct ForeignFilesTests {
  private let zero = MonotonicInstant(nanoseconds: 0)

  private func expectAll(_ bench: StoreBench, _ sourceLocation: SourceLocation = #_sourceLocation) {
    for (id, _) in bench.model {
      bench.expectWindow(id, start - .seconds(1), bench.now, "all is there", sourceLocation: sourceLocation)
    }
  }

  /// A store with ten samples of one series and a checkpoint of them, closed.
  private func closed() async throws -> (StoreBench, SeriesID) {
    let bench = try StoreBench()
    let id = try #require(bench.store.series(up, ["n": "old"]))
    for step in 0..<10 {
      bench.now = bench.now + .seconds(5)
      bench.append(Double(step), to: id)
    }
    bench.restart()
    try await waitUntil("a checkpoint") { bench.store.statistics.checkpoints > 0 }
    bench.now = bench.now + .seconds(5)
    bench.append(99, to: id)
    bench.store.close()
    return (bench, id)
  }

  @Test(arguments: ["journal-N.log", "head-N.chunks", "block-N.chunks"])
  func aNumberThatNoStoreGivesIsSetAside(_ pattern: String) async throws {
    for number in [UInt64.max, .max - 1, 1_000_000_000_000_000] {
      let (bench, id) = try await closed()
      let name = pattern.replacingOccurrences(of: "N", with: "\(number)")
      try Data().write(to: URL(filePath: bench.directory.file(name)))
      for _ in 0..<2 {
        bench.restart()
        expectAll(bench)
        try await waitUntil("it writes") { bench.store.statistics.checkpoints > 0 }
        if bench.store.statistics.damaged > 0 { #expect(bench.findings.first?.file.hasSuffix(name) == true) }
      }
      #expect(bench.findings == [], "only the first start meets it")
      #expect(try bench.files().contains("\(name).damaged"))
      #expect(bench.store.labels(of: id)["n"] == "old")
    }
  }

  /// A directory in the way of the next journal, or of a block, does not stop the store.
  @Test func aNameThatIsTakenIsPassedOver() async throws {
    let (bench, _) = try await closed()
    for number in 1...9 {
      for name in ["journal-00000000000\(number).log", "block-00000000000\(number).chunks"]
      where !Folder.exists(bench.directory.file(name)) {
        try FileManager.default.createDirectory(
          atPath: bench.directory.file(name), withIntermediateDirectories: false)
      }
    }
    for _ in 0..<2 {
      bench.restart()
      expectAll(bench)
      try await waitUntil("it writes") { bench.store.statistics.checkpoints > 0 }
      #expect(bench.findings == [])
    }
  }

  /// At the start the directory cannot be read; later it can. What it holds is kept, and not mixed with the new.
  @Test func aDirectoryThatComesBackIsSetAside() async throws {
    let (bench, _) = try await closed()
    let parent = try TemporaryDirectory("farwatch-unread")
    let (path, away) = (parent.file("samples"), parent.file("away"))
    try FileManager.default.copyItem(atPath: bench.directory.path, toPath: away)
    let before = try FolderListing.names(away)
    // A file in the directory's place is unreadable for root, too.
    try Data().write(to: URL(filePath: path))
    var settings = bench.settings
    settings.retryInterval = .milliseconds(10)
    let (store, findings) = SampleStore.open(path, settings, now: bench.now, monotonic: zero)
    #expect(findings.contains { $0.message == "store directory cannot be read" })
    let id = try #require(store.series(up, ["n": "new"]))
    store.append(5, at: bench.now + .seconds(1), to: id)
    try await waitUntil("it fails") { store.statistics.isFailing }
    #expect(store.takeFindings().contains { $0.message == "samples are in memory only" && $0.isProblem })
    // A link in one step: the store would make a directory in between.
    try FileManager.default.createSymbolicLink(atPath: parent.file("link"), withDestinationPath: away)
    try Folder.rename(parent.file("link"), to: path)
    try await waitUntil("it writes again") { !store.statistics.isFailing }
    #expect(store.statistics.damaged == 2, "what was not read is counted")
    let told = store.takeFindings()
    #expect(told.contains { $0.message.contains("not read at the start") })
    #expect(told.contains { !$0.isProblem })
    store.close()
    #expect(try FolderListing.names("\(path).damaged") == before, "all of it is kept")
    let (again, more) = SampleStore.open(path, settings, now: bench.now + .seconds(2), monotonic: zero)
    defer { again.close() }
    #expect(more == [])
    #expect(window(again, id, at: bench.now + .seconds(1), after: start).map(\.value) == [5])
    // Put back, the old one is whole.
    let (old, none) = SampleStore.open("\(path).damaged", settings, now: bench.now, monotonic: zero)
    defer { old.close() }
    #expect(none == [])
    #expect(old.statistics.knownSeries == 1)
  }

  /// `rm -rf` under the running store.
  @Test func aDirectoryThatIsTakenAwayIsWrittenAnew() async throws {
    let bench = try StoreBench()
    let id = try #require(bench.store.series(up, [:]))
    for step in 0..<10 {
      bench.now = bench.now + .seconds(5)
      bench.append(Double(step), to: id)
    }
    try await waitUntil("it writes") { bench.store.statistics.checkpoints > 0 }
    try FileManager.default.removeItem(atPath: bench.directory.path)
    try await waitUntil("it is noticed") { bench.store.statistics.damaged > 0 }
    try await waitUntil("it is written anew") { bench.store.statistics.checkpoints > 1 }
    #expect(bench.store.takeFindings().contains { $0.message == "journal was removed while in use" })
    #expect(!bench.store.statistics.isFailing)
    bench.restart()
    #expect(bench.findings == [])
    expectAll(bench)
    // In the last moment before the end.
    try await waitUntil("it writes") { bench.store.statistics.checkpoints > 0 }
    try FileManager.default.removeItem(atPath: bench.directory.path)
    bench.restart()
    #expect(bench.findings == [])
    expectAll(bench)
  }

  @Test(arguments: ["head-", "journal-"], ["delete", "empty", "directory", "noise"])
  func aMissingOrReplacedFileIsCounted(_ kind: String, _ harm: String) async throws {
    let (bench, _) = try await closed()
    let name = try #require(try bench.files().last { $0.hasPrefix(kind) })
    let path = bench.directory.file(name)
    try FileManager.default.removeItem(atPath: path)
    switch harm {
    case "empty": try Data().write(to: URL(filePath: path))
    case "directory":
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    case "noise":
      try Data((0..<30_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }).write(to: URL(filePath: path))
    default: break
    }
    bench.restart()
    #expect(bench.store.statistics.damaged > 0)
    #expect(!bench.findings.isEmpty)
    try await waitUntil("it goes on") { bench.store.statistics.checkpoints > 0 }
    if harm == "noise" { #expect(try bench.files().contains("\(name).damaged")) }
  }

  /// The catalogue has a copy: to lose either costs nothing.
  @Test(arguments: ["catalogue", "catalogue.copy"], ["delete", "empty", "noise", "half"])
  func aLostCatalogueCostsNothing(_ name: String, _ harm: String) async throws {
    let (bench, id) = try await closed()
    let path = bench.directory.file(name)
    let whole = try Data(contentsOf: URL(filePath: path))
    try FileManager.default.removeItem(atPath: path)
    switch harm {
    case "empty": try Data().write(to: URL(filePath: path))
    case "noise": try Data(repeating: 7, count: whole.count + 1).write(to: URL(filePath: path))
    case "half": try whole.prefix(whole.count / 2).write(to: URL(filePath: path))
    default: break
    }
    bench.restart()
    #expect(bench.store.labels(of: id)["n"] == "old")
    expectAll(bench)
    if name == "catalogue" || harm == "noise" {
      #expect(bench.store.statistics.damaged > 0 && !bench.findings.isEmpty)
    }
    try await waitUntil("it is mended") { bench.store.statistics.checkpoints > 0 }
    if harm == "noise" { #expect(try bench.files().contains("\(name).damaged")) }
    bench.restart()
    #expect(bench.findings == [] && bench.store.statistics.damaged == 0)
    expectAll(bench)
  }

  /// Without both, samples are of nobody: counted, and the files that hold them stay.
  @Test func withoutAnyCatalogueTheSamplesAreSetAside() async throws {
    let (bench, _) = try await closed()
    for name in ["catalogue", "catalogue.copy"] {
      try FileManager.default.removeItem(atPath: bench.directory.file(name))
    }
    let before = try bench.files().filter { $0.hasPrefix("head-") || $0.hasPrefix("journal-") }
    bench.restart()
    #expect(bench.store.statistics.damaged > 0)
    #expect(bench.findings.contains { $0.message == "catalogue is missing" })
    try await waitUntil("it goes on") { bench.store.statistics.checkpoints > 0 }
    let after = try bench.files()
    #expect(before.allSatisfy { after.contains("\($0).damaged") }, "\(before) in \(after)")
  }

  @Test func noiseInPlaceOfTheWholeJournalIsDamageAndATornEndIsNot() async throws {
    let (bench, id) = try await closed()
    let name = try #require(try bench.files().last { $0.hasPrefix("journal-") })
    let url = URL(filePath: bench.directory.file(name))
    let whole = try Data(contentsOf: url)
    try whole.dropLast(3).write(to: url)
    bench.restart()
    #expect(bench.store.statistics.damaged == 0)
    #expect(bench.findings.map(\.message) == ["torn end of a journal left out"])
    #expect(window(bench.store, id, at: bench.now, after: start).count == 10)
  }
}
