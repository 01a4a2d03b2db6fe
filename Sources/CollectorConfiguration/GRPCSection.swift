internal import Collecting
internal import ConfigurationTypes
internal import HTTPClient
internal import Model
internal import Probing
internal import StrictYAML
internal import TLSTransport

/// `grpc:` of a check: whom to ask for its health.
enum GRPCSection {
  static func read(_ m: MappingReader, _ basics: CheckBasics, _ scope: Scope) -> any HealthCheckSettings {
    let problemsBefore = m.problems.count
    let endpoint = EndpointSection.read(m)
    var check = GRPCCheckSettings(name: basics.name, endpoint: endpoint)
    check.basics = basics
    check.service = m.optional("service", service) ?? ""
    check.isSecure = m.optional("tls", .bool) ?? false
    if check.isSecure {
      let tls = TLSOptionsSection.read(m, scope.paths)
      check.verifyPeer = tls.verify
      check.serverName = tls.serverName
      check.caFile = tls.caFile
      check.clientCertificate = tls.certificateFile.map {
        .init(certificateFile: $0, keyFile: tls.keyFile ?? $0)
      }
      if m.has("min_version") {
        m.problem("is not offered for gRPC, which needs TLS 1.2 anyway", at: "min_version")
      }
    } else {
      TLSOptionsSection.refuse(m, "with `tls: true`")
    }
    do {
      try check.validate()
    } catch {
      if m.problems.count == problemsBefore { m.problem("\(error)") }
    }
    return check
  }

  private static var service: YAMLType<String> {
    YAMLType<String>.string.validated { $0.utf8.count <= 255 ? nil : "must be at most 255 bytes" }
  }
}
