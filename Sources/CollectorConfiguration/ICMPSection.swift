internal import Collecting
internal import ConfigurationTypes
internal import Model
internal import Probing
internal import StrictYAML

/// `icmp:` of a check: whom to ping and how many answers are enough.
enum ICMPSection {
  static func read(_ m: MappingReader, _ basics: CheckBasics, _ scope: Scope) -> any HealthCheckSettings {
    let problemsBefore = m.problems.count
    var check = ICMPCheckSettings(name: basics.name, host: m.required("host", host))
    check.basics = basics
    check.addressFamily = EndpointSection.readFamily(m)
    check.everyAddress = m.optional("every_address", .bool) ?? false
    check.packets = m.optional("packets", .int(1...100)) ?? check.packets
    check.spacing = m.optional("spacing", .duration(.milliseconds(1) ... .seconds(60))) ?? check.spacing
    check.payload = m.optional("payload", .int(ICMPCheckSettings.payloadRange)) ?? check.payload
    check.dontFragment = m.optional("dont_fragment", .bool) ?? false
    check.maximumLoss = m.optional("max_loss", loss) ?? check.maximumLoss
    do {
      try check.validate()
    } catch {
      if m.problems.count == problemsBefore { m.problem("\(error)", at: error.field) }
    }
    return check
  }

  private static var host: YAMLType<String> {
    YAMLType<String>.nonEmptyString.validated { text in
      text.utf8.count <= 255 && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x2f }
        ? nil : "must be a host name or an IP address, found \"\(text)\""
    }
  }

  private static var loss: YAMLType<Double> {
    YAMLType<Double>.double(0...1).validated { $0 < 1 ? nil : "must be less than 1: silence is never health" }
  }
}
