import Collecting
import FarwatchTesting
import KafkaClient
import Model
import Probing
import Testing

@Suite struct KafkaCheckTests {
  private func settings(
    _ bootstrap: [String], timeout: Duration = .seconds(5),
    _ change: (inout KafkaCheckSettings) -> Void = { _ in }
  ) -> KafkaCheckSettings {
    var basics = CheckBasics(name: "stream", region: "east")
    basics.timeout = timeout
    var settings = KafkaCheckSettings(basics: basics, cluster: KafkaCluster(bootstrap: bootstrap))
    change(&settings)
    return settings
  }

  private func probe(_ settings: KafkaCheckSettings) async -> Outcome {
    let collector = KafkaCheckCollector(settings)
    return await withCheckedContinuation { done in collector.collect { done.resume(returning: $0) } }
  }

  @Test func aClusterIsHeldAgainstWhatWasExpected() async throws {
    let mock = try KafkaMock(brokers: 3)
    mock.create("orders", partitions: 3, replicas: 3)
    mock.create("canary")
    let well = await probe(
      settings(mock.bootstrap) {
        $0.minimumBrokers = 3
        $0.topics = ["orders"]
        $0.canaryTopic = "canary"
        $0.requireFullReplication = true
      })
    #expect(well.verdict == .success)
    func value(_ family: MetricFamily) -> Double? { well.readings.first { $0.family == family }?.value }
    #expect(value(KafkaCheckSettings.brokers) == 3)
    #expect(value(KafkaCheckSettings.offline) == 0)
    #expect(value(KafkaCheckSettings.underReplicated) == 0)
    #expect(value(CheckFamilies.success) == 1)

    let few = await probe(settings(mock.bootstrap) { $0.minimumBrokers = 4 })
    #expect(few.verdict == .failure(.status, detail: "\(mock.bootstrap[0]): 3 brokers, expected at least 4"))
    mock.lead("orders", 1, by: -1)
    let offline = await probe(settings(mock.bootstrap) { $0.topics = ["orders"] })
    #expect(offline.reason == .status)
    #expect(offline.readings.first { $0.family == KafkaCheckSettings.offline }?.value == 1)
    mock.fail("secret", with: 29)
    #expect(await probe(settings(mock.bootstrap) { $0.topics = ["secret"] }).reason == .permission)
    mock.push(.produce, error: 29)
    #expect(await probe(settings(mock.bootstrap) { $0.canaryTopic = "canary" }).reason == .permission)
    mock.down(1)
    let gone = KafkaCheckCollector(settings([mock.bootstrap[0]], timeout: .milliseconds(400)))
    try await waitUntil(timeout: .seconds(20), "it is told why") {
      await withCheckedContinuation { done in gone.collect { done.resume(returning: $0) } }.reason == .refused
    }
  }

  @Test func whatAClusterSaysOfItselfIsReadWithoutOne() {
    var overview = KafkaOverview()
    overview.brokers = [1, 2]
    overview.topics = [
      "orders": .success([
        .init(id: 0, leader: 1, replicas: 2, inSync: 1), .init(id: 1, leader: nil, replicas: 2, inSync: 0),
      ]),
      "gone": .failure(KafkaError(.missing, "topic gone: unknown")),
    ]
    let asked = settings(["a:1"]) { $0.topics = ["orders", "gone", "unsaid"] }
    let read = KafkaVerdict(asked, overview)
    #expect(
      read.verdict == .failure(.status, detail: "a:1: the cluster names no controller (and 3 more)"))
    #expect(read.readings.first { $0.family == KafkaCheckSettings.underReplicated }?.value == 2)
    overview.controller = 1
    overview.topics["orders"] = .success([.init(id: 0, leader: 1, replicas: 2, inSync: 1)])
    #expect(KafkaVerdict(settings(["a:1"]) { $0.topics = ["orders"] }, overview).verdict == .success)
    let strict = settings(["a:1"]) {
      $0.topics = ["orders"]
      $0.requireFullReplication = true
    }
    #expect(KafkaVerdict(strict, overview).verdict != .success)
    for family in KafkaVerdict(strict, overview).readings.map(\.family) {
      #expect(KafkaCheckSettings.families.contains(family))
    }
  }
}
