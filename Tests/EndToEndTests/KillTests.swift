import FarwatchTesting
import Foundation
import Testing

/// The promise of delivery: whatever dies and whenever, a page that was decided arrives, under one name.
@Suite(.serialized) struct KillTests {
  /// 50 deaths at random moments with the receiver away and regions going up and down all the while.
  @Test(.timeLimit(.minutes(10))) func nothingIsLostOverFiftyDeaths() async throws {
    let seed = UInt64.random(in: 1 ... .max)
    print("KillTests seed \(seed)")
    var random = SeededGenerator(seed: seed)
    let fleet = try Fleet(regions: ["taiwan", "japan", "oregon", "paris"])
    try await fleet.runConfirmed().kill()
    fleet.receiver.down()

    let weather = try Weather(fleet.regions, seed: seed &+ 1)
    var onDisk: (outbox: Set<String>, firing: Set<StoredState.Event>) = ([], [])
    for _ in 0..<50 {
      let daemon = try fleet.start()
      // The moment of death is meant to be any: during the start, the first judgement, a commit.
      try await Task.sleep(for: .milliseconds(Int.random(in: 20...1500, using: &random)))
      #expect(daemon.child.isRunning, "seed \(seed): it ended by itself; \(fleet.log)")
      try await daemon.kill()
      let stored = try await StoredState.read(fleet.directory)
      onDisk.outbox.formUnion(stored.outbox.compactMap(\.messageID))
      onDisk.firing.formUnion(stored.firing)
    }
    await weather.stop()
    #expect(fleet.receiver.pages.isEmpty, "the receiver was down")

    let daemon = try await fleet.run()
    // Each region is seen down once more, so that each has a page that must arrive.
    for region in fleet.regions { region.down() }
    for region in fleet.regions {
      try await waitUntil(timeout: .seconds(90), "\(region.name) is down and its alert fires; \(fleet.log)") {
        await daemon.fires("RegionDown", in: region.name)
      }
    }
    for region in fleet.regions { try region.up() }
    try fleet.receiver.up()
    try await waitUntil(timeout: .seconds(90), "all is told and over; seed \(seed), \(fleet.log)") {
      let page = await daemon.page()
      return page?.value("farwatch_outbox_pages") == 0
        && page?.value("farwatch_alerts", ["state": "firing"]) == 0
    }
    daemon.child.stop()

    let pages = fleet.receiver.pages
    expectConsistent(pages, seed)
    let told = Set(pages.map(\.messageID))
    #expect(onDisk.outbox.count > 20, "seed \(seed): too little happened to prove anything")
    #expect(onDisk.outbox.isSubset(of: told), "seed \(seed): stored pages never arrived; \(fleet.log)")
    for alert in onDisk.firing {
      #expect(
        pages.contains {
          $0.state == "ALARM" && $0.labels["region"] == alert.region
            && $0.startsAtMilliseconds == alert.startsAtMilliseconds
        },
        "seed \(seed): an alert that fired was never told: \(alert)")
    }
    for region in fleet.regions {
      expectEpisodes(pages.filter { $0.labels["region"] == region.name }, region.name, seed)
    }
    print(
      "KillTests: \(pages.count) pages, \(told.count) distinct; on disk \(onDisk.outbox.count) pages, "
        + "\(onDisk.firing.count) episodes")
  }

  @Test(.timeLimit(.minutes(10))) func whatWasAnsweredIsNotSentAgain() async throws {
    let fleet = try Fleet(regions: ["taiwan", "japan"])
    let (taiwan, japan) = (fleet.regions[0], fleet.regions[1])
    var daemon = try await fleet.runConfirmed()
    taiwan.down()
    try await fleet.expectPages(taiwan, ["ALARM"])
    try await expectEmptyOutbox(fleet)
    // An alert that fires lives through deaths without a word.
    for _ in 0..<6 {
      try await daemon.kill()
      daemon = try await fleet.run()
      try await daemon.becomeReady()
      #expect(await daemon.fires("RegionDown", in: "taiwan"))
    }
    #expect(fleet.states(of: taiwan) == ["ALARM"])

    // A death right after the answer may repeat the page, once and under the same name.
    for round in 1...6 {
      let before = fleet.receiver.pages.count
      if round % 2 == 1 { japan.down() } else { try japan.up() }
      try await waitUntil(timeout: .seconds(90), "the page of round \(round); \(fleet.log)") {
        fleet.receiver.pages.count > before
      }
      try await daemon.kill()
      daemon = try await fleet.run()
      try await daemon.becomeReady()
      try await expectEmptyOutbox(fleet)
      let arrived = fleet.receiver.pages.dropFirst(before)
      #expect(Set(arrived.map(\.messageID)).count == 1, "round \(round)")
      #expect(arrived.count <= 2, "round \(round)")
    }
    try taiwan.up()
    try await fleet.expectPages(taiwan, ["ALARM", "OK"])
    expectConsistent(fleet.receiver.pages, 0)
    daemon.child.stop()
  }

  /// Waits until no page is on the disk either.
  private func expectEmptyOutbox(_ fleet: Fleet) async throws {
    try await waitUntil(timeout: .seconds(90), every: .milliseconds(30), "the outbox is empty; \(fleet.log)")
    {
      (try? await StoredState.read(fleet.directory))?.outbox.isEmpty ?? false
    }
  }

  private func expectConsistent(_ pages: [WebhookReceiver.Page], _ seed: UInt64) {
    #expect(pages.allSatisfy { $0.signatureIsValid }, "seed \(seed)")
    for (name, same) in Dictionary(grouping: pages, by: \.messageID) {
      #expect(Set(same.map(\.body)).count == 1, "seed \(seed): message \(name) has more than one content")
    }
    for (about, same) in Dictionary(grouping: pages, by: \.about) {
      #expect(Set(same.map(\.messageID)).count == 1, "seed \(seed): more than one message says \(about)")
    }
  }

  /// Each episode of a region is an ALARM and then its OK, one episode after the other.
  private func expectEpisodes(_ pages: [WebhookReceiver.Page], _ region: String, _ seed: UInt64) {
    var seen: Set<String> = []
    let distinct = pages.filter { seen.insert($0.messageID).inserted }
    #expect(!distinct.isEmpty, "seed \(seed): \(region) was down and nobody was told")
    let story = distinct.map { "\($0.startsAt) \($0.state)" }
    let episodes = distinct.filter { $0.state == "ALARM" }.map(\.startsAt)
    #expect(story == episodes.flatMap { ["\($0) ALARM", "\($0) OK"] }, "seed \(seed): \(region)")
    #expect(episodes == episodes.sorted() && Set(episodes).count == episodes.count, "seed \(seed): \(region)")
  }
}

/// Takes regions down and up at random until it is stopped.
private final class Weather: Sendable {
  private let task: Task<Void, any Error>

  init(_ regions: [TestRegion], seed: UInt64) throws {
    task = Task {
      var random = SeededGenerator(seed: seed)
      var isUp = regions.map { _ in true }
      defer { for (region, up) in zip(regions, isUp) where !up { try? region.up() } }
      while !Task.isCancelled {
        let one = Int.random(in: 0..<regions.count, using: &random)
        if isUp[one] { regions[one].down() } else { try regions[one].up() }
        isUp[one].toggle()
        try await Task.sleep(for: .milliseconds(Int.random(in: 100...700, using: &random)))
      }
    }
  }

  /// Ends with every region up.
  func stop() async {
    task.cancel()
    _ = await task.result
  }
}

/// SplitMix64: small, and the same everywhere.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
