internal import CloudMetrics
internal import Collecting
internal import ConfigurationTypes
internal import Model
internal import StrictYAML

/// `route53:` of a collector: health checks by their names and identifiers.
enum Route53Section {
  static func read(_ m: MappingReader, _ basics: MeasurementBasics, _ scope: Scope) -> any CollectorSettings {
    let checks = m.required("health_checks", .map(identifier))
    if m.node("health_checks") != nil, checks.isEmpty {
      m.problem("needs at least one health check", at: "health_checks")
    }
    let region = m.optional("aws_region", AWSAccessSection.region) ?? "us-east-1"
    let access = AWSAccessSection.read(m, scope, region: region)
    var settings = Route53Settings(
      basics,
      checks: checks.sorted { byteOrder($0.key, $1.key) }.map { .init(id: $0.value, name: $0.key) },
      identity: access.identity)
    settings.awsRegion = region
    settings.endpoint = access.endpoint
    settings.caFile = access.caFile
    return settings
  }

  private static var identifier: YAMLType<String> {
    YAMLType<String>.nonEmptyString.validated { text in
      let isGood =
        text.utf8.count <= 64
        && text.utf8.allSatisfy {
          (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x2d
        }
      return isGood
        ? nil : "must be the identifier of a health check: letters, digits and -, found \"\(text)\""
    }
  }
}
