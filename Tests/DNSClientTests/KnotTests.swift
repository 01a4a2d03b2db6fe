import DNSClient
import FarwatchTesting
import Model
import Testing

/// Every type of record as a real authoritative server writes it.
@Suite struct KnotTests {
  @Test func everyTypeIsRead() async throws {
    let knot = try await KnotServer(
      serial: 2_026_010_203,
      """
      www 30 A 192.0.2.1
      www 30 A 192.0.2.2
      www AAAA 2001:db8::1
      shop 15 CNAME www
      @ MX 10 mail.Example.NET.
      @ TXT "v=spf1 " "-all"
      _sip._tcp SRV 1 2 5060 sip
      1 PTR www
      @ CAA 128 issue "ca.example"
      """)
    let client = try DNSClient()
    let server = try #require(ResolverAddress(address: "127.0.0.1", port: UInt16(knot.port)))
    func answers(_ name: String, _ type: DNSRecordType) async throws -> [String] {
      var query = DNSQuery(DNSQuestion(name: name, type: type), server: server, timeout: .seconds(5))
      query.recursion = false
      let message = try await client.ask(query).get().message
      #expect(message.isAuthoritative && !message.recursionAvailable && message.hasEDNS)
      return message.records(for: query.question).map(\.data.presentation).sorted()
    }
    #expect(try await answers("www.example.test", .a) == ["192.0.2.1", "192.0.2.2"])
    #expect(try await answers("www.example.test", .aaaa) == ["2001:db8::1"])
    #expect(try await answers("shop.example.test", .cname) == ["www.example.test"])
    #expect(try await answers("shop.example.test", .a) == ["192.0.2.1", "192.0.2.2"])
    #expect(try await answers("example.test", .mx) == ["10 mail.example.net"])
    #expect(try await answers("example.test", .ns) == ["ns1.example.test"])
    #expect(try await answers("example.test", .txt) == ["v=spf1 -all"])
    #expect(try await answers("_sip._tcp.example.test", .srv) == ["1 2 5060 sip.example.test"])
    #expect(try await answers("1.example.test", .ptr) == ["www.example.test"])
    #expect(try await answers("example.test", .caa) == ["128 issue ca.example"])
    #expect(
      try await answers("example.test", .soa)
        == ["ns1.example.test admin.example.test 2026010203 3600 600 86400 30"])
  }

  @Test func aNameThatIsNotThereHasAnAuthority() async throws {
    let knot = try await KnotServer(serial: 7, "")
    let client = try DNSClient()
    let server = try #require(ResolverAddress(address: "127.0.0.1", port: UInt16(knot.port)))
    let question = DNSQuestion(name: "none.example.test", type: .a)
    let message = try await client.ask(DNSQuery(question, server: server, timeout: .seconds(5))).get().message
    #expect(message.code == .nameError)
    #expect(message.answers.isEmpty && message.authority.count == 1)
    #expect(message.timeToLive(for: question) == 30)
  }
}
