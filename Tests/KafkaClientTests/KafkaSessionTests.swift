import Secrets
import FarwatchTesting
import KafkaClient
import Model
import TLSTransport
import Testing

extension KafkaSession {
  func ask<Answer: Sendable>(
    timeout: Duration = .seconds(10),
    _ body: @escaping @Sendable (KafkaConnection) throws(KafkaError) -> Answer
  ) async -> Result<Answer, KafkaError> {
    await withCheckedContinuation { done in run(timeout: timeout, body) { done.resume(returning: $0) } }
  }
}

extension KafkaSession {
  /// Asks until a failure says more than that time ran out: librdkafka may take a second to try a broker at all.
  func reasonedFailure() async throws -> KafkaError? {
    var failure: KafkaError?
    try await waitUntil(timeout: .seconds(20), "there is a reason") {
      failure = await ask(timeout: .milliseconds(400)) { (k) throws(KafkaError) in try k.overview([]) }
        .failure
      return failure?.reason != .timeout
    }
    return failure
  }
}

extension Result where Failure == KafkaError {
  var failure: KafkaError? { if case .failure(let error) = self { error } else { nil } }
}

@Suite struct KafkaSessionTests {
  @Test func aClusterTellsItsBrokersAndPartitions() async throws {
    let mock = try KafkaMock(brokers: 3)
    mock.create("orders", partitions: 4, replicas: 3)
    let session = KafkaSession(KafkaCluster(bootstrap: mock.bootstrap))
    let overview = try await session.ask { (k) throws(KafkaError) in try k.overview(["orders"]) }.get()
    #expect(overview.brokers.count == 3)
    #expect(overview.controller != nil)
    let partitions = try #require(try overview.topics["orders"]?.get())
    #expect(partitions.count == 4)
    #expect(partitions.allSatisfy { $0.replicas == 3 && $0.leader != nil })
    let bare = try await session.ask { (k) throws(KafkaError) in try k.overview([]) }.get()
    #expect(bare.brokers.count == 3)
  }

  @Test func endsAndRecordsAreReadAndReadOn() async throws {
    let mock = try KafkaMock()
    mock.create("a", partitions: 2)
    for n in 0..<5 { try mock.produce("a", 0, key: [UInt8(n)], value: n == 3 ? nil : [1, 2]) }
    let session = KafkaSession(KafkaCluster(bootstrap: mock.bootstrap))
    let places = [TopicPartition("a", 0), TopicPartition("a", 1)]
    let ends = try await session.ask { (k) throws(KafkaError) in try k.ends(of: places) }.get()
    #expect(try ends[places[0]]?.get() == 5)
    #expect(try ends[places[1]]?.get() == 0)
    func look() async throws -> ([KafkaRecord], Bool) {
      try await session.ask { (k) throws(KafkaError) in
        try k.follow([places[0]: .beginning, places[1]: .tail(1)])
        var found: [KafkaRecord] = []
        let isWhole = try k.records(pause: .milliseconds(200), limit: .seconds(8)) { found.append($0) }
        return (found, isWhole)
      }.get()
    }
    let (first, isWhole) = try await look()
    try #require(first.map(\.offset) == [0, 1, 2, 3, 4])
    #expect(first[3].value == nil)
    #expect(first[4].key == [4])
    #expect(isWhole)
    try mock.produce("a", 0, value: [9])
    #expect(try await look().0.map(\.offset) == [5])
  }

  @Test func aPartitionIsEmptyWhereNothingCanBeRead() async throws {
    let mock = try KafkaMock()
    mock.create("a", partitions: 2)
    for n in 0..<3 { try mock.produce("a", 0, value: [UInt8(n)]) }
    try mock.produce("a", 1, value: [1])
    let session = KafkaSession(KafkaCluster(bootstrap: mock.bootstrap))
    func empty(_ starts: [TopicPartition: Int64]) async throws -> Set<TopicPartition> {
      try await session.ask { (k) throws(KafkaError) in try k.empty(starts, limit: .seconds(3)) }.get()
    }
    let (one, two) = (TopicPartition("a", 0), TopicPartition("a", 1))
    #expect(try await empty([one: 3, two: 0]) == [one])
    #expect(try await empty([one: 2, two: 1]) == [two])
    #expect(try await empty([:]) == [])
  }

  @Test func whatIsNotThereHasAReason() async throws {
    let mock = try KafkaMock()
    mock.create("a")
    mock.fail("secret", with: 29)
    let session = KafkaSession(KafkaCluster(bootstrap: mock.bootstrap))
    let overview = try await session.ask { (k) throws(KafkaError) in try k.overview(["secret"]) }.get()
    #expect(overview.topics["secret"]?.failure?.reason == .permission)
    let ends = await session.ask(timeout: .seconds(4)) { (k) throws(KafkaError) in
      try k.ends(of: [TopicPartition("a", 0), TopicPartition("a", 7)])
    }
    #expect(try ends.get()[TopicPartition("a", 0)]?.get() == 0)
    #expect(try ends.get()[TopicPartition("a", 7)]?.failure != nil)
  }

  @Test func aClusterThatIsGoneOrHangsCostsItsTimeOutAndSaysWhy() async throws {
    let nobody = try RefusingPort()
    let gone = KafkaSession(KafkaCluster(bootstrap: ["127.0.0.1:\(nobody.port)"]))
    let began = ContinuousClock.now
    _ = await gone.ask(timeout: .milliseconds(500)) { (k) throws(KafkaError) in try k.overview([]) }
    #expect(ContinuousClock.now - began < .seconds(2))
    let failure = try await gone.reasonedFailure()
    #expect(failure?.reason == .refused)
    #expect(failure?.message.contains("Connection refused") == true)

    let mock = try KafkaMock()
    let slow = KafkaSession(KafkaCluster(bootstrap: mock.bootstrap))
    _ = try await slow.ask { (k) throws(KafkaError) in try k.overview([]) }.get()
    mock.delay(1, milliseconds: 3000)
    let late = await slow.ask(timeout: .milliseconds(500)) { (k) throws(KafkaError) in try k.overview([]) }
      .failure
    #expect(late?.reason == .timeout)
    mock.delay(1, milliseconds: 0)
    try await waitUntil(timeout: .seconds(20), "it answers again") {
      await slow.ask { (k) throws(KafkaError) in try k.overview([]) }.failure == nil
    }
  }

  /// librdkafka says of a broker that takes connections and never answers what it says of one that hung up.
  @Test func aSilentBrokerIsATimeOut() async throws {
    let silent = try SilentPort()
    let session = KafkaSession(KafkaCluster(bootstrap: ["127.0.0.1:\(silent.port)"]))
    for _ in 0..<2 {
      let failure = await session.ask(timeout: .milliseconds(700)) { (k) throws(KafkaError) in
        try k.overview([])
      }.failure
      #expect(failure?.reason == .timeout, "\(String(describing: failure))")
      #expect(failure?.message.hasPrefix("no answer from 127.0.0.1:\(silent.port)") == true)
    }
    let ends = await session.ask(timeout: .milliseconds(700)) { (k) throws(KafkaError) in
      try k.ends(of: [TopicPartition("a", 0)])
    }
    #expect(ends.failure?.reason == .timeout)
    let write: @Sendable (KafkaConnection) throws(KafkaError) -> Void = { (k) throws(KafkaError) in
      try k.produce("a", key: "k", value: "v")
    }
    #expect(await session.ask(timeout: .milliseconds(700), write).failure?.reason == .timeout)
  }

  @Test func aWriteIsConfirmedOrHasItsReason() async throws {
    let mock = try KafkaMock()
    mock.create("canary")
    let session = KafkaSession(KafkaCluster(bootstrap: mock.bootstrap))
    let write: @Sendable (KafkaConnection) throws(KafkaError) -> Void = { (k) throws(KafkaError) in
      try k.produce("canary", key: "k", value: "v")
    }
    try await session.ask(write).get()
    let end = try await session.ask { (k) throws(KafkaError) in try k.ends(of: [TopicPartition("canary", 0)])
    }.get()
    #expect(try end[TopicPartition("canary", 0)]?.get() == 1)
    // TOPIC_AUTHORIZATION_FAILED is not tried again.
    mock.push(.produce, error: 29)
    #expect(await session.ask(write).failure?.reason == .permission)
    mock.down(1)
    #expect(await session.ask(timeout: .seconds(1), write).failure != nil)
  }

  @Test func aCertificateThatIsNotTrustedIsNamed() async throws {
    let certificates = try TestCertificates()
    try certificates.make("good", host: "127.0.0.1", days: 30)
    try certificates.make("named", host: "kafka.example", days: 30)
    try certificates.make("old", host: "127.0.0.1", days: -1)
    func reason(_ name: String, trusting: Bool) async throws -> KafkaError? {
      let server = try TLSServer(certificates, name)
      var cluster = KafkaCluster(bootstrap: ["127.0.0.1:\(server.port)"])
      var tls = TLSOptions()
      tls.caFile = trusting ? certificates.path("ca.pem") : nil
      cluster.tls = tls
      let session = KafkaSession(cluster)
      return try await session.reasonedFailure()
    }
    #expect(try await reason("good", trusting: false)?.reason == .certificateInvalid)
    let named = try await reason("named", trusting: true)
    #expect(named?.reason == .certificateName, "\(named?.message ?? "")")
    let old = try await reason("old", trusting: true)
    #expect(old?.reason == .certificateExpired, "\(old?.message ?? "")")
  }

  @Test func settingsThatCannotBeUsedAreOurMistake() async throws {
    var cluster = KafkaCluster(bootstrap: ["127.0.0.1:1"])
    var tls = TLSOptions()
    tls.caFile = "/nowhere/ca.pem"
    cluster.tls = tls
    let ask: @Sendable (KafkaConnection) throws(KafkaError) -> KafkaOverview = { (k) throws(KafkaError) in
      try k.overview([])
    }
    #expect(await KafkaSession(cluster).ask(ask).failure?.reason == .configuration)
    cluster.tls = nil
    cluster.sasl = .init(mechanism: .scram256, username: "u", password: .file("/nowhere/secret"))
    let absent = await KafkaSession(cluster).ask(ask).failure
    #expect(absent?.message == "cannot read /nowhere/secret: No such file or directory")
  }
}
