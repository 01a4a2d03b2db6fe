import FarwatchTesting
import Model
import StreamClient
import TLSTransport
import Testing

/// Waits for a word, and may start TLS before it says one itself.
struct Script: Dialogue {
  enum Line: Sendable {
    case hear(String)
    case say(String)
    case startTLS
  }

  var lines: [Line]
  var heard = ""
  var waitsFor: String { "the word" }

  mutating func proceed(_ input: inout [UInt8], ended: Bool) -> DialogueStep {
    guard let line = lines.first else { return .done }
    switch line {
    case .hear(let word):
      guard let range = input.firstRange(of: Array(word.utf8)) else { return .wait }
      heard += String(decoding: input[..<range.upperBound], as: UTF8.self)
      input.removeFirst(range.upperBound)
      lines.removeFirst()
      return proceed(&input, ended: ended)
    case .say(let text):
      lines.removeFirst()
      return .send(Array(text.utf8))
    case .startTLS:
      lines.removeFirst()
      return .startTLS
    }
  }
}

func ask(_ request: StreamRequest, _ client: StreamClient) async -> StreamResult {
  await withCheckedContinuation { continuation in
    client.start(request) { continuation.resume(returning: $0) }
  }
}

func request(_ port: Int, _ script: [Script.Line]? = nil, timeout: Duration = .seconds(5)) -> StreamRequest {
  var request = StreamRequest(addresses: ["127.0.0.1"], port: port, timeout: timeout)
  request.dialogue = script.map { Script(lines: $0) }
  return request
}

@Suite struct StreamClientTests {
  private let client = StreamClient(name: "stream-test")

  @Test func connectsAndTalks() async throws {
    let server = try LoopbackServer { _ in LoopbackServer.answer(200, "hello") }
    let result = await ask(
      request(server.port, [.say("GET / HTTP/1.1\r\n\r\n"), .hear("\r\n\r\n"), .hear("hello")]), client)
    #expect(result.failure == nil)
    #expect((result.dialogue as? Script)?.heard.hasPrefix("HTTP/1.1 200") == true)
    #expect(result.address == "127.0.0.1")
    #expect(result.connect != nil && result.conversation != nil && result.tls == nil)
    let bare = await ask(request(server.port), client)
    #expect(bare.failure == nil && bare.conversation == nil)
  }

  @Test func saysWhyThereIsNoConnection() async throws {
    let refusing = try RefusingPort()
    let refused = await ask(request(refusing.port), client)
    #expect(refused.failure?.reason == .refused)
    #expect(refused.failure?.detail == "connecting to 127.0.0.1 port \(refusing.port): Connection refused")
    #expect(refused.connect == nil && refused.address == nil)
    var nowhere = request(refusing.port)
    nowhere.addresses = ["example.com"]
    #expect(await ask(nowhere, client).failure?.reason == .configuration)
    nowhere.addresses = []
    #expect(await ask(nowhere, client).failure?.reason == .dns)
  }

  @Test func theFirstAddressThatAcceptsIsUsed() async throws {
    let server = try LoopbackServer { _ in [.close] }
    // The server listens on all of 127.0.0.0/8 and on no IPv6 address.
    var several = request(server.port)
    several.addresses = ["127.0.0.3", "::1"]
    let result = await ask(several, client)
    #expect(result.failure == nil && result.address == "127.0.0.3")
  }

  @Test func aFrozenServerCostsItsOwnTimeOut() async throws {
    let server = try LoopbackServer { _ in LoopbackServer.answer(200, "x") }
    let proxy = try FaultyProxy(to: server.port)
    proxy.freeze()
    let frozen = await ask(request(proxy.port, [.hear("word")], timeout: .milliseconds(150)), client)
    #expect(frozen.failure == StreamFailure(.timeout, "no answer within the time-out: waited for the word"))
    #expect(frozen.connect != nil)
    #expect(frozen.total >= 0.15 && frozen.total < 2)
  }

  @Test func resetsAndEndsAreTold() async throws {
    let server = try LoopbackServer { _ in [.reset] }
    let script: [Script.Line] = [.say("GET / HTTP/1.1\r\n\r\n"), .hear("word")]
    #expect(await ask(request(server.port, script), client).failure?.reason == .reset)
    let closing = try LoopbackServer { _ in [.text("bye"), .close] }
    let ended = await ask(request(closing.port, script), client)
    #expect(ended.failure == StreamFailure(.reset, "the server closed the connection: waited for the word"))
    let endless = try LoopbackServer { _ in [.repeating(Array("abc".utf8), times: .max)] }
    var limited = request(endless.port, script)
    limited.readLimit = 100_000
    let much = await ask(limited, client)
    #expect(much.failure?.reason == .bodyTooLarge)
    #expect(much.bytesReceived < 150_000)
  }

  @Test func hangingTargetsDelayNobody() async throws {
    let server = try LoopbackServer { _ in [.hang] }
    let living = try LoopbackServer { _ in LoopbackServer.answer(200, "hello") }
    await withTaskGroup(of: StreamResult.self) { group in
      for _ in 0..<800 {
        group.addTask { await ask(request(server.port, [.hear("x")], timeout: .seconds(3)), client) }
      }
      // While they hang others are served.
      try? await waitUntil("they are connected") { server.connections >= 800 }
      for _ in 0..<20 {
        let result = await ask(
          request(living.port, [.say("GET / HTTP/1.1\r\n\r\n"), .hear("hello")]), client)
        #expect(result.failure == nil)
        #expect(result.total < 2)
      }
      client.shutdown()
      for await result in group { #expect(result.failure == .cancelled) }
    }
    #expect(await ask(request(living.port), client).failure == .cancelled)
  }
}
