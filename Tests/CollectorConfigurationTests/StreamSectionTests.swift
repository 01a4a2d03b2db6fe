import Collecting
import CollectorConfiguration
import ConfigurationTypes
import FarwatchTesting
import HTTPClient
import Model
import Probing
import StreamClient
import TLSTransport
import StrictYAML
import Testing

/// `tcp:`, `tls:`, `icmp:` and `grpc:` of checks.
@Suite struct StreamSectionTests {
  /// The checks of `health:`, whose only check begins in line 2, and what is said about it.
  private func read(_ check: String) -> (checks: [any HealthCheckSettings], said: [String]) {
    let problems = Problems(file: "f")
    let scope = Scope(regions: ["r"], vantage: "", paths: FilePaths(directory: "."))
    let text = "checks:\n- {name: c, region: r, \(check)}\n"
    let checks = YAML.read(text, as: .mapping { HealthSection.read($0, scope).checks }, problems)
    return (checks, problems.list.map { "\($0.line):\($0.column): \($0.message)" })
  }

  private func settings<Settings>(_ check: String, as type: Settings.Type) throws -> Settings {
    let (checks, said) = read(check)
    #expect(said == [])
    return try #require(checks.first as? Settings)
  }

  @Test func aTCPCheckWithAllItsKeys() throws {
    let check = try settings(
      """
      timeout: 3s, tcp: {address: "[::1]:25", ip: 6, every_address: true, read_limit: 4KiB, server_name: mail.example,
        verify: false, ca_file: /etc/hostname, min_version: 1.3, cert_file: /etc/hostname, key_file: /etc/hosts,
        conversation: [{expect: "^220 (.*)$", send: "EHLO ${1}\\r"}, {expect_bytes: "250 ", send_raw: "X"}, {starttls: true}]}
      """, as: TCPCheckSettings.self)
    #expect(check.basics.timeout == .seconds(3))
    #expect(check.endpoint.host == "::1" && check.endpoint.port == 25)
    #expect(check.endpoint.addressFamily == .ipv6 && check.endpoint.everyAddress)
    #expect(check.readLimit == 4096)
    #expect(
      check.conversation == [
        .init(expect: .line("^220 (.*)$"), send: "EHLO ${1}\r\n"), .init(expect: .bytes("250 "), send: "X"),
        .init(startTLS: true),
      ])
    #expect(!check.tlsFromStart)
    let tls = try #require(check.tls)
    #expect(tls.serverName == "mail.example" && !tls.verify && tls.caFile == "/etc/hostname")
    #expect(
      tls.minimumVersion == .tls13 && tls.certificateFile == "/etc/hostname" && tls.keyFile == "/etc/hosts")
    let plain = try settings("tcp: {address: 'db:5432'}", as: TCPCheckSettings.self)
    #expect(plain.tls == nil && plain.conversation.isEmpty && plain.readLimit == 1 << 20)
    #expect(try settings("tcp: {address: 'db:5432', tls: true}", as: TCPCheckSettings.self).tlsFromStart)
  }

  @Test func aTLSCheckWithAllItsKeys() throws {
    let check = try settings(
      """
      tls: {address: "db:5432", starttls: postgres, ip: 4, every_address: true, verify: false, min_validity: 14d,
        server_name: 10.0.0.1, ca_file: /etc/hostname, min_version: 1.0, cert_file: /etc/hostname}
      """, as: TLSCheckSettings.self)
    #expect(check.endpoint.host == "db" && check.endpoint.everyAddress && check.startTLS == .postgres)
    #expect(!check.tls.verify && check.minimumLeft == .seconds(14 * 86_400))
    #expect(check.tls.serverName == "10.0.0.1" && check.tls.minimumVersion == .tls10)
    let plain = try settings("tls: {address: 'h:443'}", as: TLSCheckSettings.self)
    #expect(
      plain.tls.verify && plain.minimumLeft == nil && plain.tls.serverName == "h" && plain.startTLS == nil)
  }

  @Test func anICMPCheckWithAllItsKeys() throws {
    let check = try settings(
      """
      icmp: {host: gw.example, ip: 4, every_address: true, packets: 5, spacing: 20ms, payload: 1400,
        dont_fragment: true, max_loss: 0.2}
      """, as: ICMPCheckSettings.self)
    #expect(check.host == "gw.example" && check.addressFamily == .ipv4 && check.everyAddress)
    #expect(check.packets == 5 && check.spacing == .milliseconds(20) && check.payload == 1400)
    #expect(check.dontFragment && check.maximumLoss == 0.2)
    let plain = try settings("icmp: {host: '::1'}", as: ICMPCheckSettings.self)
    #expect(plain.packets == 3 && plain.payload == 56 && plain.maximumLoss == 0.5 && !plain.dontFragment)
  }

  @Test func aGRPCCheckWithAllItsKeys() throws {
    let check = try settings(
      """
      grpc: {address: "api:50051", service: shop.Cart, tls: true, ip: 4, every_address: true, verify: false,
        server_name: api.example, ca_file: /etc/hostname, cert_file: /etc/hostname, key_file: /etc/hosts}
      """, as: GRPCCheckSettings.self)
    #expect(check.endpoint.text == "api:50051" && check.endpoint.everyAddress && check.service == "shop.Cart")
    #expect(check.isSecure && !check.verifyPeer && check.serverName == "api.example")
    #expect(check.caFile == "/etc/hostname" && check.clientCertificate?.keyFile == "/etc/hosts")
    let plain = try settings("grpc: {address: 'api:50051'}", as: GRPCCheckSettings.self)
    #expect(!plain.isSecure && plain.service.isEmpty && plain.verifyPeer)
  }

  @Test(arguments: [
    ("grpc: {service: x}", "2:30: missing key `address`"),
    ("grpc: {address: 'a:1', verify: true}", "2:55: counts only where TLS is spoken: with `tls: true`"),
    (
      "grpc: {address: 'a:1', tls: true, min_version: 1.2}",
      "2:71: is not offered for gRPC, which needs TLS 1.2 anyway"
    ),
    ("grpc: {address: 'a:1', tls: 1}", "2:52: expected true or false, found the number 1"),
    ("grpc: {address: 'a:1', service: [x]}", "2:56: expected text, found a list"),
    ("icmp: {}", "2:30: missing key `host`"),
    ("icmp: {host: 'a b'}", #"2:37: must be a host name or an IP address, found "a b""#),
    ("icmp: {host: h, packets: 0}", "2:49: must be between 1 and 100, found 0"),
    ("icmp: {host: h, spacing: 0}", "2:49: must be between 1ms and 1m, found 0s"),
    ("icmp: {host: h, payload: 7}", "2:49: must be between 8 and 65000, found 7"),
    ("icmp: {host: h, dont_fragment: 2}", "2:55: expected true or false, found the number 2"),
    ("icmp: {host: h, max_loss: 1}", "2:50: must be less than 1: silence is never health"),
    ("icmp: {host: h, ip: both}", "2:44: unknown value `both`; expected one of `any`, `4`, `6`"),
    ("icmp: {host: h, every_address: x}", #"2:55: expected true or false, found "x""#),
    (
      "timeout: 1s, icmp: {host: h, packets: 9, spacing: 1s}",
      "2:62: packets: the last packet would leave after the time-out"
    ),
    ("tcp: {}", "2:29: missing key `address`"),
    ("tcp: {address: db}", #"2:39: expected host:port or [IPv6]:port, found "db""#),
    ("tcp: {address: 'db:1', ip: both}", "2:51: unknown value `both`; expected one of `any`, `4`, `6`"),
    ("tcp: {address: 'db:1', every_address: 1}", #"2:62: expected true or false, found the number 1"#),
    ("tcp: {address: 'db:1', tls: maybe}", #"2:52: expected true or false, found "maybe""#),
    ("tcp: {address: 'db:1', read_limit: 0}", "2:59: must be between 1 byte and 64MiB"),
    ("tcp: {address: 'db:1', conversation: []}", "2:61: needs at least one step"),
    (
      "tcp: {address: 'db:1', conversation: [{}]}",
      "2:62: a step needs `expect`, `expect_bytes`, `send`, `send_raw` or `starttls`"
    ),
    (
      "tcp: {address: 'db:1', conversation: [{expect: '('}]}",
      #"2:71: invalid regular expression "(": missing ): ("#
    ),
    (
      "tcp: {address: 'db:1', conversation: [{expect: a, expect_bytes: b}]}",
      "2:74: only one of `expect`, `expect_bytes` may be given"
    ),
    (
      "tcp: {address: 'db:1', conversation: [{send: a, send_raw: b}]}",
      "2:72: only one of `send`, `send_raw` may be given"
    ),
    (
      "tcp: {address: 'db:1', tls: true, conversation: [{starttls: true}]}",
      "2:52: TLS from the start and a step with `starttls` exclude each other"
    ),
    (
      "tcp: {address: 'db:1', verify: false}",
      "2:55: counts only where TLS is spoken: with `tls: true` or a step with `starttls: true`"
    ),
    (
      "tcp: {address: 'db:1', tls: true, min_version: 2}",
      "2:71: unknown value `2`; expected one of `1.0`, `1.1`, `1.2`, `1.3`"
    ),
    (
      "tcp: {address: 'db:1', tls: true, ca_file: /nowhere}",
      #"2:67: the CA file "/nowhere" cannot be read: No such file or directory"#
    ),
    ("tcp: {address: 'db:1', tls: true, key_file: /etc/hosts}", "2:68: needs `cert_file`, whose key it is"),
    (
      "tcp: {address: 'db:1', tls: true, server_name: 'a b'}",
      #"2:71: must be a host name or an IP address, found "a b""#
    ),
    ("tls: {address: 'h:443', starttls: telnet}", startTLSFault),
    (
      "tls: {address: 'h:443', min_validity: -1d}",
      #"2:62: expected a duration such as 30s or 1h30m, found "-1d""#
    ),
    ("tls: {address: 'h:443', verfy: true}", tlsKeyFault),
  ])
  func aFaultIsNamed(_ check: String, _ expected: String) {
    #expect(read(check).said == [expected])
  }

  private static let startTLSFault =
    "2:58: unknown value `telnet`; expected one of `smtp`, `imap`, `pop3`, `ftp`, `ldap`, `postgres`, `mysql`"
  private static let tlsKeyFault = "2:48: unknown key `verfy`; did you mean `verify`?"
}
