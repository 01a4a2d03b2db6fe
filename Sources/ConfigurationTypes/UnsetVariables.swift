package import StrictYAML

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Environment variables that a configuration names and this process has not.
///
/// No fault: the daemon may have what whoever checks its file has not.
package enum UnsetVariables {
  /// What people name as they please: nothing below says where a secret stands.
  private static let free: Set<String> = [
    "labels", "external_labels", "environment", "headers", "annotations",
  ]

  /// Adds a warning for each `…_env` and each value of `environment_from` below `entries`.
  package static func warn(_ entries: [YAMLNode.Entry], _ warnings: Problems) {
    for entry in entries where !free.contains(entry.key) {
      if entry.key == "environment_from", case .mapping(let variables) = entry.value.content {
        for variable in variables { check(variable.value, warnings) }
      } else if entry.key.hasSuffix("_env"), entry.value.scalarText != nil {
        check(entry.value, warnings)
      } else {
        descend(entry.value, warnings)
      }
    }
  }

  private static func descend(_ node: YAMLNode, _ warnings: Problems) {
    switch node.content {
    case .scalar: break
    case .mapping(let entries): warn(entries, warnings)
    case .sequence(let items): for item in items { descend(item, warnings) }
    }
  }

  private static func check(_ node: YAMLNode, _ warnings: Problems) {
    guard let name = node.scalarText, !name.isEmpty, getenv(name) == nil else { return }
    warnings.add("the environment variable \(name) is not set here; the daemon will need it", at: node)
  }
}
