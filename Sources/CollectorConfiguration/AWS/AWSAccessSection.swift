internal import CloudAccess
internal import ConfigurationTypes
internal import StrictYAML

/// How AWS is reached and as whom: keys that every section of AWS' services has.
struct AWSAccess: Sendable {
  var identity: AWSIdentitySettings
  var endpoint: String?
  var caFile: String?
}

/// `credentials`, `shared_credentials_file` with `profile`, `assume_role`, `endpoint`, `sts_endpoint` and `ca_file`.
enum AWSAccessSection {
  private enum Source: String, CaseIterable {
    case automatic, environment, container, instance
    case webIdentity = "web_identity"
  }

  /// - Parameter region: whose token service is asked for roles.
  static func read(_ m: MappingReader, _ scope: Scope, region: String) -> AWSAccess {
    let endpoint = m.optional("endpoint", Self.endpoint)
    let caFile = m.optional("ca_file", scope.paths.existing("the CA file"))
    let stsEndpoint = m.optional("sts_endpoint", Self.endpoint)
    var identity = identity(m, scope, region: region)
    // An endpoint of one service knows nothing of roles.
    identity.endpoint = stsEndpoint ?? endpoint.flatMap { $0.contains("{service}") ? $0 : nil }
    identity.caFile = caFile
    return AWSAccess(identity: identity, endpoint: endpoint, caFile: caFile)
  }

  static func identity(_ m: MappingReader, _ scope: Scope, region: String) -> AWSIdentitySettings {
    for key in ["access_key_id", "secret_access_key", "session_token"] where m.has(key) {
      m.allow(key)
      m.problem(
        "a credential does not belong in this file: name a file with `shared_credentials_file`", at: key)
    }
    m.atMostOne(of: "credentials", "shared_credentials_file")
    let source = m.optional("credentials", YAMLType<Source>.choice()) ?? .automatic
    let file = m.optional("shared_credentials_file", scope.paths.existing("the credentials file"))
    let profile = m.optional("profile", .nonEmptyString)
    if profile != nil, !m.has("shared_credentials_file") {
      m.problem("`profile` needs `shared_credentials_file`", at: "profile")
    }
    let token = m.optional("web_identity_token_file", .nonEmptyString).map { scope.paths.resolve($0) }
    let webRole = m.optional("web_identity_role", roleARN)
    for key in ["web_identity_token_file", "web_identity_role"] where m.has(key) && source != .webIdentity {
      m.problem("`\(key)` needs `credentials: web_identity`", at: key)
    }
    var identity = AWSIdentitySettings(region: region.isEmpty ? "us-east-1" : region)
    if let file {
      identity.source = .file(path: file, profile: profile ?? "default")
    } else {
      switch source {
      case .automatic: identity.source = .automatic
      case .environment: identity.source = .environment
      case .container: identity.source = .container
      case .instance: identity.source = .instance
      case .webIdentity: identity.source = .webIdentity(tokenFile: token, role: webRole)
      }
    }
    let role = m.optional("assume_role", roleARN)
    let externalID = m.optional("external_id", .nonEmptyString)
    let session = m.optional("session_name", sessionName)
    for key in ["external_id", "session_name"] where m.has(key) && !m.has("assume_role") {
      m.problem("`\(key)` needs `assume_role`", at: key)
    }
    if let role {
      var assumed = AWSAssumedRole(arn: role, externalID: externalID)
      assumed.sessionName = session ?? assumed.sessionName
      identity.role = assumed
    }
    return identity
  }

  /// `{service}` and `{region}` in it are filled in.
  private static var endpoint: YAMLType<String> {
    YAMLType<String>.nonEmptyString.validated { template in
      httpURLComplaint(AWSEndpoint.url(service: "sts", region: "us-east-1", template: template))
    }
  }

  private static var roleARN: YAMLType<String> {
    YAMLType<String>.nonEmptyString.validated { text in
      let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
      let isGood =
        parts.count == 6 && parts[0] == "arn" && parts[1].hasPrefix("aws") && parts[2] == "iam"
        && parts[5].hasPrefix("role/")
      return isGood ? nil : "must be arn:aws:iam::ACCOUNT:role/NAME, found \"\(text)\""
    }
  }

  private static var sessionName: YAMLType<String> {
    YAMLType<String>.nonEmptyString.validated { text in
      let isGood =
        (2...64).contains(text.utf8.count)
        && text.utf8.allSatisfy {
          (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0)
            || "_=,.@-".utf8.contains($0)
        }
      return isGood ? nil : "must be 2 to 64 letters, digits or _=,.@-, found \"\(text)\""
    }
  }

  /// AWS' name of a region.
  static var region: YAMLType<String> {
    YAMLType<String>.nonEmptyString.validated { name in
      let isGood = name.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x2d
      }
      return isGood
        ? nil : "a region of AWS is small letters, digits and -, such as eu-west-1, found \"\(name)\""
    }
  }
}
