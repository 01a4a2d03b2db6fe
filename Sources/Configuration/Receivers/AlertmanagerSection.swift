internal import ConfigurationTypes
internal import Model
internal import Notifying
internal import StrictYAML

/// A subscription with `protocol: alertmanager`: every one of its `peers` becomes a subscription of its own.
enum AlertmanagerSection {
  static func readAll(_ m: MappingReader, _ paths: FilePaths) -> [any ReceiverSettings] {
    let url = YAMLType<String>.nonEmptyString.validated { text in
      if let complaint = httpURLComplaint(text) { return complaint }
      return text.contains("?") || text.contains("#")
        ? "must end with its path: /api/v2/alerts is added" : nil
    }
    let peers = m.required("peers", .list(.located(url)))
    if m.node("peers")?.content.isEmptyList == true { m.problem("needs at least one peer", at: "peers") }
    var seen: Set<String> = []
    for (peer, node) in peers where !seen.insert(peer).inserted {
      m.problems.add("the peer is listed twice", at: node)
    }
    let endsAfter =
      m.optional("ends_after", .duration(.seconds(180) ... .seconds(7 * 86_400))) ?? .seconds(3600)
    let options = ReceiverKeys.post(m, paths)
    return peers.map { peer in
      var settings = AlertmanagerPeerSettings(url: peer.value)
      settings.endsAfter = endsAfter
      settings.options = options
      return settings
    }
  }
}
