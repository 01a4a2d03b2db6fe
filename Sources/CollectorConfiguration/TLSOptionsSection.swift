internal import ConfigurationTypes
internal import StrictYAML
internal import TLSTransport

/// What a user may say of TLS: the same keys wherever it is spoken.
enum TLSOptionsSection {
  private static let keys = ["verify", "server_name", "ca_file", "min_version", "cert_file", "key_file"]

  /// - Parameter host: the name to expect unless `server_name` gives one; nil: whoever connects knows it.
  static func read(_ m: MappingReader, _ paths: FilePaths, host: String? = nil) -> TLSOptions {
    var tls = TLSOptions(serverName: m.optional("server_name", serverName) ?? host)
    tls.verify = m.optional("verify", .bool) ?? true
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
  static func refuse(_ m: MappingReader, _ remedy: String) {
    for key in keys {
      m.allow(key)
      if m.has(key) { m.problem("counts only where TLS is spoken: \(remedy)", at: key) }
    }
  }

  private static var serverName: YAMLType<String> {
    YAMLType<String>.nonEmptyString.validated { name in
      name.utf8.count <= 255 && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
        ? nil : "must be a host name or an IP address, found \"\(name)\""
    }
  }
}
