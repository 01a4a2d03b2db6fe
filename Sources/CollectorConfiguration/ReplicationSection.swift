package import Collecting
package import ConfigurationTypes
internal import Model
package import StrictYAML

/// What a link says beside its engine's own keys.
struct LinkPace: Sendable {
  var link: String
  var rpo: Duration
  var interval: Duration
  var timeout: Duration
  /// Problems of the file before this link: where there are more, what follows from its parts says nothing.
  var problemsBefore: Int
}

/// `replication:` links.
package enum ReplicationSection {
  package static func read(_ m: MappingReader, _ scope: Scope) -> [any ReplicationLinkSettings] {
    let link = YAMLType<(any ReplicationLinkSettings)?>.mapping { readLink($0, scope) }
    let links = m.optional("replication", .list(.located(link))) ?? []
    scope.reportDuplicates("link", links.map { ([$0.value?.basics.link ?? ""], $0.node) }, m.problems)
    return links.compactMap(\.value)
  }

  private static func readLink(_ m: MappingReader, _ scope: Scope) -> (any ReplicationLinkSettings)? {
    let problemsBefore = m.problems.count
    let link = m.required("link", .nonEmptyString)
    let engine = m.required("engine", engine)
    let pace = LinkPace(
      link: link, rpo: m.required("rpo", .duration(.milliseconds(1) ... .seconds(365 * 86_400))),
      interval: m.optional("interval", .duration(.milliseconds(100) ... .seconds(86_400))) ?? .seconds(1),
      timeout: m.optional("timeout", .duration(.milliseconds(100) ... .seconds(300))) ?? .seconds(3),
      problemsBefore: problemsBefore)
    guard let entry = ReplicationEngines.table.first(where: { $0.key == engine }) else {
      // Which keys it has is not known.
      m.allowUnknownKeys()
      return nil
    }
    return entry.read(m, pace, scope)
  }

  private static var engine: YAMLType<String> { .choice(among: ReplicationEngines.table.map(\.key)) }
}
