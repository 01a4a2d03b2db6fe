internal import StrictYAML

/// Resolves CloudFormation's functions where the file itself, or `alarm_parameters`, says what they give.
///
/// `!Ref` and `!Sub` of parameters, topics and alarms, `!GetAtt` of topics and alarms, `!Join`, `!Select`,
/// `!FindInMap`, and `!If` over conditions that can be decided. In short form (tags) and in long form
/// (`{"Ref": …}`). Anything else is a problem at its place.
struct TemplateFunctions {
  struct Resource {
    var type: String
    /// What `!Ref` gives for a topic or an alarm: the name that its properties say, or its logical name.
    var name: String
  }

  /// By name; nil for a parameter without a default.
  var parameters: [String: String?] = [:]
  /// What the configuration says: values of parameters, of resources (`Name`) and their attributes
  /// (`Name.Attribute`), and of other stacks' exports, by their names.
  var given: [String: String] = [:]
  /// By logical name.
  var resources: [String: Resource] = [:]
  var conditions: [String: YAMLNode] = [:]
  /// `Mappings` of the template.
  var mappings: YAMLNode?
  /// Outside of a template a name that is not declared is the name of a topic or an alarm.
  var takesUnknownNames = false

  private static let pseudoParameters = [
    "AWS::Partition": "aws", "AWS::AccountId": "000000000000", "AWS::Region": "farwatch",
    "AWS::StackName": "farwatch", "AWS::URLSuffix": "amazonaws.com",
  ]
  private static let functions = [
    "Ref", "Fn::Sub", "Fn::GetAtt", "Fn::Join", "Fn::Select", "Fn::FindInMap", "Fn::If", "Fn::ImportValue",
  ]

  struct Fault: Error { var message: String }

  /// `node` with every function in it replaced by its value; by an empty text where that is a problem.
  func resolve(_ node: YAMLNode, _ problems: Problems) -> YAMLNode {
    value(of: node, problems) ?? YAMLNode(.scalar("", .plain), at: node.position)
  }

  /// nil for `AWS::NoValue`, which takes its place out of lists and mappings.
  private func value(of node: YAMLNode, _ problems: Problems) -> YAMLNode? {
    do {
      if let tag = node.tag { return try apply(Self.longName(tag), node, node, problems) }
      switch node.content {
      case .scalar: return node
      case .sequence(let items):
        return YAMLNode(.sequence(items.compactMap { value(of: $0, problems) }), at: node.position)
      case .mapping(let entries):
        if entries.count == 1, let one = entries.first, one.key == "Ref" || one.key.hasPrefix("Fn::") {
          return try apply(one.key, one.value, node, problems)
        }
        let resolved = entries.compactMap { entry -> YAMLNode.Entry? in
          guard let value = value(of: entry.value, problems) else { return nil }
          var entry = entry
          entry.value = value
          return entry
        }
        return YAMLNode(.mapping(resolved), at: node.position)
      }
    } catch let fault as Fault {
      problems.add(fault.message, at: node)
    } catch {
      problems.add("\(error)", at: node)
    }
    return YAMLNode(.scalar("", .quoted), at: node.position)
  }

  static func longName(_ tag: String) -> String {
    let name = String(tag.drop { $0 == "!" })
    return name == "Ref" || name == "Condition" ? name : "Fn::\(name)"
  }

  private func apply(
    _ function: String, _ argument: YAMLNode, _ node: YAMLNode, _ problems: Problems
  ) throws -> YAMLNode? {
    var argument = argument
    argument.tag = nil
    let text: String
    switch function {
    case "Ref":
      guard let name = argument.scalarText else { throw Fault(message: "Ref takes a name") }
      if name == "AWS::NoValue" { return nil }
      text = try reference(name)
    case "Fn::Sub": text = try substitute(argument, problems)
    case "Fn::GetAtt": text = try attribute(argument)
    case "Fn::Join": text = try join(argument, problems)
    case "Fn::ImportValue": text = try imported(argument, problems)
    case "Fn::Select": return try selected(argument, problems)
    case "Fn::FindInMap": return try found(argument, problems)
    case "Fn::If":
      guard case .sequence(let parts) = argument.content, parts.count == 3, let name = parts[0].scalarText
      else { throw Fault(message: "If takes the name of a condition and two values") }
      return value(of: try holds(named: name, problems) ? parts[1] : parts[2], problems)
    default:
      throw Fault(
        message: "\(function) cannot be resolved here: only "
          + Self.functions.joined(separator: ", ") + " are; write the value in its place")
    }
    return YAMLNode(.scalar(text, .plain), at: node.position, layout: .unknown)
  }

  /// The text that `node` gives, or a fault.
  func text(of node: YAMLNode, _ what: String, _ problems: Problems) throws -> String {
    guard let text = resolve(node, problems).scalarText else { throw Fault(message: what) }
    return text
  }

  private func reference(_ name: String) throws -> String {
    if let value = given[name] ?? Self.pseudoParameters[name] { return value }
    if let parameter = parameters[name] {
      guard let value = parameter else {
        throw Fault(
          message:
            "the parameter \(name) has no `Default`; `alarm_parameters: {\(name): …}` may give it a value")
      }
      return value
    }
    if let resource = resources[name] {
      if resource.isNamed { return resource.name }
      throw Fault(
        message: "\(name) is an \(resource.type): what `!Ref` gives for it is not known here; "
          + "`alarm_parameters: {\(name): …}` may say it")
    }
    if takesUnknownNames { return name }
    let near = suggestion(for: name, among: (parameters.keys + Array(resources.keys)).sorted())
    throw Fault(
      message: "\"\(name)\" is neither a parameter nor a resource of this template"
        + (near.map { "; did you mean \"\($0)\"?" } ?? ""))
  }

  private func attribute(_ argument: YAMLNode) throws -> String {
    let parts: [String] =
      switch argument.content {
      case .sequence(let items): items.compactMap(\.scalarText)
      case .scalar(let text, _): text.split(separator: ".", maxSplits: 1).map(String.init)
      case .mapping: []
      }
    guard parts.count == 2 else { throw Fault(message: "GetAtt takes a resource and an attribute") }
    return try attribute(parts[1], of: parts[0])
  }

  /// Topics and alarms are known by name here, so their ARNs are their names.
  private func attribute(_ attribute: String, of name: String) throws -> String {
    if let value = given["\(name).\(attribute)"] { return value }
    guard let resource = resources[name] else {
      if takesUnknownNames { return name }
      throw Fault(message: "\"\(name)\" is no resource of this template")
    }
    guard ["Arn", "TopicArn", "TopicName"].contains(attribute), resource.isNamed else {
      throw Fault(
        message: "GetAtt \(name).\(attribute) is not known here; "
          + "`alarm_parameters: {\(name).\(attribute): …}` may say it")
    }
    return resource.name
  }

  private func join(_ argument: YAMLNode, _ problems: Problems) throws -> String {
    guard case .sequence(let parts) = argument.content, parts.count == 2,
      let separator = parts[0].scalarText, case .sequence(let items) = parts[1].content
    else { throw Fault(message: "Join takes a separator and a list") }
    return try items.map { item in
      try text(of: item, "Join takes a list of texts", problems)
    }.joined(separator: separator)
  }

  private func substitute(_ argument: YAMLNode, _ problems: Problems) throws -> String {
    var own: [String: String] = [:]
    let template: String
    switch argument.content {
    case .scalar(let text, _): template = text
    case .sequence(let parts) where parts.count == 2:
      guard let text = parts[0].scalarText, case .mapping(let entries) = parts[1].content else { fallthrough }
      template = text
      for entry in entries { own[entry.key] = resolve(entry.value, problems).scalarText ?? "" }
    default: throw Fault(message: "Sub takes a text, or a text and a mapping")
    }
    var out = ""
    var rest = template[...]
    while let open = rest.firstRange(of: "${") {
      out += rest[..<open.lowerBound]
      rest = rest[open.upperBound...]
      guard let close = rest.firstIndex(of: "}") else { throw Fault(message: "`${` is not closed") }
      let name = String(rest[..<close])
      rest = rest[rest.index(after: close)...]
      if name.hasPrefix("!") {
        out += "${" + name.dropFirst() + "}"
      } else if let value = own[name] {
        out += value
      } else if let dot = name.firstIndex(of: "."), Self.pseudoParameters[name] == nil {
        out += try attribute(String(name[name.index(after: dot)...]), of: String(name[..<dot]))
      } else {
        out += try reference(name)
      }
    }
    return out + rest
  }
}

extension TemplateFunctions.Resource {
  static let topicType = "AWS::SNS::Topic"
  static let alarmType = "AWS::CloudWatch::Alarm"
  static let compositeType = "AWS::CloudWatch::CompositeAlarm"

  var isNamed: Bool { [Self.topicType, Self.alarmType, Self.compositeType].contains(type) }
}
