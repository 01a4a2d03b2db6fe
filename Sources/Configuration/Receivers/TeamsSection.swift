internal import ConfigurationTypes
internal import Notifying
internal import StrictYAML

/// A subscription with `protocol: teams`.
enum TeamsSection {
  static func read(_ m: MappingReader, _ paths: FilePaths) -> any ReceiverSettings {
    var settings = TeamsSettings(url: ReceiverKeys.secretURL(m, paths))
    settings.templates = ReceiverKeys.templates(m)
    settings.secretPlace = ReceiverSecret.place("url", m)
    settings.options = ReceiverKeys.plainPost(m, paths)
    return settings
  }
}
