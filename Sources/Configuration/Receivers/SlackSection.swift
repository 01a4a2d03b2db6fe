internal import ConfigurationTypes
internal import Notifying
internal import StrictYAML

/// A subscription with `protocol: slack`.
enum SlackSection {
  static func read(_ m: MappingReader, _ paths: FilePaths) -> any ReceiverSettings {
    var settings = SlackSettings(url: ReceiverKeys.secretURL(m, paths))
    settings.channel = m.optional("channel", .nonEmptyString)
    settings.username = m.optional("username", .nonEmptyString)
    settings.templates = ReceiverKeys.templates(m)
    settings.secretPlace = ReceiverSecret.place("url", m)
    settings.options = ReceiverKeys.plainPost(m, paths)
    return settings
  }
}
