internal import ConfigurationTypes
internal import HTTPClient
internal import Model
internal import Notifying
internal import StrictYAML
internal import Templating

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Secrets of receivers: from a file or the environment, read once at load. What they are is told to nobody.
enum ReceiverSecret {
  /// `NAME_file` or `NAME_env`; nil when neither is written, or with a problem when it cannot be read.
  static func optional(_ name: String, _ m: MappingReader, _ paths: FilePaths) -> String? {
    m.atMostOne(of: "\(name)_file", "\(name)_env")
    let fromFile = m.optional("\(name)_file", file(paths))
    return fromFile ?? m.optional("\(name)_env", environment(paths))
  }

  /// The same, and a problem when neither is written.
  static func required(_ name: String, _ m: MappingReader, _ paths: FilePaths) -> String {
    let value = optional(name, m, paths)
    if m.node("\(name)_file") == nil, m.node("\(name)_env") == nil {
      m.problem("needs `\(name)_file` or `\(name)_env`")
    }
    return value ?? ""
  }

  /// Where the secret comes from, as it is written; nil when it is not.
  static func place(_ name: String, _ m: MappingReader) -> String? {
    m.node("\(name)_file")?.scalarText ?? m.node("\(name)_env")?.scalarText.map { "$\($0)" }
  }

  /// What a file holds, without white space at its ends.
  static func file(_ paths: FilePaths) -> YAMLType<String> {
    paths.contents(of: "the file of the secret", placeholder: "") { text, path in
      return try checked(text, "the file \"\(path)\"")
    }
  }

  private static func environment(_ paths: FilePaths) -> YAMLType<String> {
    .converted(from: .nonEmptyString, placeholder: "") { name in
      if paths.isFormOnly { return "" }
      guard let value = getenv(name) else {
        throw SecretFault(description: "the variable \"\(name)\" is not set")
      }
      return try checked(String(cString: value), "the variable \"\(name)\"")
    }
  }

  private static func checked(_ text: String, _ place: String) throws -> String {
    let value = String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    if value.isEmpty { throw SecretFault(description: "\(place) is empty") }
    if value.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) {
      throw SecretFault(description: "\(place) must hold one line")
    }
    return value
  }
}

/// Why a secret cannot be used; never the secret itself.
struct SecretFault: Error, CustomStringConvertible {
  let description: String
}

/// What several kinds of receivers share.
enum ReceiverKeys {
  /// `ca_file`, `headers`, `header_files`, `username` with `password_file`, `bearer_token_file`.
  static func post(_ m: MappingReader, _ paths: FilePaths) -> PostOptions {
    var options = plainPost(m, paths)
    let username = m.optional("username", .nonEmptyString)
    let password = ReceiverSecret.optional("password", m, paths)
    let token = ReceiverSecret.optional("bearer_token", m, paths)
    let hasPassword = m.has("password_file") || m.has("password_env")
    if (username == nil) == hasPassword {
      m.problem("`username` and `password_file` or `password_env` go together")
    }
    if username?.contains(":") == true { m.problem("must not hold a colon", at: "username") }
    if token != nil, username != nil {
      m.problem("only one of `username` and `bearer_token_file` may be given")
    }
    if token != nil || username != nil,
      options.headers.contains(where: { $0.name.lowercased() == "authorization" })
    {
      m.problem("the header Authorization is given a second time", at: "header_files")
    }
    if let token { options.headers.append(authorization("Bearer \(token)")) }
    if let username, let password { options.headers.append(.basicAuthorization(username, password)) }
    return options
  }

  /// For services that have a key of their own: `ca_file`, `headers` and `header_files`.
  static func plainPost(_ m: MappingReader, _ paths: FilePaths) -> PostOptions {
    var options = PostOptions()
    options.caFile = m.optional("ca_file", paths.existing("the CA file"))
    options.headers = Headers.read(m, paths)
    return options
  }

  private static func authorization(_ value: String) -> HTTPHeader {
    HTTPHeader("Authorization", value, isSecret: true)
  }

  /// `url`, or a URL that is a secret from `url_file` or `url_env`.
  static func url(_ m: MappingReader, _ paths: FilePaths) -> String {
    m.atMostOne(of: "url", "url_file", "url_env")
    if m.has("url") { return m.required("url", .nonEmptyString.validated(httpURLComplaint)) }
    if !m.has("url_file"), !m.has("url_env") {
      m.allow("url", "url_file", "url_env")
      m.problem("needs `url`, `url_file` or `url_env`")
      return ""
    }
    m.allow("url")
    return secretURL(m, paths)
  }

  /// `url_file` or `url_env`.
  static func secretURL(_ m: MappingReader, _ paths: FilePaths) -> String {
    let url = ReceiverSecret.required("url", m, paths)
    // What is wrong with it would show it.
    if !url.isEmpty, httpURLComplaint(url) != nil {
      m.problem("holds no http or https URL", at: m.has("url_file") ? "url_file" : "url_env")
    }
    return url
  }

  /// `title` and `text`: templates in place of our own texts.
  static func templates(_ m: MappingReader) -> MessageTemplates {
    MessageTemplates(title: template("title", m), body: template("text", m))
  }

  private static func template(_ key: String, _ m: MappingReader) -> Template? {
    guard let text = m.optional(key, .string), let node = m.node(key) else { return nil }
    do throws(TemplateError) {
      return try Template(text, name: key, dialect: .messages)
    } catch {
      m.problems.add(
        "template of `\(key)`: \(error.message)", at: node.position(ofOffset: error.offset(in: text)))
      return nil
    }
  }

  /// A mapping from values of the label `severity` to a service's own words.
  static func words(_ key: String, _ allowed: [String], _ m: MappingReader) -> [String: String] {
    let words = YAMLType<String>.string.validated { word in
      allowed.contains(word) ? nil : "must be one of \(allowed.joined(separator: ", ")), found \"\(word)\""
    }
    return m.optional(key, .map(words)) ?? [:]
  }
}
