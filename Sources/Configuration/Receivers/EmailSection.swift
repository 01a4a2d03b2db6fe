internal import ConfigurationTypes
internal import HTTPClient
internal import Notifying
internal import StrictYAML

/// A subscription with `protocol: email`.
enum EmailSection {
  static func read(_ m: MappingReader, _ paths: FilePaths) -> any ReceiverSettings {
    let to = m.required("to", YAMLType<[String]>.oneOrMore(address))
    if m.node("to")?.content.isEmptyList == true { m.problem("needs at least one address", at: "to") }
    let from = m.required("from", address)
    let (host, port) = m.required("smarthost", smarthost)
    // Port 465 speaks TLS from the first byte.
    let encryption: MailRequest.Encryption =
      m.optional("encryption", .choice()) ?? (port == 465 ? .tls : .startTLS)
    var settings = EmailSettings(host: host, port: port, encryption: encryption, from: from, to: to)
    settings.fromName = m.optional("from_name", .nonEmptyString)
    settings.helloName = m.optional("hello", .nonEmptyString.validated(hostComplaint))
    settings.username = m.optional("username", .nonEmptyString)
    settings.password = password(m, paths, encryption)
    settings.caFile = m.optional("ca_file", paths.existing("the CA file"))
    settings.templates = ReceiverKeys.templates(m)
    return settings
  }

  private static func password(
    _ m: MappingReader, _ paths: FilePaths, _ encryption: MailRequest.Encryption
  ) -> String? {
    if m.has("password") {
      m.allow("password")
      m.problem("a password does not belong in this file: name a file with `password_file`", at: "password")
    }
    let password = ReceiverSecret.optional("password", m, paths)
    let isGiven = m.has("password_file") || m.has("password_env")
    if m.has("username") != isGiven, !m.has("password") {
      m.problem("`username` and `password_file` or `password_env` go together")
    }
    if isGiven, encryption == .none {
      m.problem("the password would go through the network in the clear", at: "encryption")
    }
    return password
  }

  private static var address: YAMLType<String> {
    YAMLType<String>.nonEmptyString.validated { text in
      let parts = text.split(separator: "@", omittingEmptySubsequences: false)
      let isGood =
        parts.count == 2 && !parts[0].isEmpty && !parts[1].isEmpty && text.utf8.count <= 254
        && text.utf8.allSatisfy { (0x21...0x7e).contains($0) && !"<>(),;:\\\"[]".utf8.contains($0) }
      return isGood ? nil : "must be an address such as oncall@example.org, found \"\(text)\""
    }
  }

  private static var smarthost: YAMLType<(String, UInt16)> {
    .scalar("the mail server as HOST:PORT", placeholder: ("", 0)) { text in
      guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]),
        port > 0
      else { return nil }
      var host = String(text[..<colon])
      if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
      return hostComplaint(host) == nil ? (host, port) : nil
    }
  }

  private static func hostComplaint(_ text: String) -> String? {
    let isGood =
      !text.isEmpty
      && text.utf8.allSatisfy { byte in
        (0x30...0x3a).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
          || byte == 0x2d || byte == 0x2e || byte == 0x5f
      }
    return isGood ? nil : "is no name of a host: \"\(text)\""
  }
}
