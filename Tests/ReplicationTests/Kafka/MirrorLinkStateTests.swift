import Collecting
import FarwatchTesting
import KafkaClient
import Model
import Replication
import Testing

private let start = Timestamp(milliseconds: 1_767_225_600_000)
private let place = TopicPartition("orders", 0)

private struct Seen: Equatable {
  var point: Double?
  var lag: Double?
  var reason: FailureReason?
}

@Suite struct MirrorLinkStateTests {
  private var state = MirrorLinkState(
    MirrorLinkSettings(
      link: "stream", source: .init(region: "east", cluster: KafkaCluster(bootstrap: ["a:1"])),
      target: .init(region: "west", cluster: KafkaCluster(bootstrap: ["b:1"])), alias: "east",
      rpo: .seconds(30)))

  /// `mirrored`: a change since the pass before; `end`: nil when the source is silent.
  private mutating func pass(
    _ second: Int64, mirrored: Int64? = nil, end: Result<Int64, KafkaError>? = nil, empty: Bool = false
  ) -> Seen {
    let now = start + .seconds(second)
    var target = MirrorObservation.Target()
    target.isWhole = true
    target.heartbeat = now
    if let mirrored { target.mirrored[place] = .some(mirrored) }
    state.learn(target, at: now)
    var source = MirrorObservation.Source(askedAt: now)
    source.ends = end.map { [place: $0] } ?? [:]
    if empty { source.empty = [place] }
    let failed = KafkaError(.timeout, "no answer")
    let pass = state.observe(
      target: .success(target), source: end == nil ? .failure(failed) : .success(source), at: now)
    func value(_ family: MetricFamily) -> Double? { pass.readings.first { $0.family == family }?.value }
    var reason: FailureReason?
    if case .failure(let why, _) = pass.verdict { reason = why }
    let point = value(ReplicationFamilies.recoveryPoint).map { $0 - start.seconds }
    return Seen(point: point, lag: value(MirrorMetrics.lag), reason: reason)
  }

  /// The last offset of a transaction is its marker's, which is never mirrored.
  @Test mutating func aGapWithoutRecordsIsNoLag() {
    #expect(pass(0, mirrored: 8, end: .success(10)) == Seen(point: nil, lag: 1))
    #expect(state.gaps == [place: 9..<10])
    #expect(pass(1, end: .success(10), empty: true) == Seen(point: 1, lag: 0))
    #expect(pass(2, end: .success(10)) == Seen(point: 2, lag: 0))
    // A new end is looked into anew.
    #expect(pass(3, end: .success(11)) == Seen(point: 2, lag: 1))
    #expect(pass(4, end: .success(11)) == Seen(point: 2, lag: 1))
    // What was looked into belonged to another end.
    #expect(pass(5, end: .success(12), empty: true).lag == 2)
    // Offsets taken back by somebody: all of it is to be mirrored again.
    #expect(pass(6, mirrored: 10, end: .success(12)).lag == 1)
    #expect(pass(7, mirrored: 4, end: .success(12), empty: true).lag == 7)
  }

  @Test mutating func aTopicThatIsGoneLacksNothing() {
    #expect(pass(0, mirrored: 3, end: .success(9)).point == nil)
    #expect(pass(1, end: .failure(KafkaError(.missing, "unknown"))).point == 0)
    #expect(pass(2, end: .failure(KafkaError(.status, "no leader"))).reason == .status)
  }

  @Test mutating func absurdOffsetsAreClamped() {
    #expect(pass(0, mirrored: .max - 1, end: .success(.max)).lag == 0)
    #expect(pass(1, mirrored: 0, end: .success(.max)).lag == Double(Int64.max - 1))
    #expect(pass(2, mirrored: 900, end: .success(5)) == Seen(point: 2, lag: 0))
  }

  @Test mutating func aSilentSourceAndASetBackClockMakeNothingYounger() {
    #expect(pass(100, mirrored: 4, end: .success(5)).point == 100)
    #expect(pass(200).point == 100)
    #expect(pass(40).point.map { $0 <= 40 } == true)
  }
}
