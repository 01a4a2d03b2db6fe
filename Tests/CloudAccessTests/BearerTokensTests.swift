import CloudAccess
import FarwatchTesting
import Foundation
import HTTPClient
import Model
import Synchronization
import Testing

@Suite struct BearerTokensTests {
  private static func tokens(
    _ time: ManualTime, _ script: @escaping @Sendable (Int) -> [LoopbackServer.Step]
  ) throws -> (server: LoopbackServer, tokens: BearerTokens) {
    let asked = Mutex(0)
    let server = try LoopbackServer { _ in
      script(
        asked.withLock { asked in
          asked += 1
          return asked
        })
    }
    let url = server.url("/token")
    let client = HTTPClient(name: "test")
    return (
      server, BearerTokens("giver", http: client, time: time) { _ in HTTPRequest(url: url) }
    )
  }

  private func ask(_ tokens: BearerTokens) async -> Result<String, TokenFailure> {
    await withCheckedContinuation { waiting in tokens.token { waiting.resume(returning: $0) } }
  }

  @Test func oneRequestServesAllUntilItEnds() async throws {
    let time = ManualTime()
    let (server, tokens) = try Self.tokens(time) { number in
      LoopbackServer.answer(200, #"{"access_token":"t\#(number)","expires_in":"3600"}"#)
    }
    defer { server.stop() }
    try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<50 { group.addTask { try await ask(tokens).get() } }
      for try await token in group { #expect(token == "t1") }
    }
    #expect(server.requests.count == 1)
    time.advance(by: .seconds(3600 - 121))
    #expect(try await ask(tokens).get() == "t1")
    time.advance(by: .seconds(2))
    #expect(try await ask(tokens).get() == "t2")
    tokens.forget()
    #expect(try await ask(tokens).get() == "t3")
  }

  @Test func aRefusalIsNotAskedForAgainAtOnceAndTellsNoSecret() async throws {
    let time = ManualTime()
    let (server, tokens) = try Self.tokens(time) { number in
      number == 1
        ? LoopbackServer.answer(401, #"{"error":"invalid_client","error_description":"hunter2 is wrong"}"#)
        : LoopbackServer.answer(200, #"{"access_token":"good"}"#)
    }
    defer { server.stop() }
    for _ in 0..<3 {
      guard case .failure(let failure) = await ask(tokens) else {
        Issue.record("a token")
        return
      }
      #expect(failure.reason == .authentication && failure.detail.contains("invalid_client"))
      #expect(!failure.detail.contains("hunter2"))
    }
    #expect(server.requests.count == 1)
    time.advance(by: .seconds(11))
    #expect(try await ask(tokens).get() == "good")
  }

  @Test(arguments: ["", "{}", "[]", #"{"access_token":""}"#, #"{"access_token":"a\r\nb"}"#])
  func answersWithoutATokenAreNone(body: String) async throws {
    let (server, tokens) = try Self.tokens(ManualTime()) { _ in LoopbackServer.answer(200, body) }
    defer { server.stop() }
    guard case .failure(let failure) = await ask(tokens) else {
      Issue.record("a token from \(body)")
      return
    }
    #expect(failure.reason == .protocolError)
  }
}
