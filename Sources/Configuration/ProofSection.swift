internal import Notifying
internal import StrictYAML

/// `proofs:`.
enum ProofSection {
  static func read(_ m: MappingReader) -> ProofSettings {
    var settings = ProofSettings()
    settings.every = m.optional("every", .duration(.seconds(60) ... .seconds(366 * 86_400)))
    settings.receivers = m.optional("receivers", .list(.nonEmptyString)) ?? []
    if !settings.receivers.isEmpty, m.node("every") == nil {
      m.problem("needs `every` beside it: without it nothing is proven by schedule", at: "receivers")
    }
    return settings
  }
}
