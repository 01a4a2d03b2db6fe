internal import Collecting
package import ConfigurationTypes
internal import Model
package import StrictYAML
package import TargetProbing

/// `probe_endpoint:`: which targets a request may have probed, and how.
package enum ProbeEndpointSection {
  /// What names the target in a check of each kind, and what stands there until a request names one.
  private static let aims: [(key: String, target: String, placeholder: String?)] = [
    ("http", "url", "http://target.invalid/"), ("tcp", "address", "target.invalid:1"),
    ("tls", "address", "target.invalid:1"), ("icmp", "host", "target.invalid"),
    ("grpc", "address", "target.invalid:1"), ("dns", "resolvers", nil),
  ]

  /// - Parameter listen: how an address to listen on is read.
  package static func read(
    _ m: MappingReader, _ scope: Scope, listen: YAMLType<String>
  ) -> ProbeEndpointSettings {
    var settings = ProbeEndpointSettings()
    settings.listen = m.optional("listen", listen) ?? settings.listen
    for (entry, node) in m.required("targets", .list(.located(YAMLType<String>.nonEmptyString))) {
      if let complaint = settings.targets.add(entry) { m.problems.add(complaint, at: node) }
    }
    if m.node("targets")?.content.isEmptyList == true {
      m.problem("needs at least one target: nothing else may be probed", at: "targets")
    }
    let module = YAMLType<(any AimableCheck)?>.mapping { readModule($0, scope) }
    settings.modules = m.required("modules", .map(module)).compactMapValues { $0 }
    if case .mapping(let entries)? = m.node("modules")?.content, entries.isEmpty {
      m.problem("needs at least one module", at: "modules")
    }
    settings.concurrency =
      m.optional("concurrency", .int(1...ProbeEndpointSettings.mostConcurrency)) ?? settings.concurrency
    settings.timeoutOffset =
      m.optional("timeout_offset", .duration(.zero ... .seconds(60))) ?? settings.timeoutOffset
    return settings
  }

  private static func readModule(_ m: MappingReader, _ scope: Scope) -> (any AimableCheck)? {
    var basics = CheckBasics(name: "probe")
    basics.timeout = m.optional("timeout", .duration(.milliseconds(10) ... .seconds(300))) ?? basics.timeout
    let kinds = aims.compactMap { aim in CheckKinds.table.first { $0.key == aim.key } }
    guard let kind = theKind(of: m, among: kinds), let aim = aims.first(where: { $0.key == kind.key })
    else { return nil }
    // `http:` alone is a module, too.
    var node = m.node(kind.key) ?? .empty(at: m.position)
    if case .mapping(let entries) = node.content {
      if let written = entries.first(where: { $0.key == aim.target }) {
        m.problems.add(
          "`\(aim.target)` is what a request names: leave it out", at: written.keyPosition)
        return nil
      }
      if let placeholder = aim.placeholder {
        let value = YAMLNode(.scalar(placeholder, .quoted), at: node.position)
        node.content = .mapping(
          entries + [.init(key: aim.target, keyPosition: node.position, value: value)])
      }
      if let follows = entries.first(where: { $0.key == "follow_redirects" && $0.value.scalarText != "0" }) {
        m.problems.add(
          "a redirect could lead to what `targets` does not allow: redirects are not followed here",
          at: follows.keyPosition)
      }
    }
    let basicsRead = basics
    let type = YAMLType<(any HealthCheckSettings)?>.mapping { kind.read($0, basicsRead, scope) }
    return type.read(node, m.problems).flatMap { $0 } as? any AimableCheck
  }
}
