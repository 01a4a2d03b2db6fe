internal import CloudAccess
internal import CloudMetrics
internal import ConfigurationTypes
internal import Secrets
internal import StrictYAML

/// How Azure is reached and as whom: keys that every section of its services has.
enum AzureAccessSection {
  static func read(_ m: MappingReader, _ scope: Scope) -> AzureAccess {
    let tenant = m.optional("tenant", .nonEmptyString)
    let client = m.optional("client_id", .nonEmptyString)
    let secret = StoreSecret.read("client_secret", m, scope)
    let hasSecret = StoreSecret.isGiven("client_secret", m)
    let isManaged = m.optional("managed_identity", .bool) ?? false
    if hasSecret, isManaged {
      m.problem(
        "only one of `client_secret_file`, `managed_identity` may be given", at: "managed_identity")
    } else if !hasSecret, !isManaged {
      m.problem("missing key `client_secret_file` (or `managed_identity: true`)")
    }
    if hasSecret, !m.has("tenant") || !m.has("client_id") {
      m.problem("`client_secret_file` needs `tenant` and `client_id`")
    }
    if m.has("tenant"), !hasSecret { m.problem("`tenant` needs `client_secret_file`", at: "tenant") }
    let identity: AzureIdentity =
      isManaged
      ? .managed(client: client)
      : .application(tenant: tenant ?? "", client: client ?? "", secret: secret ?? .file(""))
    var access = AzureAccess(identity)
    access.endpoint = m.optional("endpoint", CloudEndpoint.type) ?? access.endpoint
    access.authority = m.optional("authority", CloudEndpoint.type)
    access.caFile = m.optional("ca_file", scope.paths.existing("the CA file"))
    return access
  }

  private struct NotResource: Error, CustomStringConvertible {
    let description: String
  }

  static var resource: YAMLType<AzureResource> {
    .converted(from: .nonEmptyString, placeholder: .none) { text in
      if let resource = AzureResource(text) { return resource }
      throw NotResource(
        description: "must be /subscriptions/…/resourceGroups/…/providers/…/NAME, found \"\(text)\"")
    }
  }

  /// A resource of a type; metrics of another are not asked of it.
  static func resource(of type: String) -> YAMLType<AzureResource> {
    resource.validated { resource in
      resource.type.lowercased() == type.lowercased()
        ? nil : "must be a resource of type \(type), found one of type \(resource.type)"
    }
  }
}
