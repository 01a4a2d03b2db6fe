import FarwatchTesting
import Foundation
import HTTPServer
import StrictYAML
import Testing

@testable import AccessControl

private let shared = Result { () throws -> TestCertificates in
  let papers = try TestCertificates()
  try papers.make("server", host: "127.0.0.1", days: 30)
  try papers.make("other", host: "127.0.0.1", days: 30)
  return papers
}

/// The file's contents, or its problems as `line:column: message`.
private func read(_ text: String) throws -> (web: WebConfiguration, problems: [String]) {
  let papers = try shared.get()
  let problems = Problems(file: "web.yml")
  let web = WebConfigurationFile.read(text, at: papers.path("web.yml"), problems) {
    path throws(WebConfigurationFile.Failure) in
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw WebConfigurationFile.Failure("cannot read \(path.split(separator: "/").last ?? "")")
    }
    return text
  }
  return (web, problems.list.map { "\($0.line):\($0.column): \($0.message)" })
}

@Suite struct WebConfigurationFileTests {
  @Test func everythingIsRead() throws {
    let papers = try shared.get()
    let (web, problems) = try read(
      """
      tls_server_config:
        cert_file: server.pem
        key_file: \(papers.path("server.key"))
        client_auth_type: RequireAndVerifyClientCert
        client_ca_file: ca.pem
        client_allowed_sans: [prometheus.example]
        min_version: TLS12
        max_version: TLS13
        cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]
        curve_preferences: [X25519, CurveP256]
        prefer_server_cipher_suites: false
      http_server_config:
        http2: false
        headers:
          X-Frame-Options: deny
          Strict-Transport-Security: max-age=31536000
      basic_auth_users:
        ada: $2b$04$abcdefghijklmnopqrstuuJcn4PFO5bGnI/EDhnjQ1pdJbVW4hEWu
        bob: $2y$10$abcdefghijklmnopqrstuuJcn4PFO5bGnI/EDhnjQ1pdJbVW4hEWu
      rate_limit:
        interval: 100ms
        burst: 20
      """)
    #expect(problems == [])
    #expect(web.tls?.certificatePEM.contains("BEGIN CERTIFICATE") == true)
    #expect(web.tls?.clientCertificates == .verified)
    #expect(web.tls?.clientNames == ["prometheus.example"])
    #expect(web.tls?.curves == ["X25519", "CurveP256"])
    #expect(web.tls?.prefersServerOrder == false)
    #expect(
      web.headers == [
        HTTPServerField("X-Frame-Options", "deny"),
        HTTPServerField("Strict-Transport-Security", "max-age=31536000"),
      ])
    #expect(web.users.keys.sorted() == ["ada", "bob"])
    #expect(web.rateLimit == RateLimit(interval: .milliseconds(100), burst: 20))
  }

  @Test func anEmptyFileAsksForNothing() throws {
    let (web, problems) = try read("")
    #expect(problems == [] && web == WebConfiguration())
  }

  @Test(arguments: [
    ("tls_server_config: {cert_file: server.pem}", "1:20: needs `key_file` or `key`"),
    ("tls_server_config: {}", "1:20: needs `cert_file` or `cert`"),
    (
      "tls_server_config: {cert_file: gone.pem, key_file: server.key}", "1:32: cannot read gone.pem"
    ),
    (
      "tls_server_config: {cert_file: server.pem, key_file: server.key, client_auth_type: Never}",
      "1:84: unknown value `Never`"
    ),
    (
      "tls_server_config: {cert_file: server.pem, key_file: server.key, client_auth_type: VerifyClientCertIfGiven}",
      "1:84: this needs `client_ca_file`: there is nothing to check with"
    ),
    (
      "tls_server_config: {cert_file: server.pem, key_file: server.key, client_ca_file: ca.pem}",
      "1:82: `client_ca_file` has no effect without"
    ),
    (
      "tls_server_config: {cert_file: server.pem, key_file: server.key, client_allowed_sans: [a]}",
      "1:87: these names are only checked where certificates are verified"
    ),
    (
      "tls_server_config: {cert_file: server.pem, key_file: other.key}",
      "1:20: TLS: the certificate and its key cannot be used"
    ),
    (
      "tls_server_config: {cert_file: server.pem, key_file: server.key, min_version: SSL3}",
      "1:79: unknown value `SSL3`"
    ),
    (
      "tls_server_config: {cert_file: server.pem, key_file: server.key, cipher_suites: [TLS_X]}",
      "1:20: TLS: the cipher suite \"TLS_X\" is unknown"
    ),
    ("http_server_config: {headers: {X-Other: a}}", "1:32: unknown key `X-Other`"),
    ("http_server_config: {headers: {X-Frame-Options: \"a\\nb\"}}", "1:49: must be one line"),
    ("basic_auth_users: {ada: secret}", "1:25: expected a bcrypt hash ($2a$, $2b$ or $2y$)"),
    (
      "basic_auth_users: {ada: $2b$31$abcdefghijklmnopqrstuuJcn4PFO5bGnI/EDhnjQ1pdJbVW4hEWu}",
      "1:25: expected a bcrypt hash"
    ),
    (
      "basic_auth_users: {'a:b': $2b$04$abcdefghijklmnopqrstuuJcn4PFO5bGnI/EDhnjQ1pdJbVW4hEWu}",
      "1:19: a user's name must not be empty or hold a colon"
    ),
    ("rate_limit: {interval: -1s}", "1:24: "),
    ("rate_limit: {burst: many}", "1:21: expected"),
    ("tls: {}", "1:1: unknown key `tls`"),
  ])
  func mistakesHaveAPlace(text: String, problem: String) throws {
    let (_, problems) = try read(text)
    #expect(problems.contains { $0.hasPrefix(problem) }, "\(problems)")
    #expect(!problems.joined().contains("secret"), "no secret is repeated")
  }

  @Test func hashesAreThoseOfBcrypt() throws {
    // Made by another implementation (Python's bcrypt, of OpenBSD's test vectors).
    let known = try #require(
      PasswordHash("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"))
    #expect(known.matches("U*U"))
    #expect(!known.matches("U*U*"))
    #expect(!known.matches(""))
    #expect(!known.matches("U*U\0"))
    for text in ["", "$1$x$y", "$2b$10$short", String(repeating: "a", count: 60)] {
      #expect(PasswordHash(text) == nil)
    }
    #expect(PasswordHash.nobody?.matches("") == false)
  }

  @Test func pathsNeedWhatTheySay() {
    func needs(_ method: String, _ path: String) -> Requirement { .of(method: method, path: path) }
    #expect(needs("GET", "/") == .role(.read))
    #expect(needs("GET", "/metrics") == .role(.metrics))
    #expect(needs("GET", "/federate") == .role(.metrics))
    #expect(needs("POST", "/api/v1/query_range") == .role(.read))
    #expect(needs("POST", "/api/v1/write") == .role(.ingest))
    #expect(needs("POST", "/api/v2/alerts") == .role(.ingest))
    #expect(needs("POST", "/api/v2/silences") == .role(.operate))
    #expect(needs("DELETE", "/api/v2/silence/1") == .role(.operate))
    #expect(needs("PUT", "/api/v1/write") == .role(.operate))
    #expect(needs("POST", "/anything/new") == .role(.operate))
    #expect(needs("POST", "/ping/abc") == .nothing)
    #expect(needs("GET", "/-/ready") == .nothing)
    #expect(needs("POST", "/-/ready") == .nothing)
    #expect(needs("TRACE", "/") == .role(.operate))
  }
}
