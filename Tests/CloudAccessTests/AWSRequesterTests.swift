import CloudAccess
import FarwatchTesting
import Foundation
import HTTPClient
import Model
import Synchronization
import Testing

@Suite struct AWSRequesterTests {
  private static let throttled = LoopbackServer.answer(
    400,
    "<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>"
  )

  private let client = HTTPClient(name: "test")

  private func ask(
    _ server: LoopbackServer, identity: AWSIdentity? = nil, timeout: Duration = .seconds(5)
  ) async -> (answer: Result<AWSReply, AWSFailure>, took: Duration) {
    let requester = AWSRequester(http: client, identity: identity, chance: { 0 })
    let call = AWSCall(
      service: "rds", region: "eu-west-1", endpoint: "http://127.0.0.1:\(server.port)", action: "X",
      form: .query(version: "1", fields: []))
    let start = SystemTime().monotonic
    let answer: Result<AWSReply, AWSFailure> = await withCheckedContinuation { continuation in
      requester.send(call, timeout: timeout) { continuation.resume(returning: $0) }
    }
    return (answer, SystemTime().monotonic - start)
  }

  /// Answers by turns; the last one stays.
  private static func server(_ answers: [[LoopbackServer.Step]]) throws -> LoopbackServer {
    let place = Counter()
    return try LoopbackServer { _ in answers[min(place.next(), answers.count - 1)] }
  }

  @Test func throttlingIsTriedAgainInsideTheTime() async throws {
    let server = try Self.server([
      Self.throttled, LoopbackServer.answer(503), LoopbackServer.answer(200, "<a/>"),
    ])
    #expect(await ask(server).answer.failure == nil)
    #expect(server.requests.count == 3)
    let stubborn = try Self.server([Self.throttled])
    let (answer, took) = await ask(stubborn, timeout: .seconds(1))
    #expect(answer.failure == AWSFailure(.limit, code: "Throttling", "Rate exceeded", isTransient: true))
    #expect(took < .seconds(3) && stubborn.requests.count >= 2)
    // A hanging server costs the call's time and no more; the second try found it well.
    let hanging = try Self.server([[.hang], LoopbackServer.answer(200, "<a/>")])
    #expect(await ask(hanging, timeout: .seconds(2)).answer.failure == nil)
    let dead = try Self.server([[.hang]])
    let hung = await ask(dead, timeout: .milliseconds(500))
    #expect(hung.answer.failure?.reason == .timeout && hung.took < .seconds(3))
  }

  @Test func refusalsAreNotTriedAgainAndNameTheRemedy() async throws {
    let cases: [(Int, String, FailureReason, String)] = [
      (
        403,
        "<ErrorResponse><Error><Code>AccessDenied</Code><Message>User u is not authorized to perform rds:X</Message></Error></ErrorResponse>",
        .permission, "rds:X"
      ),
      (
        403,
        "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>m</Message></Error></Errors></Response>",
        .permission, "m"
      ),
      (404, "<Error><Code>NoSuchBucket</Code><Message>m</Message></Error>", .missing, "NoSuchBucket"),
      (
        404, "<ErrorResponse><Error><Code>DBInstanceNotFound</Code></Error></ErrorResponse>", .missing,
        "DBInstanceNotFound"
      ),
      (
        400, "{\"__type\":\"com.amazon.coral#ValidationException\",\"message\":\"m\"}", .query,
        "ValidationException: m"
      ),
      (
        403,
        "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>no match\nx-amz-security-token:SECRET</Message></Error></ErrorResponse>",
        .authentication, "no match"
      ),
      (
        301, "<Error><Code>PermanentRedirect</Code><Message>m</Message></Error>", .redirect,
        "PermanentRedirect"
      ),
      (418, "rubbish", .query, "HTTP status 418"),
    ]
    for (status, body, reason, text) in cases {
      let server = try Self.server([LoopbackServer.answer(status, body)])
      let failure = try #require(await ask(server).answer.failure)
      #expect(failure.reason == reason && "\(failure)".contains(text), "\(failure)")
      #expect(!"\(failure)".contains("SECRET") && server.requests.count == 1)
    }
  }

  @Test func aWrongClockIsTold() async throws {
    let server = try Self.server([
      LoopbackServer.answer(
        403,
        "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>Signature expired</Message></Error></ErrorResponse>",
        headers: [("Date", HTTPDate.format(SystemTime().now - .seconds(3600)))])
    ])
    let failure = try #require(await ask(server).answer.failure)
    #expect(
      failure.message.contains("clock is 1h ahead of AWS") || failure.message.contains("ahead of AWS"),
      "\(failure)")
  }

  @Test func expiredCredentialsAreFetchedAnewOnce() async throws {
    let expired = LoopbackServer.answer(
      403, "<ErrorResponse><Error><Code>ExpiredToken</Code><Message>m</Message></Error></ErrorResponse>")
    let fetches = Counter()
    let identity = AWSIdentity(time: SystemTime()) { completion in
      let key = AWSCredentials(accessKeyID: "K\(fetches.next())", secretAccessKey: "s", sessionToken: "t")
      completion(.success(AWSTimedCredentials(key, expires: SystemTime().now + .seconds(3600))))
    }
    let server = try Self.server([expired, LoopbackServer.answer(200, "<a/>")])
    #expect(await ask(server, identity: identity).answer.failure == nil)
    #expect(
      server.requests.compactMap { $0.header("Authorization")?.contains("Credential=K0/") } == [true, false])
    let always = try Self.server([expired])
    #expect(await ask(always, identity: identity).answer.failure?.code == "ExpiredToken")
    #expect(always.requests.count == 2)
  }

  @Test func whoWaitsForCredentialsHasATimeOut() async throws {
    let identity = AWSIdentity(time: SystemTime()) { _ in }
    let server = try Self.server([LoopbackServer.answer(200)])
    let (answer, took) = await ask(server, identity: identity, timeout: .milliseconds(200))
    #expect(answer.failure?.reason == .timeout && took < .seconds(3) && server.requests.isEmpty)
  }

  /// Any bytes of an answer are an error with a reason, never a crash.
  @Test func survivesAnyAnswer() {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededNumbers(seed: seed)
    for _ in 0..<500 {
      let pieces = [
        "<Error>", "</Error>", "<Code>", "</Code>", "x", "\n", "{\"__type\":", "\"a#b:c\"", "}", "é", "\u{0}",
      ]
      let text = (0..<8).map { _ in random.pick(pieces) }.joined()
      let failure = AWSFailure(status: Int.random(in: 0...700, using: &random), code: text, message: text)
      #expect(!failure.message.contains("\n"), "seed \(seed)")
    }
  }
}

private final class Counter: Sendable {
  private let value = Mutex(0)
  /// 0, 1, 2 …
  func next() -> Int {
    value.withLock { value in
      defer { value += 1 }
      return value
    }
  }
}
