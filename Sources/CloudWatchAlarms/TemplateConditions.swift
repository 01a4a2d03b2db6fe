internal import StrictYAML

/// The functions of templates that decide or look up.
extension TemplateFunctions {
  /// Conditions within conditions.
  private static let maximumDepth = 16

  /// Whether the template's condition `name` holds.
  func holds(named name: String, _ problems: Problems, depth: Int = 0) throws -> Bool {
    guard let condition = conditions[name] else {
      throw Fault(message: "\"\(name)\" is no condition of this template")
    }
    return try holds(condition, problems, depth: depth + 1)
  }

  private func holds(_ node: YAMLNode, _ problems: Problems, depth: Int) throws -> Bool {
    guard depth <= Self.maximumDepth else {
      throw Fault(message: "conditions are nested more than \(Self.maximumDepth) levels deep")
    }
    var function = node.tag.map(Self.longName) ?? ""
    var argument = node
    argument.tag = nil
    if node.tag == nil, case .mapping(let entries) = node.content, entries.count == 1 {
      function = entries[0].key
      argument = entries[0].value
    }
    if function == "Condition" {
      return try holds(
        named: argument.scalarText ?? "", problems, depth: depth)
    }
    guard case .sequence(let parts) = argument.content else {
      throw Fault(message: "a condition is one of Equals, And, Or, Not and Condition")
    }
    switch function {
    case "Fn::Equals" where parts.count == 2:
      let found = Problems(file: problems.file)
      let sides = try parts.map { try text(of: $0, "Equals takes two texts", found) }
      // What cannot be known decides nothing.
      if let problem = found.list.first { throw Fault(message: "cannot be decided: \(problem.message)") }
      return sides[0] == sides[1]
    case "Fn::And": return try parts.allSatisfy { try holds($0, problems, depth: depth + 1) }
    case "Fn::Or": return try parts.contains { try holds($0, problems, depth: depth + 1) }
    case "Fn::Not" where parts.count == 1: return try !holds(parts[0], problems, depth: depth + 1)
    default: throw Fault(message: "a condition is one of Equals, And, Or, Not and Condition")
    }
  }

  func selected(_ argument: YAMLNode, _ problems: Problems) throws -> YAMLNode {
    guard case .sequence(let parts) = argument.content, parts.count == 2,
      let place = Int(try text(of: parts[0], "Select takes a number and a list", problems)),
      case .sequence(let items) = resolve(parts[1], problems).content
    else { throw Fault(message: "Select takes a number and a list") }
    guard items.indices.contains(place) else {
      throw Fault(message: "Select takes the element \(place) of a list of \(items.count)")
    }
    return items[place]
  }

  func found(_ argument: YAMLNode, _ problems: Problems) throws -> YAMLNode {
    guard case .sequence(let parts) = argument.content, parts.count == 3 else {
      throw Fault(message: "FindInMap takes the name of a mapping and two keys")
    }
    let keys = try parts.map { try text(of: $0, "FindInMap takes texts", problems) }
    guard let found = mappings?[keys[0]]?[keys[1]]?[keys[2]] else {
      throw Fault(message: "the template's `Mappings` hold no \(keys.joined(separator: ", "))")
    }
    return found
  }

  func imported(_ argument: YAMLNode, _ problems: Problems) throws -> String {
    let name = try text(of: argument, "ImportValue takes a name", problems)
    guard let value = given[name] else {
      throw Fault(
        message: "what another stack exports as \"\(name)\" is not known here; "
          + "`alarm_parameters: {\"\(name)\": …}` may say it")
    }
    return value
  }
}
