import FarwatchTesting
import HTTPClient
import Model
import Synchronization
import Testing

/// Counts completions per request and wakes who waits for all.
final class Tally: Sendable {
  private let state: Mutex<(counts: [Int], cancelled: Int, ok: Int)>

  init(_ count: Int) { state = Mutex(([Int](repeating: 0, count: count), 0, 0)) }

  func add(_ index: Int, _ result: HTTPResult) {
    state.withLock { state in
      state.counts[index] += 1
      if result.failure?.isCancelled == true { state.cancelled += 1 }
      if result.status == 200 { state.ok += 1 }
    }
  }

  var counts: [Int] { state.withLock { $0.counts } }
  var cancelled: Int { state.withLock { $0.cancelled } }
  var ok: Int { state.withLock { $0.ok } }

  func wait(for total: Int, within limit: Duration = .seconds(60)) async throws {
    let start = ContinuousClock.now
    while counts.reduce(0, +) < total, ContinuousClock.now - start < limit {
      try await Task.sleep(for: .milliseconds(5))
    }
  }
}

@Suite(.serialized) struct LifecycleTests {
  @Test func shutdownCallsEverythingOnce() async throws {
    let server = try LoopbackServer { $0.target == "/hang" ? [.hang] : LoopbackServer.answer() }
    let client = HTTPClient(name: "test")
    let tally = Tally(300)
    for index in 0..<200 {
      client.start(HTTPRequest(url: server.url(index % 2 == 0 ? "/hang" : "/"))) { tally.add(index, $0) }
    }
    try await tally.wait(for: 100)
    for index in 200..<299 { client.start(HTTPRequest(url: server.url("/hang"))) { tally.add(index, $0) } }
    client.shutdown()
    #expect(tally.counts[..<299].allSatisfy { $0 == 1 })
    #expect(tally.ok == 100)
    #expect(tally.cancelled == 199)
    client.shutdown()
    client.start(HTTPRequest(url: server.url())) { tally.add(299, $0) }
    #expect(tally.counts[299] == 1)
    #expect(tally.cancelled == 200)
  }

  @Test func shutdownFromACompletionDoesNotDeadlock() async throws {
    let server = try LoopbackServer { _ in LoopbackServer.answer() }
    let client = HTTPClient(name: "test")
    let tally = Tally(2)
    client.start(HTTPRequest(url: server.url())) {
      client.shutdown()
      tally.add(0, $0)
    }
    try await tally.wait(for: 1)
    #expect(tally.counts[0] == 1)
    client.start(HTTPRequest(url: server.url())) { tally.add(1, $0) }
    #expect(tally.cancelled == 1)
  }

  @Test func moreThanTheLimitIsRefused() async throws {
    let server = try LoopbackServer { _ in [.hang] }
    var settings = HTTPClientSettings()
    settings.maximumRequests = 2
    let client = HTTPClient(name: "test", settings: settings)
    for _ in 0..<2 { client.start(HTTPRequest(url: server.url())) { _ in } }
    #expect(await client.send(HTTPRequest(url: server.url())).failure?.reason == .limit)
    client.shutdown()
  }

  // Both ends of a thousand connections are descriptors of this process; many a shell allows 1,024 at first.
  @Test(.enabled(if: allowsDescriptors(2500), "this machine allows too few descriptors"))
  func thousandRequestsAtOnceUseOneThreadAndKeepTheirConnections() async throws {
    let server = try LoopbackServer { _ in [.wait(.milliseconds(300))] + LoopbackServer.answer(200, "ok") }
    let client = HTTPClient(name: "test")
    _ = await client.send(HTTPRequest(url: server.url()))
    let threads = threadCount()
    var most = 0
    for round in 0..<2 {
      let tally = Tally(1000)
      // Every target has an address of its own, as it would in the field: a connection can serve one target only.
      for index in 0..<1000 {
        let host = "127.1.\(index / 250).\(index % 250 + 1)"
        var request = HTTPRequest(url: "http://\(host):\(server.port)/")
        request.timeout = .seconds(60)
        client.start(request) { tally.add(index, $0) }
      }
      while tally.counts.reduce(0, +) < 900 {
        most = max(most, threadCount())
        try await Task.sleep(for: .milliseconds(5))
      }
      try await tally.wait(for: 1000)
      #expect(tally.ok == 1000)
      // One for the first request; the second round opens none.
      #expect(server.connections == 1001, "round \(round)")
    }
    // Other tests' threads may end or begin meanwhile; a thread per request would be a thousand.
    #expect(most < threads + 20)
    client.shutdown()
  }

  @Test func requestsMayBeStartedFromCompletions() async throws {
    let server = try LoopbackServer { _ in LoopbackServer.answer() }
    let client = HTTPClient(name: "test")
    let url = server.url()
    let result = await withCheckedContinuation { continuation in
      client.start(HTTPRequest(url: url)) { _ in
        client.start(HTTPRequest(url: url)) { continuation.resume(returning: $0) }
      }
    }
    #expect(result.status == 200)
    #expect(result.reusedConnection)
  }

  @Test func resolverFindsAddressesAndReportsFailures() async throws {
    let resolver = HostResolver()
    func resolve(_ host: String) async -> HostResolver.Answer {
      await withCheckedContinuation { continuation in
        resolver.resolve(host, timeout: .seconds(120)) { continuation.resume(returning: $0) }
      }
    }
    #expect(try await resolve("127.0.0.9").get() == ["127.0.0.9"])
    #expect(try await resolve("localhost").get().contains("127.0.0.1"))
    guard case .failure(let failure) = await resolve("no-such-host.invalid") else {
      Issue.record("resolved what does not exist")
      return
    }
    #expect(failure.reason == .dns)
  }
}
