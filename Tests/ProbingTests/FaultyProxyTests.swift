import FarwatchTesting
import Foundation
import HTTPClient
import Model
import Testing

@Suite struct FaultyProxyTests {
  private static func ask(_ port: Int, timeout: Duration = .seconds(5)) async -> HTTPResult {
    let client = HTTPClient(name: "proxy-test")
    defer { client.shutdown() }
    var request = HTTPRequest(url: "http://127.0.0.1:\(port)/")
    request.timeout = timeout
    request.keepAlive = false
    let asked = request
    return await withCheckedContinuation { continuation in
      client.start(asked) { continuation.resume(returning: $0) }
    }
  }

  private static let page = String(repeating: "x", count: 200_000)

  private static func bench() throws -> (server: LoopbackServer, proxy: FaultyProxy) {
    let server = try LoopbackServer { _ in LoopbackServer.answer(200, page) }
    return (server, try FaultyProxy(to: server.port))
  }

  @Test func passesOnWhatItIsGiven() async throws {
    let (server, proxy) = try Self.bench()
    let result = await Self.ask(proxy.port)
    #expect(result.failure == nil)
    #expect(result.body.count == Self.page.utf8.count)
    #expect(proxy.accepted == 1)
    // The client may have it all before the proxy has counted it.
    try await waitUntil("all of it is counted") { proxy.bytes(.toClient) > Self.page.utf8.count }
    try await waitUntil("the connection is closed on both sides") { proxy.open == 0 }
    proxy.stop()
    #expect(await Self.ask(proxy.port).failure?.reason == .refused)
    server.stop()
  }

  @Test func frozenItSaysNothingAndKeepsTheConnection() async throws {
    let (server, proxy) = try Self.bench()
    proxy.freeze()
    #expect(await Self.ask(proxy.port, timeout: .milliseconds(200)).failure?.reason == .timeout)
    #expect(server.requests.isEmpty)
    proxy.thaw()
    #expect(await Self.ask(proxy.port).failure == nil)
    // One direction alone: the target hears the question, and its answer never comes.
    proxy.freeze([.toClient])
    let before = server.requests.count
    #expect(await Self.ask(proxy.port, timeout: .milliseconds(200)).failure?.reason == .timeout)
    try await waitUntil("the question has come") { server.requests.count == before + 1 }
  }

  @Test func aFrozenConnectionThatIsThawedGoesOn() async throws {
    let (server, proxy) = try Self.bench()
    proxy.freeze()
    async let answer = Self.ask(proxy.port)
    try await waitUntil("the client has come") { proxy.accepted == 1 }
    proxy.thaw()
    #expect(await answer.failure == nil)
    server.stop()
  }

  @Test func delaysEachWay() async throws {
    let (server, proxy) = try Self.bench()
    proxy.delay(.milliseconds(100))
    let result = await Self.ask(proxy.port)
    #expect(result.failure == nil)
    #expect(result.total >= 0.2 && result.total < 3, "took \(result.total)")
    server.stop()
  }

  @Test func refusesAndComesBackOnItsPort() async throws {
    let (server, proxy) = try Self.bench()
    proxy.refuse()
    #expect(await Self.ask(proxy.port).failure?.reason == .refused)
    proxy.heal()
    #expect(await Self.ask(proxy.port).failure == nil)
    // A target that is away: the connection stands and is reset.
    server.stop()
    #expect(await Self.ask(proxy.port).failure?.reason == .reset)
  }

  @Test func cutsAndResetsAfterBytes() async throws {
    let (server, proxy) = try Self.bench()
    proxy.cut(after: 1000)
    let cut = await Self.ask(proxy.port)
    #expect(cut.failure?.reason == .reset, "libcurl tells of a body that ended early")
    #expect(cut.body.count > 0 && cut.body.count < 1000)
    proxy.heal()
    proxy.reset(after: 10)
    let reset = await Self.ask(proxy.port)
    #expect(reset.failure?.reason == .reset)
    #expect(reset.status == nil)
    server.stop()
  }

  @Test func resetsWhatStands() async throws {
    let server = try LoopbackServer { _ in [.hang] }
    let proxy = try FaultyProxy(to: server.port)
    async let answer = Self.ask(proxy.port)
    try await waitUntil("the question has come") { server.requests.count == 1 }
    proxy.reset()
    let result = await answer
    #expect(result.failure?.reason == .reset)
    #expect(result.total < 4)
  }

  @Test func corruptsTheBytesAtTheGivenOffsets() async throws {
    let (server, proxy) = try Self.bench()
    proxy.corrupt(at: [0, 3])
    #expect(await Self.ask(proxy.port).failure?.reason == .protocolError)
    server.stop()
  }
}
