internal import ConfigurationTypes
internal import Notifying
internal import StrictYAML

/// The kinds of receivers that `protocol:` of a subscription chooses among: one line a kind.
enum ReceiverKinds {
  /// What a kind's section does: reads the kind's own keys of a subscription from `m`. Several receivers come of one
  /// subscription where it names several peers that are all told.
  typealias Reader = @Sendable (_ m: MappingReader, _ paths: FilePaths) -> [any ReceiverSettings]

  static let table: [(kinds: [String], read: Reader)] = [
    (SNSHTTPReceiver.kinds, { [SNSHTTPSection.read($0, $1)] }),
    (SNSPublishSettings.kinds, { [SNSPublishSection.read($0, $1)] }),
    (AlertmanagerPeerSettings.kinds, AlertmanagerSection.readAll),
    (WebhookSettings.kinds, { [WebhookSection.read($0, $1)] }),
    (PagerDutySettings.kinds, { [PagerDutySection.read($0, $1)] }),
    (OpsgenieSettings.kinds, { [OpsgenieSection.read($0, $1)] }),
    (SlackSettings.kinds, { [SlackSection.read($0, $1)] }),
    (TeamsSettings.kinds, { [TeamsSection.read($0, $1)] }),
    (StandardWebhookSettings.kinds, { [StandardWebhookSection.read($0, $1)] }),
    (EmailSettings.kinds, { [EmailSection.read($0, $1)] }),
    (ExecSettings.kinds, { [ExecSection.read($0, $1)] }),
  ]

  /// Every word that may stand behind `protocol:`, in the order of the table.
  static var names: [String] { table.flatMap(\.kinds) }

  static func reader(of kind: String) -> Reader? { table.first { $0.kinds.contains(kind) }?.read }
}
