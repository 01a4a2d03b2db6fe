import FarwatchTesting
import Model
import MySQLClient
import Secrets
import Testing

/// Who demands TLS of a server that has none.
@Suite struct MySQLWithoutTLSTests {
  @Test func nothingIsSentToAServerThatOffersNoTLS() async throws {
    let server = try await MariaDBServer.start(id: 1, ["skip-ssl"])
    #expect(["DISABLED", "NO"].contains(try await server.sql("SELECT @@have_ssl")))
    let proxy = try FaultyProxy(to: server.port)
    let client = try MySQLClient()
    let directory = try TemporaryDirectory()
    var source = MySQLSource(host: "127.0.0.1", port: proxy.port, user: "watch")
    source.password = .file(try directory.write("password", "watchword\n"))
    for tls in [MySQLTLS.require, .verify] {
      source.tls = tls
      let answer = await client.ask(MySQLSession(source), ["SELECT 1"], timeout: .seconds(10), new: false)
      guard case .failure(let error) = answer else {
        Issue.record("asked in clear")
        continue
      }
      #expect(error.reason == .tlsHandshake)
      #expect(error.message.contains("offers no TLS") && error.message.contains("tls: off"), "\(error)")
    }
    #expect(proxy.bytes(.toClient) > 0 && proxy.bytes(.toTarget) == 0)
    source.tls = .off
    _ = try await client.ask(MySQLSession(source), ["SELECT 1"], timeout: .seconds(10), new: false).get()
    proxy.stop()
  }

  /// As MariaDB sends it: version "11", a thread, a challenge, capabilities, and a rest that says nothing here.
  private func greeting(capabilities: [UInt8], version: String = "11") -> [UInt8] {
    let body: [UInt8] =
      [10] + Array(version.utf8) + [0, 1, 2, 3, 4] + Array("challeng".utf8) + [0] + capabilities
      + Array(repeating: 0, count: 40)
    return [UInt8(body.count & 0xff), UInt8(body.count >> 8), 0, 0] + body
  }

  @Test func greetingsAreReadInAnyPieces() {
    for (capabilities, told) in [([0xff, 0xff], ServerGreeting.offersTLS), ([0xff, 0xf7], .offersNoTLS)] {
      let whole = greeting(capabilities: capabilities.map(UInt8.init))
      #expect(ServerGreeting(whole) == told)
      for count in whole.indices {
        switch ServerGreeting(Array(whole.prefix(count))) {
        case .incomplete(let needs): #expect(needs > count && needs <= whole.count, "\(count)")
        case let early: #expect(early == told && count >= 23, "\(count)")
        }
      }
    }
    #expect(ServerGreeting([30, 0, 0, 0, 0xff]) == .refusal)
    #expect(ServerGreeting(Array("SSH-2.0-OpenSSH_9.2p1".utf8)) == .foreign)
    #expect(ServerGreeting([2, 0, 0, 0, 10, 0]) == .foreign)
    #expect(ServerGreeting([0, 0, 0, 0, 10]) == .foreign)
    #expect(ServerGreeting([3, 0, 0, 0, 10, 65, 65]) == .foreign)
    let long = greeting(capabilities: [0xff, 0xff], version: String(repeating: "x", count: 960))
    #expect(ServerGreeting(long) == .offersTLS && ServerGreeting(Array(long.prefix(900))) != .foreign)
  }

  @Test func anyBytesAreJudgedAndNothingWaitsForMoreThanAGreetingHolds() {
    let seed = UInt64.random(in: .min ... .max)
    var numbers = SeededNumbers(seed: seed)
    for _ in 0..<20_000 {
      var bytes = greeting(capabilities: [0xff, 0xf7])
      for _ in 0..<Int.random(in: 0..<6, using: &numbers) {
        bytes[Int.random(in: bytes.indices, using: &numbers)] = .random(in: .min ... .max, using: &numbers)
      }
      bytes.removeLast(Int.random(in: 0...bytes.count, using: &numbers))
      if case .incomplete(let needs) = ServerGreeting(bytes) {
        #expect(needs > bytes.count && needs <= ServerGreeting.byteLimit, "seed \(seed)")
      }
    }
  }
}
