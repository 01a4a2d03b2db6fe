internal import ConfigurationTypes
internal import Notifying
internal import StrictYAML

/// A subscription with `protocol: opsgenie`.
enum OpsgenieSection {
  static func read(_ m: MappingReader, _ paths: FilePaths) -> any ReceiverSettings {
    let key = ReceiverSecret.required("api_key", m, paths)
    var settings = OpsgenieSettings(apiKey: key, region: m.optional("region", .choice()) ?? .us)
    m.atMostOne(of: "region", "url")
    settings.url = m.optional("url", .nonEmptyString.validated(httpURLComplaint)) ?? settings.url
    settings.responders = m.optional("responders", .list(.mapping(responder))) ?? []
    if settings.responders.count > 50 { m.problem("Opsgenie takes at most 50", at: "responders") }
    settings.tags = m.optional("tags", .list(.nonEmptyString)) ?? []
    if settings.tags.count > 18 { m.problem("at most 18: Opsgenie takes 20, two are ours", at: "tags") }
    settings.priorities = ReceiverKeys.words("priorities", ["P1", "P2", "P3", "P4", "P5"], m)
    settings.templates = ReceiverKeys.templates(m)
    settings.secretPlace = ReceiverSecret.place("api_key", m)
    settings.options = ReceiverKeys.plainPost(m, paths)
    return settings
  }

  private static func responder(_ m: MappingReader) -> OpsgenieSettings.Responder {
    OpsgenieSettings.Responder(m.required("type", .choice()), m.required("name", .nonEmptyString))
  }
}
