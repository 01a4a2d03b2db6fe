import Model
import Testing

@testable import Notifying

@Suite struct SnapshotTests {
  @Test func readingsAreUniqueAndUnknownIsAbsent() throws {
    var world = World(pager("https://u:p@a.example/x?key=1", "https://u:p@a.example/x?key=2"))
    func values(_ name: String) -> [Double] {
      world.dispatcher.snapshot(now: world.now).readings.filter { $0.family.name == name }.map(\.value)
    }
    let oldest = "farwatch_outbox_oldest_seconds"
    let success = "farwatch_receiver_last_success_timestamp_seconds"
    #expect(values(oldest).isEmpty)
    #expect(values(success).isEmpty)
    world.page(event(.firing))
    world.advance(5)
    let deliveries = world.take()
    world.finish(deliveries[0], .answered(200))
    world.finish(deliveries[1], .answered(500))
    #expect(values(oldest) == [5])
    #expect(values(success) == [world.now.seconds])
    let snapshot = world.dispatcher.snapshot(now: world.now)
    let keys = snapshot.readings.map { "\($0.family.name)\($0.labels)" }
    #expect(Set(keys).count == keys.count)
    #expect(!keys.contains { $0.contains("key=") || $0.contains("u:p") })
    #expect(snapshot.recent.map(\.failure) == [nil, .status])
    #expect(snapshot.recent.map(\.attempt) == [1, 1])
    #expect(
      snapshot.recent.map(\.endpoint) == ["https://a.example/…8ed86beb", "https://a.example/…e1254e58"])
    #expect(snapshot.topics.map(\.arn) == ["arn:aws:sns:farwatch:000000000000:pager"])
  }

  @Test func theRingOfAttemptsIsBounded() {
    var world = World(pager("https://a.example/"))
    for n in 0..<300 { world.page(event(.firing, "A\(n)")) }
    #expect(world.drain().count == 300)
    let recent = world.dispatcher.snapshot(now: world.now).recent
    #expect(recent.count == Dispatcher.keptAttempts)
    #expect(recent.last?.alert == "{alertname=\"A299\"}")
  }
}
