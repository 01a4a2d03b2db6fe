internal import ConfigurationTypes
internal import Notifying
internal import StrictYAML

/// A subscription with `protocol: pagerduty`.
enum PagerDutySection {
  static func read(_ m: MappingReader, _ paths: FilePaths) -> any ReceiverSettings {
    var settings = PagerDutySettings(routingKey: ReceiverSecret.required("routing_key", m, paths))
    settings.url = m.optional("url", .nonEmptyString.validated(httpURLComplaint)) ?? settings.url
    settings.severities = ReceiverKeys.words("severities", ["critical", "error", "warning", "info"], m)
    let names = YAMLType<[String]>.oneOrMore(.nonEmptyString)
    settings.componentLabels = m.optional("component_labels", names) ?? settings.componentLabels
    settings.groupLabels = m.optional("group_labels", names) ?? settings.groupLabels
    settings.templates = ReceiverKeys.templates(m)
    settings.secretPlace = ReceiverSecret.place("routing_key", m)
    settings.options = ReceiverKeys.plainPost(m, paths)
    return settings
  }
}
