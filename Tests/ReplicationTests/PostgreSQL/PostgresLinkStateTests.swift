import Collecting
import Model
import PostgresClient
import Testing

@testable import Replication

/// Scripted passes: what no real server does on demand.
@Suite struct PostgresLinkStateTests {
  /// A link `east` → `west` whose state is fed second by second.
  private struct Script {
    var state: PostgresLinkState
    var sourceClockError = 0.0

    init(targets: [String] = ["west"]) throws {
      state = PostgresLinkState(
        try PostgresLinkSettings(
          link: "orders", source: .init(region: "east", dsn: .text("")),
          targets: targets.map { .init(region: $0, dsn: .text("")) }, rpo: .seconds(30)))
    }

    static func time(_ second: Double) -> Timestamp { Timestamp(seconds: 1_800_000_000 + second) }

    func primary(
      _ second: Double, at position: UInt64, timeline: UInt32 = 1, cluster: String = "7"
    ) -> PostgresObservation {
      var seen = PostgresObservation(
        askedAt: Self.time(second), answeredAt: Self.time(second), inRecovery: false)
      seen.systemIdentifier = cluster
      seen.current = WALPosition(bytes: position)
      seen.timeline = timeline
      seen.clock = Self.time(second + sourceClockError)
      seen.senders = []
      seen.slots = []
      return seen
    }

    func standby(
      _ second: Double, replayed: UInt64?, received: UInt64? = nil, commit: Double? = nil,
      timeline: UInt32 = 1,
      cluster: String = "7"
    ) -> PostgresObservation {
      var seen = PostgresObservation(
        askedAt: Self.time(second), answeredAt: Self.time(second), inRecovery: true)
      seen.systemIdentifier = cluster
      seen.replayed = replayed.map { WALPosition(bytes: $0) }
      seen.received = received.map { WALPosition(bytes: $0) }
      seen.lastReplayedCommit = commit.map(Self.time)
      seen.timeline = timeline
      seen.receiver = .init(status: "streaming", slot: nil, silence: .zero)
      return seen
    }

    /// One pass; nil is a node that timed out.
    mutating func pass(
      _ second: Double, _ source: PostgresObservation?, _ target: PostgresObservation?
    ) -> Outcome {
      let silence = PostgresError(.timeout, "silent")
      let pass = state.observe(
        [
          "east": source.map { .success($0) } ?? .failure(silence),
          "west": target.map { .success($0) } ?? .failure(silence),
        ], at: Self.time(second))
      return Outcome(
        startedAt: Self.time(second), finishedAt: Self.time(second), took: .zero, verdict: pass.verdict,
        readings: pass.readings)
    }
  }

  private func point(_ outcome: Outcome) -> Double? { outcome.recoveryPoint.map { $0 - 1_800_000_000 } }

  @Test func nothingIsInventedBeforeTheFirstProof() throws {
    var script = try Script()
    #expect(point(script.pass(1, nil, nil)) == nil)
    #expect(point(script.pass(2, script.primary(2, at: 100), nil)) == nil)
    // Behind all that was ever seen, and it does not know a commit: no value, no lag.
    let behind = script.pass(3, script.primary(3, at: 100), script.standby(3, replayed: nil))
    #expect(point(behind) == nil && behind.lagSeconds == nil && behind.lagBytes == nil)
    #expect(point(script.pass(4, script.primary(4, at: 100), script.standby(4, replayed: 50))) == nil)
    #expect(point(script.pass(5, script.primary(5, at: 100), script.standby(5, replayed: 100))) == 5)
  }

  @Test func lagIsSinceTheFirstPositionNotReplayed() throws {
    var script = try Script()
    for second in stride(from: 1.0, through: 10, by: 1) {
      _ = script.pass(second, script.primary(second, at: 100), script.standby(second, replayed: 100))
    }
    _ = script.pass(11, script.primary(11, at: 200), script.standby(11, replayed: 100))
    let late = script.pass(19, script.primary(19, at: 300), script.standby(19, replayed: 150))
    #expect(late.lagSeconds == 8 && late.lagBytes == 150 && point(late) == 10)
    let partly = script.pass(20, script.primary(20, at: 300), script.standby(20, replayed: 200))
    #expect(partly.lagSeconds == 1 && point(partly) == 11)
    let all = script.pass(21, script.primary(21, at: 300), script.standby(21, replayed: 300))
    #expect(all.lagSeconds == 0 && all.lagBytes == 0 && point(all) == 21)
    // The very first moment of being behind is more than nothing.
    let first = script.pass(22, script.primary(22, at: 400), script.standby(22, replayed: 300))
    #expect((first.lagSeconds ?? 0) > 0)
  }

  @Test func aSilentSourceProvesWhatWasSeenOfItAndNoMore() throws {
    var script = try Script()
    _ = script.pass(1, script.primary(1, at: 100), script.standby(1, replayed: 100))
    _ = script.pass(2, script.primary(2, at: 200), script.standby(2, replayed: 100))
    let draining = script.pass(3, nil, script.standby(3, replayed: 150))
    #expect(point(draining) == 1 && draining.lagSeconds == 1)
    let drained = script.pass(9, nil, script.standby(9, replayed: 999))
    #expect(point(drained) == 2 && drained.lagSeconds == nil && drained.lagBytes == nil)
    #expect(point(script.pass(10, nil, nil)) == 2)
    #expect(drained.isReplicating == 0)
  }

  @Test func restartOfFarwatchFallsBackToTheLastCommit() throws {
    var script = try Script()
    script.sourceClockError = 40
    // The source writes in its own time, 40 s ahead of ours.
    let first = script.pass(
      100, script.primary(100, at: 500), script.standby(100, replayed: 50, commit: 70 + 40))
    #expect(point(first) == 70 && first.lagSeconds == nil)
    let second = script.pass(
      101, script.primary(101, at: 600), script.standby(101, replayed: 60, commit: 75 + 40))
    #expect(point(second) == 75)
    #expect(second.lagSeconds == 1, "a lower bound")
    // In the middle of a disaster: the source has never been seen. A commit from the future is cut.
    var alone = try Script()
    #expect(point(alone.pass(5, nil, alone.standby(5, replayed: 60, commit: 3))) == 3)
    #expect(point(alone.pass(6, nil, alone.standby(6, replayed: 70, commit: 9))) == 6)
  }

  @Test func aTargetRebuiltFromAnOlderCopyTakesItsPointBack() throws {
    var script = try Script()
    for second in stride(from: 1.0, through: 9, by: 1) {
      let position = UInt64(second) * 100
      _ = script.pass(
        second, script.primary(second, at: position), script.standby(second, replayed: position))
    }
    let rebuilt = script.pass(10, script.primary(10, at: 1000), script.standby(10, replayed: 350))
    #expect(point(rebuilt) == 3)
    let older = script.pass(11, script.primary(11, at: 1000), script.standby(11, replayed: 50))
    #expect(point(older) == 1, "not further than where the memory begins")
    #expect(point(script.pass(12, script.primary(12, at: 1000), script.standby(12, replayed: 1000))) == 12)
  }

  @Test func aStandbyJustRestartedHasNothingNegative() throws {
    var script = try Script()
    let seen = script.pass(1, script.primary(1, at: 100), script.standby(1, replayed: 150, received: 90))
    #expect(seen.value(PostgresMetrics.replayBacklog) == 0)
    #expect(seen.lagBytes == 0 && seen.lagSeconds == 0)
  }

  @Test func anOlderTimelineOrAnotherClusterProvesNothing() throws {
    var script = try Script()
    _ = script.pass(1, script.primary(1, at: 100), script.standby(1, replayed: 100))
    let stale = script.pass(5, script.primary(5, at: 120, timeline: 2), script.standby(5, replayed: 130))
    #expect(point(stale) == 1 && stale.lagSeconds == nil && stale.isReplicating == 0)
    let follows = script.primary(6, at: 130, timeline: 2)
    #expect(point(script.pass(6, follows, script.standby(6, replayed: 130, timeline: 2))) == 6)
    let stranger = script.standby(7, replayed: 999, timeline: 2, cluster: "8")
    let wrong = script.pass(7, script.primary(7, at: 140, timeline: 2), stranger)
    #expect(point(wrong) == 6 && wrong.reason == .wrongCluster && wrong.why("west") == "wrong_cluster")
    #expect(wrong.value(ReplicationFamilies.splitBrain) == 0)
  }

  @Test func aRestoredSourceLeavesItsTargetsWithAnotherHistory() throws {
    var script = try Script()
    _ = script.pass(1, script.primary(1, at: 100), script.standby(1, replayed: 100))
    // In one pass a target may be read later than the source, and stand further.
    let ahead = script.pass(2, script.primary(2, at: 110), script.standby(2, replayed: 130))
    #expect(point(ahead) == 2 && ahead.succeeded)
    let restored = script.pass(3, script.primary(3, at: 50), script.standby(3, replayed: 130))
    #expect(point(restored) == 2 && restored.reason == .status && restored.lagSeconds == nil)
    // The source passes the place where the target stands: still not the same history.
    let passed = script.pass(4, script.primary(4, at: 200), script.standby(4, replayed: 200))
    #expect(point(passed) == 2 && passed.isReplicating == 0)
    let rebuilding = script.pass(5, script.primary(5, at: 210), script.standby(5, replayed: 60))
    #expect(point(rebuilding).map { $0 <= 3 } == true && rebuilding.succeeded)
    #expect(point(script.pass(6, script.primary(6, at: 210), script.standby(6, replayed: 210))) == 6)
  }

  @Test func aClockSetBackIsLivedThrough() throws {
    var script = try Script()
    _ = script.pass(1000, script.primary(1000, at: 100), script.standby(1000, replayed: 100))
    let back = script.pass(10, script.primary(10, at: 200), script.standby(10, replayed: 150))
    // Not complete up to now: only up to the look before, which was at least an interval ago.
    #expect(point(back).map { $0 < 10 && $0 >= 0 } == true)
    #expect((back.lagSeconds ?? 0) > 0)
    #expect(point(script.pass(11, script.primary(11, at: 200), script.standby(11, replayed: 200))) == 11)
  }

  @Test func splitBrainStaysUntilBothWereSeenOtherwise() throws {
    var script = try Script()
    func split(_ outcome: Outcome) -> Double? { outcome.value(ReplicationFamilies.splitBrain) }
    #expect(split(script.pass(1, script.primary(1, at: 100), script.standby(1, replayed: 100))) == 0)
    #expect(split(script.pass(2, script.primary(2, at: 100), nil)) == nil, "the silent one may be a primary")
    #expect(split(script.pass(2, nil, script.standby(2, replayed: 1))) == 0, "one primary at most")
    #expect(split(script.pass(3, script.primary(3, at: 100), script.primary(3, at: 90, timeline: 2))) == 1)
    #expect(split(script.pass(4, script.primary(4, at: 100), nil)) == 1)
    #expect(split(script.pass(5, nil, nil)) == 1)
    #expect(split(script.pass(6, script.primary(6, at: 100), script.standby(6, replayed: 100))) == 0)
    let strangers = script.pass(7, script.primary(7, at: 100), script.primary(7, at: 90, cluster: "8"))
    #expect(split(strangers) == 0)
  }

  @Test func sameLookingReceiversAreOneSeries() throws {
    var script = try Script()
    var source = script.primary(1, at: 1000)
    source.senders = [900, 300].map {
      .init(applicationName: "walreceiver", clientAddress: "10.0.0.1", replay: WALPosition(bytes: $0))
    }
    source.senders?.append(.init(applicationName: "hidden", clientAddress: "10.0.0.2"))
    let seen = script.pass(1, source, script.standby(1, replayed: 1000))
    #expect(seen.value(PostgresMetrics.exporterDifference) == 700)
  }

  @Test func noTwoReadingsAreOneSeries() throws {
    var script = try Script()
    var source = script.primary(1, at: 1000)
    source.slots = [.init(name: "a", active: true, state: "reserved"), .init(name: "b", active: false)]
    for outcome in [
      script.pass(1, source, script.standby(1, replayed: 900, commit: 0)), script.pass(2, nil, nil),
      script.pass(3, source, script.primary(3, at: 5)),
    ] {
      var seen: Set<String> = []
      for reading in outcome.readings {
        #expect(seen.insert("\(reading.family.name)\(reading.labels)").inserted)
        #expect(reading.value.isFinite && reading.labels["link"] == "orders")
      }
    }
  }

  @Test func settingsRefuseWhatCannotBeMeasured() {
    func settings(_ targets: [String], rpo: Duration = .seconds(1)) throws -> PostgresLinkSettings {
      try PostgresLinkSettings(
        link: "l", source: .init(region: "a", dsn: .text("")),
        targets: targets.map { .init(region: $0, dsn: .text("")) }, rpo: rpo)
    }
    #expect(throws: PostgresLinkSettings.Mistake.noTarget(link: "l")) { try settings([]) }
    #expect(throws: PostgresLinkSettings.Mistake.regionTwice(link: "l", region: "a")) {
      try settings(["b", "a"])
    }
    #expect(throws: PostgresLinkSettings.Mistake.notPositive(link: "l", field: "rpo")) {
      try settings(["b"], rpo: .zero)
    }
  }
}
