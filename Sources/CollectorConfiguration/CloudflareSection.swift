internal import Collecting
internal import ConfigurationTypes
internal import Model
internal import Probing
internal import StrictYAML

/// `cloudflare:` of a collector: which pools and load balancers are looked at.
enum CloudflareSection {
  static func read(_ m: MappingReader, _ basics: MeasurementBasics, _ scope: Scope) -> any CollectorSettings {
    let problemsBefore = m.problems.count
    if m.has("token") {
      m.allow("token")
      m.problem("a token does not belong in this file: name a file with `token_file`", at: "token")
    }
    let token =
      m.has("token")
      ? m.optional("token_file", scope.paths.existing("the token file")) ?? ""
      : m.required("token_file", scope.paths.existing("the token file"))
    var cloudflare = CloudflareSettings(basics: basics, tokenFile: token)
    cloudflare.account = m.optional("account", identifier)
    cloudflare.pools = m.optional("pools", .oneOrMore(.nonEmptyString)) ?? []
    if m.has("regions") { cloudflare.map = RegionMapSection.read(m, scope, ranges: false) }
    let balancer = YAMLType<CloudflareSettings.LoadBalancer>.mapping {
      .init(zone: $0.required("zone", identifier), id: $0.required("id", identifier))
    }
    cloudflare.loadBalancers = m.optional("load_balancers", .list(balancer)) ?? []
    cloudflare.url = m.optional("url", .nonEmptyString.validated(httpURLComplaint)) ?? cloudflare.url
    cloudflare.caFile = m.optional("ca_file", scope.paths.existing("the CA file"))
    m.allow("regions")
    do throws(InvalidSettings) {
      try cloudflare.validate()
    } catch {
      if m.problems.count == problemsBefore { m.problem(error.problem, at: error.field) }
    }
    return cloudflare
  }

  private static var identifier: YAMLType<String> {
    YAMLType<String>.nonEmptyString.validated {
      CloudflareSettings.isIdentifier($0) ? nil : "is no id: letters and digits only, found \"\($0)\""
    }
  }
}
