internal import ConfigurationTypes
internal import Model
internal import Notifying
internal import StrictYAML

/// `filter_policy:`: SNS' JSON, written as YAML.
enum FilterPolicySection {
  static func type(_ scope: FilterPolicy.Scope) -> YAMLType<FilterPolicy?> {
    YAMLType(expected: "a mapping of keys to lists of values", placeholder: nil) { node, problems in
      do throws(FilterPolicy.Fault) {
        return try FilterPolicy(json(node), scope: scope)
      } catch {
        problems.add(error.message, at: place(error.path, in: node))
        return nil
      }
    }
  }

  /// A plain scalar is what JSON takes it for; any other is text.
  private static func json(_ node: YAMLNode) -> OrderedJSON {
    switch node.content {
    case .mapping(let entries): return .object(entries.map { .init($0.key, json($0.value)) })
    case .sequence(let items): return .array(items.map(json))
    case .scalar(let text, let style):
      if node.isNull { return .null }
      guard style == .plain else { return .string(text) }
      if text == "true" || text == "false" { return .boolean(text == "true") }
      let isNumber = text.utf8.allSatisfy { "0123456789+-.eE".utf8.contains($0) }
      return isNumber ? Double(text).map { .number($0) } ?? .string(text) : .string(text)
    }
  }

  private static func place(_ path: [FilterPolicy.Step], in node: YAMLNode) -> YAMLPosition {
    guard let step = path.first else { return node.position }
    switch (step, node.content) {
    case (.key(let key), .mapping(let entries)):
      guard let entry = entries.first(where: { $0.key == key }) else { return node.position }
      if path.count > 1 { return place(Array(path.dropFirst()), in: entry.value) }
      // What is wrong with a value stands there, what is wrong with an operator at its name.
      return entry.keyPosition
    case (.index(let index), .sequence(let items)) where items.indices.contains(index):
      return place(Array(path.dropFirst()), in: items[index])
    default: return node.position
    }
  }
}
