import Collecting
import Model
import PostgresClient
import Testing

@testable import Replication

/// Scripted passes of a logical link `east` → `west`: what no real pair does on demand.
@Suite struct PostgresLogicalStateTests {
  private struct Script {
    var state: PostgresLogicalState

    init() throws {
      state = PostgresLogicalState(
        try PostgresLogicalSettings(
          link: "orders", sourceRegion: "east", source: .text(""),
          targets: [.init(region: "west", dsn: .text(""), subscription: "orders")], rpo: .seconds(30)))
    }

    static func time(_ second: Double) -> Timestamp { Timestamp(seconds: 1_800_000_000 + second) }

    func publisher(
      _ second: Double, at position: UInt64, confirmed: UInt64?, active: Bool = true, cluster: String = "7"
    ) -> PublisherObservation {
      var seen = PublisherObservation(askedAt: Self.time(second))
      seen.systemIdentifier = cluster
      seen.timeline = 1
      seen.current = WALPosition(bytes: position)
      if let confirmed {
        var slot = PublisherObservation.Slot()
        slot.active = active
        slot.state = "reserved"
        slot.confirmed = WALPosition(bytes: confirmed)
        seen.slots["orders"] = slot
      }
      return seen
    }

    func subscriber(
      _ second: Double, pid: Int64? = 100, latestEnd: UInt64? = nil, errors: Int64? = nil, notReady: Int64 = 0
    ) -> SubscriberObservation {
      var seen = SubscriberObservation(askedAt: Self.time(second), answeredAt: Self.time(second))
      seen.enabled = true
      seen.slot = "orders"
      seen.pid = pid
      seen.latestEnd = latestEnd.map { WALPosition(bytes: $0) }
      seen.tablesNotReady = notReady
      seen.applyErrors = errors
      return seen
    }

    /// One pass; nil is a side that timed out.
    mutating func pass(
      _ second: Double, _ source: PublisherObservation?, _ target: SubscriberObservation?
    ) -> Outcome {
      let silence = PostgresError(.timeout, "silent")
      let pass = state.observe(
        source.map { .success($0) } ?? .failure(silence),
        ["west": target.map { .success($0) } ?? .failure(silence)], at: Self.time(second))
      return Outcome(
        startedAt: Self.time(second), finishedAt: Self.time(second), took: .zero, verdict: pass.verdict,
        readings: pass.readings)
    }
  }

  private func point(_ outcome: Outcome) -> Double? { outcome.recoveryPoint.map { $0 - 1_800_000_000 } }

  @Test func eitherSideProves() throws {
    var script = try Script()
    #expect(point(script.pass(1, script.publisher(1, at: 100, confirmed: 50), script.subscriber(1))) == nil)
    #expect(point(script.pass(2, script.publisher(2, at: 200, confirmed: 100), script.subscriber(2))) == 1)
    // The publisher falls silent; what the worker tells of is held against what was seen.
    #expect(point(script.pass(3, nil, script.subscriber(3, latestEnd: 200))) == 2)
    #expect(point(script.pass(4, nil, script.subscriber(4, latestEnd: 900))) == 2)
    #expect(point(script.pass(5, nil, nil)) == 2)
    // Without a worker nobody tells.
    let dead = script.pass(6, nil, script.subscriber(6, pid: nil, latestEnd: 900))
    #expect(point(dead) == 2 && dead.isReplicating == 0 && dead.lagBytes == nil)
  }

  @Test func aFirstCopyUnderWayHoldsThePoint() throws {
    var script = try Script()
    _ = script.pass(1, script.publisher(1, at: 100, confirmed: 100), script.subscriber(1))
    let copying = script.pass(
      2, script.publisher(2, at: 100, confirmed: 100), script.subscriber(2, notReady: 1))
    #expect(point(copying) == 1 && copying.isReplicating == 1 && copying.reason == .status)
    #expect(point(script.pass(3, script.publisher(3, at: 100, confirmed: 100), script.subscriber(3))) == 3)
  }

  @Test func withoutCountersAnotherWorkerIsTheSign() throws {
    var script = try Script()
    let good = script.pass(1, script.publisher(1, at: 100, confirmed: 100), script.subscriber(1, pid: 100))
    #expect(good.isReplicating == 1 && good.verdict == .success)
    // Between two looks it failed and started anew; what it stumbled over lies below 200.
    let next = script.pass(2, script.publisher(2, at: 200, confirmed: 150), script.subscriber(2, pid: 101))
    #expect(next.isReplicating == 0 && next.reason == .status && point(next) == 1)
    let same = script.pass(3, script.publisher(3, at: 300, confirmed: 150), script.subscriber(3, pid: 101))
    #expect(same.isReplicating == 0, "still below")
    let past = script.pass(4, script.publisher(4, at: 300, confirmed: 200), script.subscriber(4, pid: 101))
    #expect(past.isReplicating == 1 && past.verdict == .success && point(past) == 2)
  }

  @Test func anErrorThatWasCountedBeforeIsMeasuredByProgress() throws {
    var script = try Script()
    let first = script.pass(
      1, script.publisher(1, at: 100, confirmed: 90), script.subscriber(1, errors: 7))
    #expect(first.isReplicating == 0, "whether it is over is not known yet")
    let over = script.pass(
      2, script.publisher(2, at: 120, confirmed: 100), script.subscriber(2, errors: 7))
    #expect(over.isReplicating == 1)
    let again = script.pass(
      3, script.publisher(3, at: 120, confirmed: 120), script.subscriber(3, errors: 8))
    #expect(again.isReplicating == 0)
    // Nobody knows how far the publisher had come: the next word of it counts.
    var blind = try Script()
    _ = blind.pass(1, nil, blind.subscriber(1, errors: 1))
    let seen = blind.pass(2, blind.publisher(2, at: 500, confirmed: 400), blind.subscriber(2, errors: 1))
    #expect(seen.isReplicating == 0)
    let past = blind.pass(3, blind.publisher(3, at: 600, confirmed: 500), blind.subscriber(3, errors: 1))
    #expect(past.isReplicating == 1)
  }

  @Test func aSlotThatIsGoneAndAPublisherThatWasRestoredProveNothing() throws {
    var script = try Script()
    _ = script.pass(1, script.publisher(1, at: 500, confirmed: 500), script.subscriber(1, latestEnd: 500))
    let gone = script.pass(
      2, script.publisher(2, at: 500, confirmed: nil), script.subscriber(2, latestEnd: 500))
    #expect(point(gone) == 1 && gone.reason == .missing && gone.isReplicating == 0)
    #expect(gone.state(PostgresMetrics.slotState, "state", ["slot": "orders"]) == "missing")
    // Restored from an older copy, slot and all: what the worker tells of is of another history.
    let restored = script.pass(
      3, script.publisher(3, at: 300, confirmed: 300), script.subscriber(3, latestEnd: 500))
    #expect(point(restored) == 1 && restored.isReplicating == 0 && restored.reason == .status)
    let grown = script.pass(
      3.5, script.publisher(3.5, at: 600, confirmed: 600), script.subscriber(3.5, latestEnd: 500))
    #expect(point(grown) == 1 && grown.isReplicating == 0, "another history, however long")
    let other = script.pass(
      4, script.publisher(4, at: 9000, confirmed: 8000, cluster: "8"), script.subscriber(4, latestEnd: 500))
    #expect(point(other) == 1, "no position of another cluster is one of this")
    let rebuilt = script.pass(
      5, script.publisher(5, at: 9000, confirmed: 9000, cluster: "8"), script.subscriber(5, latestEnd: 400))
    #expect(point(rebuilt) == 5)
  }

  @Test func aClockSetBackMovesWhatWasMeasured() throws {
    var script = try Script()
    _ = script.pass(1000, script.publisher(1000, at: 100, confirmed: 100), script.subscriber(1000))
    let back = script.pass(100, nil, script.subscriber(100, latestEnd: 100))
    #expect((point(back) ?? 999) <= 100)
    #expect(
      point(script.pass(101, script.publisher(101, at: 100, confirmed: 100), script.subscriber(101))) == 101)
  }

  @Test func everySettingIsHeldAgainstTheOthers() {
    func settings(_ targets: [PostgresLogicalSettings.Target]) throws {
      _ = try PostgresLogicalSettings(
        link: "orders", sourceRegion: "east", source: .text(""), targets: targets, rpo: .seconds(1))
    }
    let west = PostgresLogicalSettings.Target(region: "west", dsn: .text(""), subscription: "a")
    #expect(throws: PostgresLinkSettings.Mistake.noTarget(link: "orders")) { try settings([]) }
    #expect(throws: PostgresLinkSettings.Mistake.regionTwice(link: "orders", region: "west")) {
      try settings([west, west])
    }
  }
}
