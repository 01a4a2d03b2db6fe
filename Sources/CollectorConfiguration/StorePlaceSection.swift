internal import Secrets
internal import CloudAccess
internal import ConfigurationTypes
internal import ObjectStores
internal import StrictYAML

/// Where objects lie and how to get in: what `s3`, `azure_blob`, `gcs` and `sftp` say of it, for backups and links.
enum StorePlaceSection {
  typealias Reader = @Sendable (_ m: MappingReader, _ scope: Scope) -> StorePlace

  static func s3(_ m: MappingReader, _ scope: Scope) -> StorePlace {
    let bucket = m.required("bucket", .nonEmptyString.validated(nameComplaint))
    let region = m.optional("aws_region", .nonEmptyString.validated(nameComplaint)) ?? "us-east-1"
    let endpoint = m.optional("endpoint", .nonEmptyString.validated(endpointComplaint))
    var place = S3Place(
      bucket: bucket, region: region, access: s3Access(m, region, scope), endpoint: endpoint,
      pathStyle: m.optional("path_style", .bool))
    place.requesterPays = m.optional("requester_pays", .bool) ?? false
    place.caFile = m.optional("ca_file", scope.paths.existing("the CA file"))
    return .s3(place)
  }

  private enum KnownSource: String, CaseIterable {
    case automatic, environment, container, instance, anonymous
    case webIdentity = "web_identity"
  }

  private static func s3Access(_ m: MappingReader, _ region: String, _ scope: Scope) -> S3Access {
    let known = m.optional("credentials", YAMLType<KnownSource>.choice())
    let file = m.optional("shared_credentials_file", scope.paths.existing("the credentials file"))
    let profile = m.optional("profile", .nonEmptyString)
    if profile != nil, !m.has("shared_credentials_file") {
      m.problem("`profile` needs `shared_credentials_file`", at: "profile")
    }
    let id = StoreSecret.read("access_key_id", m, scope)
    let secret = StoreSecret.read("secret_access_key", m, scope)
    let token = StoreSecret.read("session_token", m, scope)
    let role = m.optional("assume_role", .nonEmptyString.validated(roleComplaint))
    let external = m.optional("external_id", .nonEmptyString)
    if external != nil, !m.has("assume_role") {
      m.problem("`external_id` needs `assume_role`", at: "external_id")
    }
    let hasKey = ["access_key_id", "secret_access_key"].contains { StoreSecret.isGiven($0, m) }
    let ways = [hasKey, m.has("shared_credentials_file"), known != nil].count { $0 }
    if ways > 1 {
      m.problem(
        "only one of `access_key_id_file`, `shared_credentials_file`, `credentials` may say who asks",
        at: known != nil ? "credentials" : "shared_credentials_file")
    }
    if hasKey {
      if !StoreSecret.isGiven("access_key_id", m) || !StoreSecret.isGiven("secret_access_key", m) {
        m.problem("needs both `access_key_id_file` and `secret_access_key_file` (or `…_env`)")
      }
      if role != nil {
        m.problem("a role is taken on with `shared_credentials_file` or `credentials`", at: "assume_role")
      }
      return .key(id: id ?? .file(""), secret: secret ?? .file(""), token: token)
    }
    if known == .anonymous { return .anonymous }
    let source: AWSCredentialsSource =
      switch known {
      case .environment: .environment
      case .container: .container
      case .instance: .instance
      case .webIdentity: .webIdentity(tokenFile: nil, role: nil)
      case .automatic, .anonymous, nil:
        file.map { .file(path: $0, profile: profile ?? "default") } ?? .automatic
      }
    var settings = AWSIdentitySettings(source: source, region: region)
    if let role { settings.role = AWSAssumedRole(arn: role, externalID: external) }
    return .identity(settings)
  }

  static func azureBlob(_ m: MappingReader, _ scope: Scope) -> StorePlace {
    let account = m.required("account", .nonEmptyString.validated(nameComplaint))
    let container = m.required("container", .nonEmptyString.validated(nameComplaint))
    let endpoint = m.optional("endpoint", .nonEmptyString.validated(endpointComplaint))
    var place = AzureBlobPlace(
      account: account, container: container, access: azureAccess(m, scope), endpoint: endpoint)
    place.authority = m.optional("authority", .nonEmptyString.validated(endpointComplaint))
    place.caFile = m.optional("ca_file", scope.paths.existing("the CA file"))
    return .azureBlob(place)
  }

  private static func azureAccess(_ m: MappingReader, _ scope: Scope) -> AzureAccess {
    let sas = StoreSecret.read("sas", m, scope)
    let key = StoreSecret.read("account_key", m, scope)
    let tenant = m.optional("tenant", .nonEmptyString)
    let client = m.optional("client_id", .nonEmptyString)
    let secret = StoreSecret.read("client_secret", m, scope)
    let isManaged = m.optional("managed_identity", .bool) ?? false
    let hasSecret = StoreSecret.isGiven("client_secret", m)
    let given = [
      StoreSecret.isGiven("sas", m), StoreSecret.isGiven("account_key", m), hasSecret, isManaged,
    ]
    switch given.count(where: { $0 }) {
    case 0:
      m.problem("needs one of `sas_file`, `account_key_file`, `client_secret_file`, `managed_identity`")
    case 1: break
    default:
      m.problem(
        "only one of `sas_file`, `account_key_file`, `client_secret_file`, `managed_identity` may be given")
    }
    if hasSecret, !m.has("tenant") || !m.has("client_id") {
      m.problem("`client_secret_file` needs `tenant` and `client_id`")
    }
    if tenant != nil, !hasSecret { m.problem("`tenant` needs `client_secret_file`", at: "tenant") }
    if client != nil, !hasSecret, !isManaged {
      m.problem("`client_id` needs `client_secret_file` or `managed_identity`", at: "client_id")
    }
    if isManaged { return .identity(.managed(client: client)) }
    if hasSecret {
      return .identity(
        .application(tenant: tenant ?? "", client: client ?? "", secret: secret ?? .file("")))
    }
    return key.map { .sharedKey($0) } ?? .sas(sas ?? .file(""))
  }

  private enum GoogleSource: String, CaseIterable { case metadata, anonymous }

  static func gcs(_ m: MappingReader, _ scope: Scope) -> StorePlace {
    let bucket = m.required("bucket", .nonEmptyString.validated(nameComplaint))
    let file = StoreSecret.read("service_account", m, scope)
    let known = m.optional("credentials", YAMLType<GoogleSource>.choice())
    if StoreSecret.isGiven("service_account", m), known != nil {
      m.problem("only one of `service_account_file`, `credentials` may be given", at: "credentials")
    } else if !StoreSecret.isGiven("service_account", m), known == nil, !m.has("credentials") {
      m.problem("missing key `service_account_file` (or `credentials: metadata`)")
    }
    let access: GCSAccess =
      known == .anonymous ? nil : known == .metadata ? .metadata : .serviceAccount(file ?? .file(""))
    var place = GCSPlace(
      bucket: bucket, access: access,
      endpoint: m.optional("endpoint", .nonEmptyString.validated(endpointComplaint)))
    place.userProject = m.optional("user_project", .nonEmptyString)
    place.caFile = m.optional("ca_file", scope.paths.existing("the CA file"))
    return .gcs(place)
  }

  static func sftp(_ m: MappingReader, _ scope: Scope) -> StorePlace {
    var place = SFTPPlace(
      host: m.required("host", .nonEmptyString.validated(nameComplaint)),
      user: m.required("user", .nonEmptyString.validated(nameComplaint)),
      path: m.required("path", .nonEmptyString),
      keyFile: m.required("key_file", scope.paths.existing("the private key").validated(quotable)),
      knownHostsFile: m.required(
        "known_hosts_file", scope.paths.existing("the file of known hosts").validated(quotable)))
    place.port = m.optional("port", .int(1...65_535)) ?? place.port
    place.program = m.optional("ssh_program", scope.paths.existing("the program")) ?? place.program
    return .sftp(place)
  }

  /// What becomes a part of a host's name, a path or a command line.
  private static func nameComplaint(_ text: String) -> String? {
    let isPlain = text.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
        || "._-:$".utf8.contains(byte)
    }
    return isPlain && !text.hasPrefix("-")
      ? nil : "must be letters, digits, dots and dashes, found \"\(text)\""
  }

  /// OpenSSH splits these values at blanks unless they are quoted.
  private static func quotable(_ path: String) -> String? {
    path.contains("\"") || path.contains("%") ? "must not hold a quote or a percent sign" : nil
  }

  private static func roleComplaint(_ text: String) -> String? {
    text.hasPrefix("arn:aws") && text.contains(":role/")
      ? nil : "must be arn:aws:iam::ACCOUNT:role/NAME, found \"\(text)\""
  }

  private static func endpointComplaint(_ text: String) -> String? {
    if let complaint = httpURLComplaint(text) { return complaint }
    return text.hasSuffix("/") || text.contains("?")
      ? "must be scheme, host and port, without a slash at the end, found \"\(text)\"" : nil
  }
}

/// A secret by the name of its file or variable: `NAME_file` or `NAME_env`.
enum StoreSecret {
  static func isGiven(_ name: String, _ m: MappingReader) -> Bool {
    m.has("\(name)_file") || m.has("\(name)_env")
  }

  /// nil when neither key is there, or a problem was told.
  static func read(_ name: String, _ m: MappingReader, _ scope: Scope) -> SecretSource? {
    if m.has(name) {
      m.allow(name)
      m.problem("a secret does not belong in this file: name a file with `\(name)_file`", at: name)
    }
    m.atMostOne(of: "\(name)_file", "\(name)_env")
    let file = m.optional("\(name)_file", scope.paths.existing("the file of the secret"))
    let variable = m.optional("\(name)_env", .nonEmptyString)
    return file.map { .file($0) } ?? variable.map { .environment($0) }
  }
}
