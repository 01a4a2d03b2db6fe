import DNSClient
import FarwatchTesting
import Glibc
import Model
import Testing

extension DNSClient {
  func ask(_ query: DNSQuery) async -> Result<DNSReply, DNSFailure> {
    await withCheckedContinuation { continuation in ask(query) { continuation.resume(returning: $0) } }
  }
}

@Suite struct DNSClientTests {
  private let client: DNSClient
  private let server: ScriptedNameServer

  init() async throws {
    client = try DNSClient()
    server = try await ScriptedNameServer()
  }

  private func query(
    _ name: String, _ type: DNSRecordType = .a, timeout: Duration = .seconds(3), port: Int? = nil
  ) throws -> DNSQuery {
    let address = try #require(ResolverAddress(address: "127.0.0.1", port: UInt16(port ?? server.port)))
    return DNSQuery(DNSQuestion(name: name, type: type), server: address, timeout: timeout)
  }

  private func reply(_ name: String, _ change: (inout DNSQuery) -> Void = { _ in }) async throws -> DNSReply {
    var query = try query(name)
    change(&query)
    return try await client.ask(query).get()
  }

  private func failure(_ name: String, timeout: Duration = .seconds(3)) async throws -> DNSFailure {
    switch await client.ask(try query(name, timeout: timeout)) {
    case .success(let reply): throw BenchError("answered: \(reply)")
    case .failure(let failure): return failure
    }
  }

  @Test func anAnswerHasItsRecordsAndTimes() async throws {
    let reply = try await reply("Plain.TEST.")
    #expect(reply.message.code == .noError)
    #expect(
      reply.message.answers == [
        DNSRecord(name: "plain.test", type: .a, timeToLive: 300, data: .address("192.0.2.1"))
      ])
    #expect(reply.transport == .udp && !reply.wasTruncated && reply.resends == 0)
    #expect(reply.took > 0 && reply.took < 1)
    // The slow one tells how long it took.
    #expect(try await self.reply("slow.test").took >= 0.3)
  }

  @Test func codesOfRefusalAreAnswers() async throws {
    #expect(try await reply("servfail.test").message.code == .serverFailure)
    #expect(try await reply("refused.test").message.code.name == "REFUSED")
  }

  @Test func whatIsCutIsAskedForOverTCP() async throws {
    let reply = try await reply("cut.test")
    #expect(reply.wasTruncated)
    #expect(reply.transport == .tcp)
    #expect(reply.message.answers.count == 100)
    #expect(server.questions == ["udp cut.test", "tcp cut.test"])
    // Over TCP from the beginning.
    let direct = try await self.reply("plain.test") { $0.transport = .tcp }
    #expect(direct.transport == .tcp && !direct.wasTruncated)
  }

  @Test func aCutAnswerWithoutTCPFailsInTimeAndSaysSo() async throws {
    let start = SystemTime().monotonic
    let failure = try await failure("cuthang.test", timeout: .milliseconds(400))
    #expect(failure.reason == .timeout)
    #expect(
      failure.detail == "no answer from 127.0.0.1:\(server.port) within 400ms over TCP (over UDP it was cut)")
    #expect(SystemTime().monotonic - start < .seconds(2))
  }

  /// c-ares 1.18 by itself cuts what comes over UDP at 512 bytes.
  @Test func largeAnswersOverUDPAreWhole() async throws {
    let reply = try await reply("big.test")
    #expect(reply.transport == .udp)
    #expect(reply.message.answers.count == 60)
  }

  /// After FORMERR c-ares 1.18 asks without EDNS, and goes on like that for all later questions of its channel: those
  /// must not suffer.
  @Test func anOldServerIsAskedWithoutEDNS() async throws {
    #expect(try await reply("old.test").message.answers.count == 1)
    #expect(server.questions == ["udp old.test", "udp old.test"])
    for _ in 0..<10 {
      async let old = reply("old.test")
      async let big = reply("big.test")
      #expect(try await (old.message.answers.count, big.message.answers.count) == (1, 60))
    }
  }

  @Test func foreignAnswersArePassedOver() async throws {
    let reply = try await reply("spoofed.test")
    #expect(reply.message.answers.map(\.data) == [.address("192.0.2.1")])
  }

  @Test func aLostPacketIsSentAgain() async throws {
    let reply = try await reply("lost.test") { $0.timeout = .seconds(1) }
    #expect(reply.resends == 1)
    #expect(reply.took >= 0.4)
  }

  @Test func silenceEndsWithTheTimeoutAndDelaysNobody() async throws {
    let start = SystemTime().monotonic
    async let silent = failure("silent.test", timeout: .milliseconds(500))
    #expect(try await reply("plain.test").took < 0.4)
    let failure = try await silent
    #expect(failure == DNSFailure(.timeout, "no answer from 127.0.0.1:\(server.port) within 500ms"))
    #expect((.milliseconds(490) ... .seconds(2)).contains(SystemTime().monotonic - start))
  }

  @Test func noiseIsNoAnswer() async throws {
    let failure = try await failure("garbage.test")
    #expect(failure.reason == .protocolError)
    #expect(failure.detail.hasPrefix("127.0.0.1:\(server.port) answers what is no DNS: "))
  }

  @Test(arguments: DNSQuery.Transport.allCases)
  func nobodyThereIsRefused(_ transport: DNSQuery.Transport) async throws {
    var query = try query("plain.test", port: try freeLoopbackPort())
    query.transport = transport
    let start = SystemTime().monotonic
    guard case .failure(let failure) = await client.ask(query) else { throw BenchError("answered") }
    #expect(failure.reason == .refused)
    #expect(SystemTime().monotonic - start < .seconds(1))
  }

  /// Where this machine speaks IPv6 or not, an address of that kind is one that can be asked.
  @Test func serversOfIPv6AreReached() async throws {
    let address = try #require(ResolverAddress(address: "0:0::1", port: UInt16(try freeLoopbackPort())))
    #expect(address.description.hasPrefix("[::1]:"))
    let query = DNSQuery(DNSQuestion(name: "plain.test", type: .a), server: address, timeout: .seconds(2))
    guard case .failure(let failure) = await client.ask(query) else { throw BenchError("answered") }
    #expect(failure.reason == .refused)
  }

  @Test func hangingUpIsSaid() async throws {
    var query = try query("hangup.test")
    query.transport = .tcp
    guard case .failure(let failure) = await client.ask(query) else { throw BenchError("answered") }
    #expect(failure.reason == .refused)
    #expect(failure.detail.contains("it hung up"))
  }

  @Test func aliasesAreFollowedAndCirclesEnd() async throws {
    let question = DNSQuestion(name: "alias.test", type: .a)
    let message = try await reply("alias.test").message
    #expect(message.aliases(of: "alias.test") == ["edge-1.tw.example"])
    #expect(message.records(for: question).map(\.data) == [.address("192.0.2.1")])
    #expect(message.timeToLive(for: question) == 20)
    let circle = try await reply("circle.test").message
    #expect(circle.aliases(of: "circle.test") == ["b.test", "circle.test"])
    #expect(circle.records(for: DNSQuestion(name: "circle.test", type: .a)).isEmpty)
    // Records of a name that nobody asked for answer nothing.
    let stranger = try await reply("stranger.test").message
    #expect(stranger.answers.count == 1)
    #expect(stranger.records(for: DNSQuestion(name: "stranger.test", type: .a)).isEmpty)
  }

  @Test func theClientSubnetIsTold() async throws {
    let subnet = try #require(ClientSubnet("192.0.2.77/24"))
    #expect(subnet.description == "192.0.2.0/24")
    let reply = try await reply("subnet.test") { $0.clientSubnet = ClientSubnet("77.0.2.0/24") }
    #expect(reply.message.answers.map(\.data) == [.address("192.0.2.77")])
    #expect(reply.message.clientSubnetScope == 24)
    let without = try await self.reply("subnet.test")
    #expect(without.message.answers.map(\.data) == [.address("192.0.2.99")])
    #expect(without.message.clientSubnetScope == nil)
    for wrong in ["1.2.3.4", "1.2.3.4/33", "x/8", "1.2.3.4/-1", "::/129", "1.2.3.4/8/8"] {
      #expect(ClientSubnet(wrong) == nil, "\(wrong)")
    }
  }

  @Test func manyAtOnceAllReturn() async throws {
    let query = try query("plain.test", timeout: .seconds(20))
    let client = client
    let answered = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<100 { group.addTask { (try? await client.ask(query).get()) != nil } }
      return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
    }
    #expect(answered == 100)
  }

  @Test func whatIsUnderWayEndsWithTheClient() async throws {
    let query = try query("silent.test", timeout: .seconds(60))
    let result = await withCheckedContinuation { continuation in
      // The only reference goes when the question has been handed over.
      do { try DNSClient().ask(query) { continuation.resume(returning: $0) } } catch {
        continuation.resume(returning: .failure(error as? DNSFailure ?? DNSFailure(.other, "\(error)")))
      }
    }
    guard case .failure(let failure) = result else { throw BenchError("answered") }
    #expect(failure.detail == "the client was closed")
  }

  @Test func theSystemsServersAreKnown() async throws {
    let servers = await withCheckedContinuation { done in client.systemServers { done.resume(returning: $0) }
    }
    #expect(!servers.isEmpty)
  }

  @Test func channelsDoNotPileUp() async throws {
    func descriptors() -> Int {
      guard let folder = opendir("/proc/self/fd") else { return -1 }
      defer { closedir(folder) }
      var count = 0
      while readdir(folder) != nil { count += 1 }
      return count
    }
    _ = try await reply("plain.test")
    let before = descriptors()
    for _ in 0..<50 {
      _ = try await reply("old.test")
      _ = try await failure("silent.test", timeout: .milliseconds(2))
    }
    try await waitUntil("the descriptors are given back") { descriptors() <= before + 5 }
  }
}
