internal import Collecting
internal import ConfigurationTypes
internal import Model
internal import Probing
internal import StrictYAML
internal import TLSTransport

/// `tls:` of a check: whose certificate is looked at, and what about it counts as health.
enum TLSSection {
  static func read(_ m: MappingReader, _ basics: CheckBasics, _ scope: Scope) -> any HealthCheckSettings {
    let problemsBefore = m.problems.count
    let endpoint = EndpointSection.read(m)
    var check = TLSCheckSettings(name: basics.name, endpoint: endpoint)
    check.basics = basics
    check.startTLS = m.optional("starttls", YAMLType<TLSCheckSettings.StartTLS>.choice())
    check.tls = TLSOptionsSection.read(m, scope.paths, host: endpoint.host)
    check.minimumLeft = m.optional("min_validity", .duration(.zero ... .seconds(3650 * 86_400)))
    do {
      try check.validate()
    } catch {
      if m.problems.count == problemsBefore { m.problem("\(error)") }
    }
    return check
  }
}
