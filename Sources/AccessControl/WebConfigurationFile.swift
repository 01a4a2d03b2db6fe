internal import HTTPServer
package import StrictYAML

/// Reads a web configuration file in exporter-toolkit's format (its documentation: "web-configuration.md").
package enum WebConfigurationFile {
  /// What a file of the file system holds; an error's text says why it cannot be read.
  package typealias Reading = (_ path: String) throws(Failure) -> String

  package struct Failure: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
  }

  /// Relative names in it are of files beside it.
  package static func read(
    _ text: String, at path: String, _ problems: Problems, files: @escaping Reading
  ) -> WebConfiguration {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    let reader = WebFileReader(folder: folder, files: files)
    return YAML.read(text, as: .mapping(reader.read), problems)
  }
}

private struct WebFileReader {
  let folder: String
  let files: WebConfigurationFile.Reading

  func read(_ m: MappingReader) -> WebConfiguration {
    var web = WebConfiguration()
    web.tls = m.optional("tls_server_config", .mapping(tls)) ?? nil
    web.headers = m.optional("http_server_config", .mapping(headers)) ?? []
    if let users = m.optional("basic_auth_users", .map(hash)) {
      for (name, hash) in users where !name.isEmpty { web.users[name] = hash }
      if users.keys.contains("") || users.keys.contains(where: { $0.contains(":") }) {
        m.problem("a user's name must not be empty or hold a colon", at: "basic_auth_users")
      }
    }
    web.rateLimit = m.optional("rate_limit", .mapping(rate)) ?? nil
    return web
  }

  /// A hash is never repeated in a message.
  private var hash: YAMLType<PasswordHash?> {
    .converted(from: .string, placeholder: nil) { text in
      if let hash = PasswordHash(text) { return hash }
      throw WebConfigurationFile.Failure(
        "expected a bcrypt hash ($2a$, $2b$ or $2y$) with a cost of \(PasswordHash.costs.lowerBound) to "
          + "\(PasswordHash.costs.upperBound), as `htpasswd -nBC 10 USER` makes")
    }
  }

  private func rate(_ m: MappingReader) -> RateLimit? {
    let interval = m.optional("interval", .duration(.zero ... .seconds(86_400))) ?? .zero
    let burst = m.optional("burst", .int(0...1_000_000)) ?? 0
    return interval == .zero ? nil : RateLimit(interval: interval, burst: max(1, burst))
  }

  // MARK: Headers

  private func headers(_ m: MappingReader) -> [HTTPServerField] {
    // HTTP/1.1 is all that is spoken here; a client that could do more does that as well.
    _ = m.optional("http2", .bool)
    let known = [
      "Content-Security-Policy", "X-Frame-Options", "X-Content-Type-Options", "X-XSS-Protection",
      "Strict-Transport-Security",
    ]
    return m.optional(
      "headers",
      .mapping { headers in
        known.compactMap { name in
          headers.optional(name, .string.validated { isFieldValue($0) ? nil : "must be one line" }).map {
            HTTPServerField(name, $0)
          }
        }
      }) ?? []
  }

  private func isFieldValue(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f } }

  // MARK: TLS

  private func tls(_ m: MappingReader) -> HTTPServerTLS? {
    let certificate = pem(m, "cert", "cert_file")
    let key = pem(m, "key", "key_file")
    var tls = HTTPServerTLS(certificatePEM: certificate?.text ?? "", privateKeyPEM: key?.text ?? "")
    tls.clientAuthoritiesPEM = pem(m, "client_ca", "client_ca_file")?.text
    tls.clientCertificates = m.optional("client_auth_type", .choice(clientKinds)) ?? .none
    tls.clientNames = m.optional("client_allowed_sans", .list(.nonEmptyString)).map(Set.init)
    tls.minimumVersion = m.optional("min_version", .choice(versions)) ?? .tls12
    tls.maximumVersion = m.optional("max_version", .choice(versions)) ?? .tls13
    tls.cipherSuites = m.optional("cipher_suites", .list(.nonEmptyString)) ?? []
    tls.curves = m.optional("curve_preferences", .list(.nonEmptyString)) ?? []
    tls.prefersServerOrder = m.optional("prefer_server_cipher_suites", .bool) ?? true
    if certificate == nil, !m.has("cert"), !m.has("cert_file") { m.problem("needs `cert_file` or `cert`") }
    if key == nil, !m.has("key"), !m.has("key_file") { m.problem("needs `key_file` or `key`") }
    let checks = tls.clientCertificates == .verified || tls.clientCertificates == .verifiedIfGiven
    if checks, !m.has("client_ca"), !m.has("client_ca_file") {
      m.problem("this needs `client_ca_file`: there is nothing to check with", at: "client_auth_type")
    }
    if !checks, m.has("client_ca") || m.has("client_ca_file") {
      m.problem(
        "`client_ca_file` has no effect without `client_auth_type: RequireAndVerifyClientCert` or "
          + "`VerifyClientCertIfGiven`", at: m.has("client_ca") ? "client_ca" : "client_ca_file")
    }
    if tls.clientNames != nil, !checks {
      m.problem("these names are only checked where certificates are verified", at: "client_allowed_sans")
    }
    guard certificate != nil, key != nil, m.problems.isEmpty else { return nil }
    do throws(HTTPServerError) {
      try tls.check()
    } catch {
      m.problem(error.description)
      return nil
    }
    return tls
  }

  /// The text in the file, or the one written here; nil with a problem, or when there is neither.
  private func pem(_ m: MappingReader, _ inline: String, _ file: String) -> (text: String, isFile: Bool)? {
    m.atMostOne(of: inline, file)
    let written = m.optional(inline, .nonEmptyString)
    let name = m.optional(file, .nonEmptyString)
    if let written { return (written, false) }
    guard let name else { return nil }
    do throws(WebConfigurationFile.Failure) {
      return (try files(name.hasPrefix("/") ? name : folder + name), true)
    } catch {
      m.problem(error.description, at: file)
      return nil
    }
  }
}

private let versions: [(String, HTTPServerTLS.Version)] = [
  ("TLS10", .tls10), ("TLS11", .tls11), ("TLS12", .tls12), ("TLS13", .tls13),
]

private let clientKinds: [(String, HTTPServerTLS.ClientCertificates)] = [
  ("NoClientCert", .none), ("RequestClientCert", .requested), ("RequireAnyClientCert", .any),
  ("VerifyClientCertIfGiven", .verifiedIfGiven), ("RequireAndVerifyClientCert", .verified),
]

extension YAMLType {
  /// One of the names, for the value beside it.
  fileprivate static func choice(_ choices: [(String, Value)]) -> YAMLType {
    .converted(from: .choice(among: choices.map(\.0)), placeholder: choices[0].1) { name in
      choices.first { $0.0 == name }?.1 ?? choices[0].1
    }
  }
}
