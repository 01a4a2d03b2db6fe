internal import ConfigurationTypes
internal import HTTPClient
internal import Model
internal import Probing
internal import StrictYAML
internal import TLSTransport

/// Keys that checks of connections share: where to connect, and how TLS is made.
enum EndpointSection {
  private enum Family: String, CaseIterable {
    case any
    case four = "4"
    case six = "6"
  }

  private static let tlsKeys = ["verify", "server_name", "ca_file", "min_version", "cert_file", "key_file"]

  static func read(_ m: MappingReader) -> Endpoint {
    var endpoint = m.required("address", address)
    endpoint.addressFamily = readFamily(m)
    endpoint.everyAddress = m.optional("every_address", .bool) ?? false
    return endpoint
  }

  static func readFamily(_ m: MappingReader) -> HTTPRequest.AddressFamily {
    switch m.optional("ip", YAMLType<Family>.choice()) ?? .any {
    case .any: .any
    case .four: .ipv4
    case .six: .ipv6
    }
  }

  /// Everything of TLS; `verify` goes into ``TLSOptions/mustVerify``.
  static func readTLS(_ m: MappingReader, _ endpoint: Endpoint, _ paths: FilePaths) -> TLSOptions {
    var tls = TLSOptions(serverName: m.optional("server_name", serverName) ?? endpoint.host)
    tls.mustVerify = m.optional("verify", .bool) ?? true
    tls.caFile = m.optional("ca_file", paths.existing("the CA file"))
    tls.minimumVersion =
      m.optional("min_version", YAMLType<TLSOptions.Version>.choice()) ?? tls.minimumVersion
    tls.certificateFile = m.optional("cert_file", paths.existing("the certificate file"))
    tls.keyFile = m.optional("key_file", paths.existing("the key file"))
    if tls.keyFile != nil, tls.certificateFile == nil, !m.has("cert_file") {
      m.problem("needs `cert_file`, whose key it is", at: "key_file")
    }
    return tls
  }

  /// Where TLS is not spoken its keys are mistakes.
  static func refuseTLS(_ m: MappingReader, _ remedy: String) {
    for key in tlsKeys {
      m.allow(key)
      if m.has(key) { m.problem("counts only where TLS is spoken: \(remedy)", at: key) }
    }
  }

  private static var address: YAMLType<Endpoint> {
    .scalar("host:port or [IPv6]:port", placeholder: Endpoint(host: "host", port: 1)) { Endpoint($0) }
  }

  private static var serverName: YAMLType<String> {
    YAMLType<String>.nonEmptyString.validated { name in
      name.utf8.count <= 255 && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
        ? nil : "must be a host name or an IP address, found \"\(name)\""
    }
  }
}
