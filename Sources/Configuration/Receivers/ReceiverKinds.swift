internal import Notifying
internal import StrictYAML

/// The kinds of receivers that `protocol:` of a subscription chooses among: one line a kind.
enum ReceiverKinds {
  /// What a kind's section does: reads the kind's own keys of a subscription from `m`.
  typealias Reader = @Sendable (_ m: MappingReader, _ paths: FilePaths) -> any ReceiverSettings

  static let table: [(kinds: [String], read: Reader)] = [
    (SNSHTTPReceiver.kinds, SNSHTTPSection.read)
  ]

  /// Every word that may stand behind `protocol:`, in the order of the table.
  static var names: [String] { table.flatMap(\.kinds) }

  static func reader(of kind: String) -> Reader? { table.first { $0.kinds.contains(kind) }?.read }
}
