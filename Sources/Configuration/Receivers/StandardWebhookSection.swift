internal import ConfigurationTypes
internal import Notifying
internal import StrictYAML

/// A subscription with `protocol: json`: JSON signed by the Standard Webhooks specification.
enum StandardWebhookSection {
  static func read(_ m: MappingReader, _ paths: FilePaths) -> any ReceiverSettings {
    let url = ReceiverKeys.url(m, paths)
    let complaint = "holds no secret: whsec_ and base64 of 24 to 64 bytes"
    let secret = YAMLType<WebhookSecret?>.converted(from: ReceiverSecret.file(paths), placeholder: nil) {
      if paths.isFormOnly { return nil }
      guard let secret = WebhookSecret($0) else {
        throw SecretFault(description: complaint)
      }
      return secret
    }
    let secrets = m.optional("secret_files", .oneOrMore(secret)) ?? []
    var settings = StandardWebhookSettings(url: url, secrets: secrets.compactMap { $0 })
    settings.templates = ReceiverKeys.templates(m)
    settings.secretPlace = ReceiverSecret.place("url", m)
    settings.options = ReceiverKeys.post(m, paths)
    return settings
  }
}
