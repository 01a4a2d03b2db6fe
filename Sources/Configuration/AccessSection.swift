internal import AccessControl
internal import ConfigurationTypes
internal import Secrets
internal import StrictYAML

/// `access:`: who may do what on the listener.
enum AccessSection {
  static func read(_ m: MappingReader, _ paths: FilePaths) -> AccessPlan {
    var plan = AccessPlan()
    plan.webFile = m.optional("web_config_file", .nonEmptyString).map(paths.resolve)
    plan.access.anonymous = m.optional("anonymous", roles)
    plan.access.users = m.optional("users", .map(roles)) ?? [:]
    plan.access.tokens = m.optional("tokens", .list(.mapping { token($0, paths) })) ?? []
    var names: Set<String> = []
    for token in plan.access.tokens where !names.insert(token.name).inserted {
      m.problem("two tokens are called \"\(token.name)\"", at: "tokens")
    }
    plan.access.hosts = Set((m.optional("hosts", .list(host)) ?? []).map { $0.lowercased() })
    let rate = m.optional("requests_per_second", .double(0...1_000_000)) ?? 200
    let burst = m.optional("request_burst", .int(1...10_000_000)) ?? AccessSettings.defaultClientLimit.burst
    plan.access.clientLimit = rate > 0 ? RateLimit(interval: .seconds(1) / rate, burst: burst) : nil
    return plan
  }

  /// A name as in a URL, without a port.
  private static var host: YAMLType<String> {
    .nonEmptyString.validated { text in
      let isName = text.utf8.allSatisfy { byte in
        switch byte {
        case 0x2d, 0x2e, 0x5f, 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: false
        }
      }
      return isName && !text.hasSuffix(".") ? nil : "expected a host name without scheme and port"
    }
  }

  private static func token(_ m: MappingReader, _ paths: FilePaths) -> AccessSettings.Token {
    let name = m.required("name", .nonEmptyString)
    if m.has("token") {
      m.allow("token")
      m.problem("a secret does not belong in this file: name a file with `token_file`", at: "token")
    }
    m.atMostOne(of: "token_file", "token_env")
    let file = m.optional("token_file", paths.existing("the file of the token"))
    let variable = m.optional("token_env", .nonEmptyString)
    if !m.has("token_file"), !m.has("token_env"), !m.has("token") {
      m.problem("needs `token_file` or `token_env`")
    }
    let secret = file.map { SecretSource.file($0) } ?? .environment(variable ?? "")
    return AccessSettings.Token(name: name, secret: secret, roles: m.required("roles", roles))
  }

  private static var roles: YAMLType<Roles> {
    .converted(
      from: .list(.choice(Role.self)), placeholder: .none
    ) { Roles($0) }
  }
}
