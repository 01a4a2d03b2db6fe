import FarwatchTesting
import Foundation
import Model
import SampleStore
import Testing

/// Files that are not as they were written: what they held may be missing, but then it is said; nothing is ever wrong,
/// and no start fails.
@Suite struct DamageTests {
  /// A directory with every kind of file in it, and what is in them.
  private static func made() async throws -> StoreBench {
    let bench = try StoreBench {
      $0.checkpointInterval = .seconds(100_000)
      $0.blockInterval = .milliseconds(1)
    }
    var random = SeededGenerator(seed: 7)
    var ids: [SeriesID] = []
    for number in 0..<12 { ids.append(try #require(bench.store.series(up, ["n": "\(number)"]))) }
    for step in 0..<900 {
      bench.now = bench.now + .seconds(5)
      for (place, id) in ids.enumerated() {
        let shape: Shape = [.constant, .counter, .seconds, .noise][place % 4]
        bench.append(shape.value(Double(step), using: &random), to: id)
      }
      if step == 600 { try await waitUntil("a block") { bench.store.statistics.blocks > 0 } }
    }
    bench.restart()
    let late = try #require(bench.store.series(up, ["n": "late"]))
    for _ in 0..<40 {
      bench.now = bench.now + .seconds(5)
      for id in ids + [late] { bench.append(1.5, to: id) }
    }
    bench.store.close()
    return bench
  }

  private enum Harm: CaseIterable { case flip, truncate, zero, garbageBehind, shuffle }

  private static func harm(_ kind: Harm, _ data: inout Data, _ random: inout SeededGenerator) {
    guard !data.isEmpty else { return }
    let place = Int.random(in: 0..<data.count, using: &random)
    switch kind {
    case .flip: data[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case .truncate: data = data.prefix(place)
    case .zero: for offset in place..<min(place + 300, data.count) { data[offset] = 0 }
    case .garbageBehind:
      data.append(contentsOf: (0..<50).map { _ in UInt8.random(in: 0...255, using: &random) })
    case .shuffle:
      let other = Int.random(in: 0..<data.count, using: &random)
      for offset in 0..<min(64, data.count - max(place, other)) {
        data.swapAt(place + offset, other + offset)
      }
    }
  }

  /// Somebody shortens a block while it is mapped: its samples are missing, and the process lives.
  @Test func aBlockThatIsCutWhileItIsReadIsMissing() async throws {
    let bench = try StoreBench {
      $0.checkpointInterval = .milliseconds(10)
      $0.blockInterval = .milliseconds(1)
    }
    let id = try #require(bench.store.series(up, ["n": "1"]))
    for step in 0..<100_000 where step < 600 || bench.store.statistics.sealedBytes > 0 {
      bench.now = bench.now + .seconds(5)
      bench.append(Double(step) * 0.37, to: id)
      if step > 600 { try await Task.sleep(for: .milliseconds(1)) }
    }
    bench.expectWindow(id, start, bench.now, "all of it")
    let blocks = try bench.files().filter { $0.hasPrefix("block-") }
    #expect(!blocks.isEmpty)
    for block in blocks {
      let file = try FileHandle(forWritingTo: URL(filePath: bench.directory.file(block)))
      try file.truncate(atOffset: 0)
      try file.close()
    }
    let found = window(bench.store, id, at: bench.now, after: start - .seconds(1))
    #expect(found.count < (bench.model[id]?.count ?? 0) && found.last == bench.model[id]?.last)
    #expect(bench.store.newestSample(of: id, at: start + .seconds(60), after: start) == nil)
    try await waitUntil("it is counted") { bench.store.statistics.damagedChunks > 0 }
  }

  @Test func noDamageMakesASampleWrong() async throws {
    let seed = UInt64.random(in: 1 ... .max)
    var random = SeededGenerator(seed: seed)
    let bench = try await Self.made()
    let names = try bench.files()
    for kind in ["catalogue", "head-", "journal-", "block-"] {
      #expect(names.contains { $0.hasPrefix(kind) }, "no \(kind) in \(names)")
    }
    var missing = 0
    for round in 0..<150 {
      let copy = try TemporaryDirectory("farwatch-damaged")
      for name in names {
        try FileManager.default.copyItem(atPath: bench.directory.file(name), toPath: copy.file(name))
      }
      let victim = names[round % names.count]
      let kind = Harm.allCases[round / names.count % Harm.allCases.count]
      var data = try Data(contentsOf: URL(filePath: copy.file(victim)))
      Self.harm(kind, &data, &random)
      try data.write(to: URL(filePath: copy.file(victim)))
      let comment: Comment = "seed \(seed) round \(round): \(kind) of \(victim)"
      let (store, findings) = SampleStore.open(
        copy.path, bench.settings, now: bench.now + .seconds(1), monotonic: MonotonicInstant(nanoseconds: 0))
      defer { store.close() }
      var lost = 0
      for (id, samples) in bench.model {
        let labels = store.labels(of: id)
        let found = labels.isEmpty ? [] : window(store, id, at: bench.now, after: start - .seconds(1))
        let known = Set(samples)
        #expect(found.allSatisfy { known.contains($0) }, comment)
        #expect(zip(found, found.dropFirst()).allSatisfy { $0.timestamp < $1.timestamp }, comment)
        lost += samples.count - found.count
      }
      guard lost > 0 else { continue }
      missing += 1
      // A journal cut behind or inside a record is as a crash leaves it.
      let isCrash =
        kind == .truncate && victim.hasPrefix("journal-")
        || findings.map(\.message) == ["torn end of a journal left out"]
      if !isCrash {
        try await waitUntil("damage is counted: \(comment)") {
          store.statistics.damaged + store.statistics.damagedChunks > 0
        }
      }
      // What is new goes on.
      let id = try #require(store.series(up, ["n": "3"]))
      store.append(9, at: bench.now + .seconds(5), to: id)
      #expect(
        store.newestSample(of: id, at: bench.now + .seconds(5), after: bench.now)?.value == 9, comment)
    }
    #expect(missing > 10, "seed \(seed): too little was damaged to prove anything")
  }

  /// All files of one kind are gone: what the others know is there.
  @Test(arguments: ["catalogue", "head-", "journal-", "block-"])
  func anyFileMayBeMissing(_ kind: String) async throws {
    let bench = try await Self.made()
    for name in try bench.files() where name.hasPrefix(kind) {
      try FileManager.default.removeItem(atPath: bench.directory.file(name))
    }
    let (store, findings) = SampleStore.open(
      bench.directory.path, bench.settings, now: bench.now + .seconds(1),
      monotonic: MonotonicInstant(nanoseconds: 0))
    defer { store.close() }
    if kind != "block-" { #expect(store.statistics.damaged > 0 && !findings.isEmpty) }
    let known = bench.model.keys.filter { !store.labels(of: $0).isEmpty }
    #expect(known.isEmpty == (kind == "catalogue"))
    for id in known {
      let samples = Set(bench.model[id] ?? [])
      #expect(window(store, id, at: bench.now, after: start).allSatisfy { samples.contains($0) })
    }
    let new = try #require(store.series(up, ["n": "new"]))
    #expect(
      window(store, new, at: bench.now, after: start).isEmpty,
      "an id that a file knows is not given away again")
  }
}

@Suite struct DiskTests {
  static let mayMount = getuid() == 0 && mounts()

  private static func mounts() -> Bool {
    guard let directory = try? TemporaryDirectory("farwatch-mount") else { return false }
    guard shell("mount -t tmpfs -o size=1m tmpfs '\(directory.path)'") else { return false }
    return shell("umount '\(directory.path)'")
  }

  private static func shell(_ command: String) -> Bool {
    guard let child = try? ChildProcess(["sh", "-c", command], output: .discarded) else { return false }
    while child.poll() == nil { usleep(1000) }
    return child.poll() == .code(0)
  }

  /// A disk that is full: everything goes on in memory, it is said, and when there is room again nothing is missing.
  @Test(.enabled(if: mayMount, "needs a small file system of its own: root"))
  func aFullDiskCostsNothingOnceThereIsRoom() async throws {
    let directory = try TemporaryDirectory("farwatch-full")
    #expect(Self.shell("mount -t tmpfs -o size=1m tmpfs '\(directory.path)'"))
    defer { _ = Self.shell("umount '\(directory.path)'") }
    var settings = SampleStoreSettings()
    settings.journalDelay = .milliseconds(2)
    settings.retryInterval = .milliseconds(20)
    func open(_ now: Timestamp) -> SampleStore {
      SampleStore.open(
        directory.file("samples"), settings, now: now, monotonic: MonotonicInstant(nanoseconds: 0)
      ).store
    }
    let store = open(start)
    let ids = try (0..<50).map { try #require(store.series(up, ["n": "\($0)"])) }
    var time = start
    func append(_ count: Int) {
      for _ in 0..<count {
        time = time + .seconds(5)
        for id in ids { store.append(Double(time.milliseconds % 977), at: time, to: id) }
      }
    }
    append(10)
    try await waitUntil("it works") { store.statistics.checkpoints > 0 && !store.statistics.isFailing }
    #expect(Self.shell("dd if=/dev/zero of='\(directory.file("ballast"))' bs=1k count=2000; true"))
    append(200)
    try await waitUntil("it says so") { store.statistics.isFailing }
    #expect(store.statistics.writeFailures > 0 && store.statistics.failure.contains("space"))
    append(200)
    #expect(window(store, ids[7], at: time, after: start).count == 410, "memory has all")
    #expect(Self.shell("rm '\(directory.file("ballast"))'"))
    try await waitUntil("it recovers by itself") { !store.statistics.isFailing }
    append(10)
    store.close()
    let again = open(time + .seconds(1))
    defer { again.close() }
    for id in ids { #expect(window(again, id, at: time, after: start).count == 420) }
    #expect(again.statistics.damaged == 0)
  }

  /// Where nothing can be written at all, memory has an end, and what is dropped there is counted.
  @Test func withoutADiskTheOldestSamplesGoFirst() async throws {
    var settings = SampleStoreSettings()
    settings.memoryLimit = 20_000
    let (store, findings) = SampleStore.open(
      "/proc/farwatch-nowhere", settings, now: start, monotonic: MonotonicInstant(nanoseconds: 0))
    defer { store.close() }
    #expect(findings.first?.message == "no store directory")
    try await waitUntil("it says so") { store.statistics.isFailing }
    let id = try #require(store.series(up, [:]))
    for step in 1...20_000 { store.append(Double(step * step), at: at(step), to: id) }
    let kept = window(store, id, at: at(20_000), after: start)
    #expect(kept.count + Int(store.statistics.droppedSamples) == 20_000)
    #expect(kept.count > 500 && kept.count < 19_000)
    #expect(kept.last?.value == 400_000_000)
    #expect(store.statistics.sealedBytes <= settings.memoryLimit)
  }
}
