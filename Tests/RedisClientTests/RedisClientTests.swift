import Secrets
import FarwatchTesting
import HTTPClient
import Model
import RedisClient
import Synchronization
import TLSTransport
import Testing

/// A client with a synchronous look for tests.
struct Asker {
  let client: RedisClient

  init() throws { client = try RedisClient(resolver: HostResolver()) }

  func ask(
    _ session: RedisSession, timeout: Duration = .seconds(10), _ commands: [String]...
  ) async -> Result<RedisReply, RedisError> {
    await withCheckedContinuation { done in
      client.run(session, timeout: timeout, commands) { done.resume(returning: $0) }
    }
  }

  /// The first answer, whatever failed.
  func one(
    _ session: RedisSession, timeout: Duration = .seconds(10), _ command: String...
  ) async -> Result<RedisValue, RedisError> {
    await ask(session, timeout: timeout, command).flatMap { $0.results[0] }
  }
}

func session(
  _ port: Int, user: String? = nil, password: SecretSource? = nil, tls: TLSOptions? = nil, database: Int = 0,
  host: String = "127.0.0.1"
) -> RedisSession {
  var server = RedisServer(host: host, port: UInt16(port))
  server.username = user
  server.password = password
  server.tls = tls
  server.database = database
  return RedisSession(server)
}

extension Result where Failure == RedisError {
  var failure: RedisError? { if case .failure(let error) = self { error } else { nil } }
}

@Suite struct RedisClientTests {
  @Test func manyCommandsGoInOneRoundTripOverOneConnection() async throws {
    let redis = try await RedisProcess()
    let asker = try Asker()
    let kept = session(redis.port)
    let reply = try await asker.ask(
      kept, ["PING"], ["SET", "a", "x\r\ny"], ["GET", "a"], ["GET", "b"], ["INCR", "a"]
    )
    .get()
    #expect(reply.results.count == 5)
    #expect(try reply.results[0].get().text == "PONG")
    #expect(try reply.results[2].get().text == "x\r\ny")
    #expect(try reply.results[3].get() == .null)
    #expect(reply.results[4].failure?.reason == .query)
    #expect(reply.sentAt <= reply.receivedAt)
    for _ in 0..<5 { _ = await asker.one(kept, "PING") }
    let received = try await redis.info("total_connections_received").flatMap { Int($0) }
    let again = try await redis.info("total_connections_received").flatMap { Int($0) }
    // redis-cli itself connects once for each.
    #expect(try #require(again) - #require(received) == 1)
    #expect(try await redis.command("CLIENT", "LIST").split(separator: "\n").count == 2)
    asker.client.close(kept)
    try await waitUntil("the connection is closed") {
      try await redis.command("CLIENT", "LIST").split(separator: "\n").count == 1
    }
  }

  @Test func aBrokenConnectionIsMadeAnewWithoutAFailure() async throws {
    let redis = try await RedisProcess()
    let asker = try Asker()
    let kept = session(redis.port)
    _ = try await asker.one(kept, "PING").get()
    redis.stop()
    #expect(await asker.one(kept, "PING").failure?.reason == .refused)
    try await redis.start()
    _ = try await asker.one(kept, "PING").get()
    try await redis.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    #expect(try await asker.one(kept, "PING").get().text == "PONG")
  }

  @Test func aHungServerCostsItsOwnTimeOutAndDelaysNobody() async throws {
    let hung = try await RedisProcess()
    let well = try await RedisProcess()
    let asker = try Asker()
    let (slow, fast) = (session(hung.port), session(well.port))
    _ = try await asker.one(slow, "PING").get()
    hung.freeze(true)
    async let late = asker.one(slow, timeout: .seconds(1), "PING")
    let start = ContinuousClock.now
    for _ in 0..<20 { _ = try await asker.one(fast, "PING").get() }
    #expect(ContinuousClock.now - start < .milliseconds(900))
    let failure = await late.failure
    #expect(failure?.reason == .timeout)
    #expect(failure?.message == "no result within 1s while waiting for an answer")
    hung.freeze(false)
    #expect(try await asker.one(slow, "PING").get().text == "PONG")
  }

  @Test func credentialsAndPrivilegesAreToldApartAndNeverShown() async throws {
    let files = try TemporaryDirectory()
    let right = try files.write("right", "  hunter2\n")
    let wrong = try files.write("wrong", "swordfish")
    let acl = try files.write(
      "users.acl", "user default on >hunter2 ~* &* +@all\nuser watch on >hunter2 -@all +ping\n")
    let redis = try await RedisProcess(["--aclfile", acl], tool: ["-a", "hunter2", "--no-auth-warning"])
    let asker = try Asker()
    func failure(_ session: RedisSession, _ command: String...) async -> RedisError? {
      await asker.ask(session, command).flatMap { $0.results[0] }.failure
    }
    let none = await failure(session(redis.port), "PING")
    #expect(none?.reason == .authentication)
    #expect(none?.code == "NOAUTH")
    #expect(none?.message.contains("`password_file`") == true)
    #expect(await failure(session(redis.port, password: .file(right)), "PING") == nil)
    let bad = await failure(session(redis.port, password: .file(wrong)), "PING")
    #expect(bad?.reason == .authentication)
    #expect(bad?.code == "WRONGPASS")
    #expect(bad?.message.contains("swordfish") == false)
    let watch = session(redis.port, user: "watch", password: .file(right))
    #expect(await failure(watch, "PING") == nil)
    let denied = await failure(watch, "INFO", "replication")
    #expect(denied?.reason == .permission)
    #expect(denied?.code == "NOPERM")
    let absent = await failure(session(redis.port, password: .file(files.file("no"))), "PING")
    #expect(absent?.reason == .configuration)
    let variable = await failure(session(redis.port, password: .environment("FARWATCH_NOT_SET")), "PING")
    #expect(variable?.message == "environment variable FARWATCH_NOT_SET is not set")
    let echo = await failure(session(redis.port, password: .file(right)), "NOSUCH", "hunter2")
    #expect(echo?.reason == .missing)
    #expect(echo?.message.contains("hunter2") == false)
  }

  @Test func aRefusedPasswordLeavesNothingRunningAsSomebodyElse() async throws {
    let files = try TemporaryDirectory()
    let wrong = try files.write("wrong", "swordfish")
    let redis = try await RedisProcess()
    let asker = try Asker()
    let answer = await asker.one(session(redis.port, user: "watch", password: .file(wrong)), "SET", "a", "1")
    #expect(answer.failure?.reason == .authentication)
    #expect(try await redis.command("EXISTS", "a") == "0")
    let useless = await asker.one(session(redis.port, password: .file(wrong)), "PING")
    #expect(useless.failure?.message.contains("the server has no password") == true)
  }

  @Test func aDatabaseIsSelectedAndAWrongOneIsAMistakeOfOurs() async throws {
    let redis = try await RedisProcess(["--databases", "2"])
    let asker = try Asker()
    _ = try await asker.one(session(redis.port, database: 1), "SET", "a", "1").get()
    #expect(try await asker.one(session(redis.port), "GET", "a").get() == .null)
    #expect(await asker.one(session(redis.port, database: 7), "PING").failure?.reason == .configuration)
  }

  @Test func everySortOfTLSFailureHasItsReason() async throws {
    let certificates = try TestCertificates()
    try certificates.make("good", host: "127.0.0.1", days: 30)
    try certificates.make("named", host: "db.example", days: 30)
    try certificates.make("old", host: "127.0.0.1", days: -1)
    let asker = try Asker()
    var trusting = TLSOptions()
    trusting.caFile = certificates.path("ca.pem")
    let open = try await RedisProcess(["--tls-auth-clients", "no"], tls: (certificates, "good"))
    #expect(try await asker.one(session(open.port, tls: trusting), "PING").get().text == "PONG")
    #expect(
      await asker.one(session(open.port, tls: TLSOptions()), "PING").failure?.reason == .certificateInvalid)
    #expect(await asker.one(session(open.port), "PING").failure?.reason != nil)
    var missing = trusting
    missing.caFile = "/nowhere/ca.pem"
    #expect(await asker.one(session(open.port, tls: missing), "PING").failure?.reason == .configuration)

    let named = try await RedisProcess(["--tls-auth-clients", "no"], tls: (certificates, "named"))
    #expect(await asker.one(session(named.port, tls: trusting), "PING").failure?.reason == .certificateName)
    var expecting = trusting
    expecting.serverName = "db.example"
    #expect(try await asker.one(session(named.port, tls: expecting), "PING").get().text == "PONG")

    let old = try await RedisProcess(["--tls-auth-clients", "no"], tls: (certificates, "old"))
    #expect(await asker.one(session(old.port, tls: trusting), "PING").failure?.reason == .certificateExpired)
    var careless = trusting
    careless.verify = false
    #expect(try await asker.one(session(old.port, tls: careless), "PING").get().text == "PONG")

    let mutual = try await RedisProcess(
      tool: ["--cert", certificates.path("good.pem"), "--key", certificates.path("good.key")],
      tls: (certificates, "good"))
    #expect(await asker.one(session(mutual.port, tls: trusting), "PING").failure?.reason == .tlsHandshake)
    var own = trusting
    own.certificateFile = certificates.path("good.pem")
    own.keyFile = certificates.path("good.key")
    #expect(try await asker.one(session(mutual.port, tls: own), "PING").get().text == "PONG")

    let plain = try await RedisProcess()
    let wrongWay = await asker.one(session(plain.port, tls: trusting), timeout: .milliseconds(600), "PING")
      .failure
    #expect(wrongWay?.reason == .tlsHandshake || wrongWay?.reason == .timeout)
  }

  @Test func aConnectionCutInTheMiddleOfAnAnswerIsAReset() async throws {
    let certificates = try TestCertificates()
    try certificates.make("good", host: "127.0.0.1", days: 30)
    let secured = try await RedisProcess(["--tls-auth-clients", "no"], tls: (certificates, "good"))
    let open = try await RedisProcess()
    let asker = try Asker()
    var trusting = TLSOptions()
    trusting.caFile = certificates.path("ca.pem")
    for (redis, tls) in [(secured, trusting as TLSOptions?), (open, nil)] {
      try await redis.command("EVAL", "redis.call('SET', 'big', string.rep('x', 500000))", "0")
      let proxy = try FaultyProxy(to: redis.port)
      proxy.cut(after: 100_000)
      let cut = await asker.one(session(proxy.port, tls: tls), "GET", "big").failure
      #expect(cut?.reason == .reset)
      #expect(cut?.message == "127.0.0.1:\(proxy.port) ended the connection")
      proxy.heal()
      #expect(
        try await asker.one(session(proxy.port, tls: tls), "GET", "big").get().text?.utf8.count == 500_000)
    }
  }

  @Test func whoeverTurnsClientsAwayIsQuoted() async throws {
    let redis = try await RedisProcess(["--maxclients", "1"])
    let asker = try Asker()
    let first = session(redis.port)
    // redis-cli's own connection may not be gone yet.
    try await waitUntil("the one place is ours") { await asker.one(first, "PING").failure == nil }
    let turnedAway = await asker.one(session(redis.port, database: 1), "PING").failure
    #expect(turnedAway?.reason == .limit)
    #expect(turnedAway?.message.contains("max number of clients") == true)
  }

  @Test func loadingAndTooLargeAnswersAreRefused() async throws {
    let redis = try await RedisProcess([
      "--save", "3600 1", "--key-load-delay", "20000", "--loading-process-events-interval-bytes", "1024",
      "--rdbcompression", "no",
    ])
    try await redis.command(
      "EVAL", "for i = 1, 100 do redis.call('SET', 'k' .. i, string.rep('x', 2000)) end", "0")
    try await redis.command("EVAL", "redis.call('SET', 'big', string.rep('x', 2000000))", "0")
    let asker = try Asker()
    let kept = session(redis.port)
    let large = await asker.one(kept, "GET", "big").failure
    #expect(large?.reason == .bodyTooLarge)
    #expect(try await asker.one(kept, "PING").get().text == "PONG")
    try await redis.command("SAVE")
    redis.stop()
    try await redis.start()
    let loading = await asker.one(kept, "GET", "k1").failure
    #expect(loading?.reason == .refused)
    #expect(loading?.code == "LOADING")
    #expect(try await asker.one(kept, "INFO", "persistence").get().text?.contains("loading:1") == true)
  }

  @Test func strangersAndSilenceAreErrorsOfTheirOwn() async throws {
    let asker = try Asker()
    let refusing = try RefusingPort()
    #expect(await asker.one(session(refusing.port), "PING").failure?.reason == .refused)
    let unknown = await asker.one(session(1, host: "no-such-host.invalid"), timeout: .seconds(8), "PING")
      .failure
    #expect(unknown?.reason == .dns || unknown?.reason == .timeout)
  }

  @Test func theNinthThatWaitsIsTurnedAwayAndTheEndOfTheClientAnswersAll() async throws {
    let redis = try await RedisProcess()
    var asker: Asker? = try Asker()
    let kept = session(redis.port)
    redis.freeze(true)
    let reasons = Mutex<[FailureReason]>([])
    for _ in 0..<10 {
      asker?.client.run(kept, timeout: .seconds(60), [["PING"]]) { result in
        reasons.withLock { $0.append(result.failure?.reason ?? .body) }
      }
    }
    try await waitUntil("one is turned away") { reasons.withLock { !$0.isEmpty } }
    #expect(reasons.withLock { $0 } == [.limit])
    asker = nil
    try await waitUntil("all are answered") { reasons.withLock { $0.count } == 10 }
    #expect(reasons.withLock { $0.dropFirst().allSatisfy { $0 == .other } })
  }
}
