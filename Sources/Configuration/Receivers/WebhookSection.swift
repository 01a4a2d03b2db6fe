internal import ConfigurationTypes
internal import Notifying
internal import StrictYAML

/// A subscription with `protocol: webhook`: Alertmanager's webhook.
enum WebhookSection {
  static func read(_ m: MappingReader, _ paths: FilePaths) -> any ReceiverSettings {
    let url = ReceiverKeys.url(m, paths)
    var settings = WebhookSettings(url: url)
    settings.maximumAlerts = m.optional("max_alerts", .int(0...1_000_000)) ?? 0
    settings.secretPlace = ReceiverSecret.place("url", m)
    settings.options = ReceiverKeys.post(m, paths)
    return settings
  }
}
