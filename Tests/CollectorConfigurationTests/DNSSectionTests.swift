import Collecting
import CollectorConfiguration
import ConfigurationTypes
import DNSClient
import FarwatchTesting
import Model
import Probing
import StrictYAML
import Testing

/// `dns` checks, and the collectors that say who serves: every key, and every way to get it wrong.
@Suite struct DNSSectionTests {
  private static let scope = Scope(regions: ["tw", "jp"], vantage: "v", paths: FilePaths(directory: "."))

  /// The text of a section with one mistake, and what is said of it.
  struct Mistake: Sendable, CustomTestStringConvertible {
    let kind: String
    let text: String
    let said: String
    init(_ kind: String, _ text: String, _ said: String) {
      (self.kind, self.text, self.said) = (kind, text, said)
    }
    var testDescription: String { said }
  }

  private func read<Value>(_ text: String, _ body: @escaping (MappingReader) -> Value) -> (Value, [String]) {
    let problems = Problems(file: "f")
    let value = YAML.read(text, as: .mapping(body), problems)
    return (value, problems.list.map { "\($0.line):\($0.column): \($0.message)" })
  }

  private func checks(_ text: String) -> ([any HealthCheckSettings], [String]) {
    read("checks: [{name: c, region: tw, dns: {\(text)}}]") { HealthSection.read($0, Self.scope).checks }
  }

  private func collectors(_ text: String) -> ([any CollectorSettings], [String]) {
    read("collect:\n- name: shop\n  \(text)") { MeasurementSection.read($0, Self.scope) }
  }

  // MARK: Whole sections

  @Test func aCheckWithEveryKey() throws {
    let (all, said) = checks(
      "query: WWW.Example.com., type: A, resolvers: [192.0.2.53, 'ns1.example.com:5353', "
        + "{address: '[2001:db8::53]:53', client_subnet: 203.0.113.7/24}], transport: tcp, recursion: false, "
        + "edns: true, code: [NOERROR, NXDOMAIN], answers: [192.0.2.1], include: 192.0.2.1, among: [192.0.2.1], "
        + "within: 192.0.2.0/24, regex: '^192', not_regex: ['x', 'y'], min_answers: 2, min_ttl: 10s, max_ttl: 1m, "
        + "authoritative: true, authenticated: true, quorum: 2")
    #expect(said == [])
    let check = try #require(all.first as? DNSCheckSettings)
    #expect(check.description.kind == "dns" && check.description.name == "tw/c")
    #expect(check.panel.question == DNSQuestion(name: "www.example.com", type: .a))
    #expect(check.panel.servers.map(\.name) == ["192.0.2.53", "ns1.example.com:5353", "2001:db8::53"])
    #expect(check.panel.servers.last?.clientSubnet?.description == "203.0.113.0/24")
    #expect(check.panel.transport == .tcp && !check.panel.recursion && check.panel.edns)
    #expect(check.quorum == 2)
    var expected = DNSExpectation()
    expected.codes = [.noError, .nameError]
    (expected.exactly, expected.include, expected.among) = (["192.0.2.1"], ["192.0.2.1"], ["192.0.2.1"])
    expected.within = [try #require(AddressRange("192.0.2.0/24"))]
    (expected.regex, expected.notRegex, expected.minimumAnswers) = (["^192"], ["x", "y"], 2)
    (expected.minimumTimeToLive, expected.maximumTimeToLive) = (.seconds(10), .seconds(60))
    (expected.authoritative, expected.authenticated) = (true, true)
    #expect(check.expectation == expected)
    _ = try check.makeCollector(CollectorClients(userAgent: "test"))
  }

  @Test func aCheckWithDefaults() throws {
    let (all, said) = checks("query: example.com")
    #expect(said == [])
    let check = try #require(all.first as? DNSCheckSettings)
    #expect(check.panel == DNSPanelQuestion(DNSQuestion(name: "example.com", type: .a)))
    #expect(check.expectation == DNSExpectation())
    #expect(check.quorum == nil)
    let (soa, saidOfSOA) = checks("query: example.com, type: SOA, serial_drift: 3")
    #expect(saidOfSOA == [])
    #expect((soa.first as? DNSCheckSettings)?.expectation.serialDrift == 3)
    // No answers at all may be what is expected.
    let (none, saidOfNone) = checks("query: example.com, answers: []")
    #expect(saidOfNone == [])
    #expect((none.first as? DNSCheckSettings)?.expectation.minimumAnswers == 0)
  }

  /// `serving` holds one of each of the others: under one name and with the same labels they would write one series.
  @Test(arguments: ["serving", "steering", "marker"], ["serving", "steering", "marker"])
  func aServiceIsWatchedInOneWay(first: String, second: String) throws {
    let steering = "{query: a.example, regions: {tw: 192.0.2.1}}"
    let marker = "{url: 'http://h', from_header: R, regions: {tw: a}}"
    func section(_ kind: String) -> String {
      let body =
        switch kind {
        case "steering": steering
        case "marker": marker
        default: "{steering: \(steering), marker: \(marker)}"
        }
      return "\(kind): \(body)"
    }
    func problems(_ labels: String = "", name: String = "shop") -> [String] {
      let text = """
        collect:
          - {name: shop, \(section(first))}
          - {name: \(name), \(labels)\(section(second))}

        """
      return read(text) { MeasurementSection.read($0, Self.scope) }.1
    }
    let isOne = first != second && (first == "serving" || second == "serving")
    let said = "3:5: `\(second)` of \"shop\" writes series that `\(first)` in line 2 writes already"
    if first != second { #expect(problems() == (isOne ? [said] : [])) }
    #expect(problems(name: "other").isEmpty)
    if first != second { #expect(problems("labels: {view: inside}, ").isEmpty) }
  }

  @Test func steeringWithEveryKey() throws {
    let (all, said) = collectors(
      """
      steering:
          query: shop.example.com
          type: AAAA
          resolvers: [192.0.2.53, 192.0.2.54]
          transport: tcp
          recursion: false
          edns: false
          regions: {tw: ['2001:db8:1::/48', '*.tw.example.'], jp: '*.jp.example'}
          min_share: 0.2
          quorum: 1
      """)
    #expect(said == [])
    let steering = try #require(all.first as? SteeringSettings)
    #expect(steering.panel.question == DNSQuestion(name: "shop.example.com", type: .aaaa))
    #expect(
      steering.map
        == RegionMap([
          .init(
            region: "tw",
            patterns: [.range(try #require(AddressRange("2001:db8:1::/48"))), .text("*.tw.example")]),
          .init(region: "jp", patterns: [.text("*.jp.example")]),
        ]))
    #expect(steering.minimumShare == 0.2 && steering.quorum == 1)
    #expect(steering.panel.transport == .tcp && !steering.panel.recursion && !steering.panel.edns)
    #expect(steering.description.labels == ["service": "shop"])
  }

  @Test func servingWithEveryKey() throws {
    let (all, said) = collectors(
      """
      serving:
          confirm: 4
          window: 5
          steering: {query: shop.example.com, regions: {tw: 192.0.2.0/24}}
          marker:
            url: https://shop.example.com/
            from_json: at.region
            regions: {tw: [taiwan, "tw-*"], jp: japan}
            requests: 8
            min_share: 0.1
            status: 2xx
            method: POST
            contains: region
        timeout: 4s
      """)
    #expect(said == [])
    let serving = try #require(all.first as? ServingSettings)
    #expect(serving.confirm == 4 && serving.window == 5)
    #expect(serving.marker.source == .json("at.region"))
    #expect(serving.marker.requests == 8 && serving.marker.minimumShare == 0.1)
    #expect(serving.marker.http.method == "POST" && serving.marker.http.timeout == .seconds(4))
    #expect(serving.marker.map.regions == ["tw", "jp"])
    #expect(serving.steering.description.timeout == .seconds(4))
    _ = try serving.makeCollector(CollectorClients(userAgent: "test"))
    let (others, saidOfOthers) = collectors(
      "marker: {url: 'http://h', from_body: 'r=(.*)', regions: {tw: '*'}}")
    #expect(saidOfOthers == [])
    #expect((others.first as? MarkerSettings)?.source == .body("r=(.*)"))
    #expect((others.first as? MarkerSettings)?.requests == 4)
  }

  @Test func cloudflareWithEveryKey() throws {
    let directory = try TemporaryDirectory()
    let token = try directory.write("token", "t")
    let (all, said) = collectors(
      """
      cloudflare:
          token_file: \(token)
          account: 023e105f
          pools: [taiwan-1]
          regions: {tw: "taiwan*"}
          load_balancers: [{zone: z1, id: l1}]
          url: https://api.example.com/v4
          ca_file: \(token)
      """)
    #expect(said == [])
    let cloudflare = try #require(all.first as? CloudflareSettings)
    #expect(cloudflare.tokenFile == token && cloudflare.account == "023e105f" && cloudflare.caFile == token)
    #expect(cloudflare.pools == ["taiwan-1"] && cloudflare.map.regions == ["tw"])
    #expect(cloudflare.loadBalancers == [.init(zone: "z1", id: "l1")])
    #expect(cloudflare.url == "https://api.example.com/v4")
  }

  // MARK: Mistakes

  @Test(arguments: [
    Mistake("", "type: A", "1:37: missing key `query`"),
    Mistake("", "query: a..b", #"1:45: "a..b" is no DNS name"#),
    Mistake(
      "", "query: a, type: ANY",
      "1:54: unknown value `ANY`; expected one of `A`, `AAAA`, `CNAME`, `MX`, `NS`, `SOA`, `TXT`, `SRV`, `PTR`, `CAA`"
    ),
    Mistake(
      "", "query: a, resolvers: [192.0.2.300]",
      #"1:60: "192.0.2.300" is no server: an address or a name, with a port behind a colon if need be"#),
    Mistake(
      "", "query: a, resolvers: []",
      "1:59: needs at least one resolver; without the key those of the system are asked"),
    Mistake("", "query: a, resolvers: [192.0.2.1, 192.0.2.1]", "1:59: names a server twice"),
    Mistake(
      "", "query: a, edns: false, resolvers: [{address: 192.0.2.1, client_subnet: 192.0.2.0/24}]",
      "1:54: is what a client subnet is told by"),
    Mistake("", "query: a, resolvers: [{address: 192.0.2.1}]", "1:60: missing key `client_subnet`"),
    Mistake(
      "", "query: a, resolvers: [{address: 192.0.2.1, client_subnet: 192.0.2.1}]",
      #"1:96: expected a network such as 203.0.113.0/24, found "192.0.2.1""#),
    Mistake("", "query: a, transport: tls", "1:59: unknown value `tls`; expected one of `udp`, `tcp`"),
    Mistake("", "query: a, recursion: 1", #"1:59: expected true or false, found the number 1"#),
    Mistake("", "query: a, edns: x", #"1:54: expected true or false, found "x""#),
    Mistake(
      "", "query: a, code: NXDOMAI", "1:54: unknown value `NXDOMAI`; did you mean `NXDOMAIN`?"),
    Mistake("", "query: a, code: []", "1:54: needs at least one code"),
    Mistake(
      "", "query: a, answers: [example.com]", #"1:58: "example.com" is nothing that a record of type A says"#),
    Mistake("", "query: a, include: '::1'", #"1:57: "::1" is nothing that a record of type A says"#),
    Mistake("", "query: a, type: MX, among: mail", #"1:65: "mail" is nothing that a record of type MX says"#),
    Mistake(
      "", "query: a, within: 192.0.2.0/33",
      #"1:56: expected an address or a range such as 203.0.113.0/24, found "192.0.2.0/33""#),
    Mistake("", "query: a, type: TXT, within: 192.0.2.0/24", "1:67: is for the types A and AAAA"),
    Mistake(
      "", "query: a, regex: '('", #"1:55: invalid regular expression "(": missing ): ("#),
    Mistake("", "query: a, not_regex: [')']", #"1:60: invalid regular expression ")": unexpected ): )"#),
    Mistake("", "query: a, min_answers: -1", "1:61: must be between 0 and 10000, found -1"),
    Mistake(
      "", "query: a, min_ttl: 5", #"1:57: expected a duration such as 30s or 1h30m, found the number 5"#),
    Mistake("", "query: a, max_ttl: x", #"1:57: expected a duration such as 30s or 1h30m, found "x""#),
    Mistake("", "query: a, authoritative: 0", #"1:63: expected true or false, found the number 0"#),
    Mistake("", "query: a, authenticated: 0", #"1:63: expected true or false, found the number 0"#),
    Mistake("", "query: a, type: SOA, serial_drift: -1", "1:73: must be between 0 and 4294967295, found -1"),
    Mistake("", "query: a, serial_drift: 1", "1:62: is for the type SOA"),
    Mistake("", "query: a, quorum: 0", "1:56: must be between 1 and 32, found 0"),
    Mistake(
      "", "query: a, resolvers: 192.0.2.1, quorum: 2", "1:78: must be between 1 and the number of resolvers"),
    Mistake("", "query: a, resolver: 192.0.2.1", "1:48: unknown key `resolver`; did you mean `resolvers`?"),
  ])
  func aMistakeInACheck(_ mistake: Mistake) {
    #expect(checks(mistake.text).1 == [mistake.said])
  }

  @Test(arguments: [
    Mistake("steering", "regions: {tw: 192.0.2.1}", "3:13: missing key `query`"),
    Mistake("steering", "query: a", "3:13: missing key `regions`"),
    Mistake("steering", "query: a, regions: {}", "3:33: needs at least one region"),
    Mistake(
      "steering", "query: a, regions: {uk: 192.0.2.1}",
      #"3:34: unknown region "uk"; `regions` declares tw, jp"#),
    Mistake("steering", "query: a, regions: {tw: []}", "3:38: needs at least one pattern"),
    Mistake(
      "steering", "query: a, regions: {tw: 192.0.2.0/33}",
      #"3:38: "192.0.2.0/33" is no address, range or name"#),
    Mistake("steering", "query: a, regions: {tw: 192.0.2}", #"3:38: "192.0.2" is no address, range or name"#),
    Mistake(
      "steering", "query: a, type: MX, regions: {tw: x}",
      "3:30: unknown value `MX`; expected one of `A`, `AAAA`, `CNAME`"),
    Mistake(
      "steering", "query: a, regions: {tw: x}, min_share: 1", "3:53: must be between 0 and 0.99, found 1"),
    Mistake("steering", "query: a, regions: {tw: x}, quorum: 33", "3:50: must be between 1 and 32, found 33"),
    Mistake(
      "steering", "query: a, regions: {tw: x}, resolvers: a, quorum: 2",
      "3:64: must be between 1 and the number of resolvers"),
    Mistake(
      "marker", "url: 'http://h', regions: {tw: x}",
      "3:11: missing key `from_header` (or `from_json`, `from_body`)"),
    Mistake(
      "marker", "url: 'http://h', from_header: a, from_json: b, regions: {tw: x}",
      "3:45: only one of `from_header`, `from_json`, `from_body` may be given"),
    Mistake("marker", "url: 'http://h', from_header: a", "3:11: missing key `regions`"),
    Mistake("marker", "from_header: a, regions: {tw: x}", "3:11: missing key `url`"),
    Mistake(
      "marker", "url: 'http://h', from_body: '(', regions: {tw: x}",
      #"3:40: invalid regular expression "(": missing ): ("#),
    Mistake(
      "marker", "url: 'http://h', from_header: a, regions: {tw: x}, requests: 65",
      "3:73: must be between 1 and 64, found 65"),
    Mistake(
      "marker", "url: 'http://h', from_header: a, regions: {tw: x}, min_share: -1",
      "3:74: must be between 0 and 0.99, found -1"),
    Mistake(
      "marker", "url: 'http://h', from_header: a, regions: {tw: x}, every_address: true",
      "3:78: a marker is asked for over new connections, to all addresses in turn"),
    Mistake(
      "marker", "url: 'http://h', from_header: a, regions: {tw: x}, keep_alive: true",
      "3:75: a marker is asked for over new connections, to all addresses in turn"),
    Mistake(
      "marker", "url: 'http://h', from_json: a, regions: {tw: x}, method: HEAD",
      "3:69: HEAD brings no body to look at"),
    Mistake(
      "serving", "steering: {query: a, regions: {tw: x}}", "3:12: missing key `marker`"),
    Mistake(
      "serving", "marker: {url: 'http://h', from_header: a, regions: {tw: x}}", "3:12: missing key `steering`"
    ),
    Mistake(
      "serving",
      "steering: {query: a, regions: {tw: x}}, "
        + "marker: {url: 'http://h', from_header: a, regions: {tw: x}}, confirm: 0",
      "3:123: must be between 1 and 100, found 0"),
    Mistake(
      "serving",
      "steering: {query: a, regions: {tw: x}}, "
        + "marker: {url: 'http://h', from_header: a, regions: {tw: x}}, window: 101",
      "3:122: must be between 1 and 100, found 101"),
    Mistake("cloudflare", "account: a", "3:15: missing key `token_file`"),
    Mistake(
      "cloudflare", "token: abc", "3:23: a token does not belong in this file: name a file with `token_file`"),
    Mistake(
      "cloudflare", "token_file: none",
      #"3:28: the token file "none" cannot be read: No such file or directory"#),
    Mistake(
      "cloudflare", "token_file: /dev/null, account: a/b",
      #"3:48: is no id: letters and digits only, found "a/b""#),
    Mistake("cloudflare", "token_file: /dev/null, pools: ['']", "3:47: must not be empty"),
    Mistake(
      "cloudflare", "token_file: /dev/null, regions: {uk: a}",
      #"3:49: unknown region "uk"; `regions` declares tw, jp"#),
    Mistake("cloudflare", "token_file: /dev/null, load_balancers: [{zone: z}]", "3:56: missing key `id`"),
    Mistake(
      "cloudflare", "token_file: /dev/null, url: 'ftp://h'",
      #"3:44: must begin with http:// or https://, found "ftp://h""#),
    Mistake(
      "cloudflare", "token_file: /dev/null, ca_file: none",
      #"3:48: the CA file "none" cannot be read: No such file or directory"#),
  ])
  func aMistakeInACollector(_ mistake: Mistake) {
    #expect(collectors("\(mistake.kind): {\(mistake.text)}").1 == [mistake.said])
  }
}
