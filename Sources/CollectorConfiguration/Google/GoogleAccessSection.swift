internal import CloudAccess
internal import CloudMetrics
internal import ConfigurationTypes
internal import Secrets
internal import StrictYAML

/// How Google Cloud is reached and as whom: keys that every section of its services has.
enum GoogleAccessSection {
  private enum Source: String, CaseIterable { case metadata }

  static func read(_ m: MappingReader, _ scope: Scope) -> GoogleAccess {
    let file = StoreSecret.read("service_account", m, scope)
    let hasFile = StoreSecret.isGiven("service_account", m)
    let known = m.optional("credentials", YAMLType<Source>.choice())
    if hasFile, m.has("credentials") {
      m.problem("only one of `service_account_file`, `credentials` may be given", at: "credentials")
    } else if !hasFile, !m.has("credentials") {
      m.problem("missing key `service_account_file` (or `credentials: metadata`)")
    }
    var access = GoogleAccess(known == nil ? .serviceAccount(file ?? .file("")) : .metadata)
    access.endpoint = m.optional("endpoint", CloudEndpoint.type) ?? access.endpoint
    access.caFile = m.optional("ca_file", scope.paths.existing("the CA file"))
    return access
  }

  /// The identifier or the number of a project; `example.com:name` is one too.
  static var project: YAMLType<String> {
    YAMLType<String>.nonEmptyString.validated { text in
      isName(text, ".:-") ? nil : "must be the identifier of a project, such as shop-prod, found \"\(text)\""
    }
  }

  static var instance: YAMLType<String> {
    YAMLType<String>.nonEmptyString.validated { text in
      isName(text, "-")
        ? nil : "must be the name of an instance, without its project, found \"\(text)\""
    }
  }

  private static func isName(_ text: String, _ more: String) -> Bool {
    text.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) || more.utf8.contains($0)
    }
  }
}

/// Where a service of a cloud is asked in place of its own address.
enum CloudEndpoint {
  static var type: YAMLType<String> {
    YAMLType<String>.nonEmptyString.validated { text in
      if let complaint = httpURLComplaint(text) { return complaint }
      return text.hasSuffix("/") || text.contains("?")
        ? "must be scheme, host and port, without a slash at the end, found \"\(text)\"" : nil
    }
  }
}
