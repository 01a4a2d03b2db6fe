internal import Model
internal import StrictYAML

/// Finds the alarms in one file, whatever its form, and has their properties read.
struct AlarmFileReader {
  private let file: String
  private let context: AlarmContext
  private let problems: Problems
  private let warnings: Problems
  private var functions = TemplateFunctions()
  private var loaded = LoadedAlarms()

  /// Groups within groups.
  private static let maximumDepth = 8

  init(file: String, context: AlarmContext, problems: Problems) {
    self.file = file
    self.context = context
    self.problems = problems
    warnings = Problems(file: file)
    functions.given = context.parameters
  }

  mutating func read(_ text: String) -> LoadedAlarms {
    guard let root = YAML.parse(text, problems, dialect: .keepsTags) else { return loaded }
    guard case .mapping(let entries) = root.content else {
      problems.add("expected alarms by name or a CloudFormation template, found \(root.foundText)", at: root)
      return loaded
    }
    if root["Resources"] != nil || root["AWSTemplateFormatVersion"] != nil {
      template(root)
    } else {
      functions.takesUnknownNames = true
      declareResources(entries)
      for entry in entries { plain(entry, depth: 0) }
    }
    if loaded.alarms.isEmpty, loaded.leftOut.isEmpty, problems.isEmpty {
      warnings.add("declares no alarm", at: root)
    }
    loaded.warnings = warnings.list
    return loaded
  }

  // MARK: CloudFormation

  private static let sections: Set<String> = [
    "AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Rules", "Mappings", "Conditions",
    "Transform", "Resources", "Outputs", "Hooks",
  ]

  private mutating func template(_ root: YAMLNode) {
    if case .mapping(let entries) = root.content {
      for entry in entries where !Self.sections.contains(entry.key) {
        problems.add("unknown section `\(entry.key)` of a CloudFormation template", at: entry.keyPosition)
      }
    }
    if case .mapping(let parameters)? = root["Parameters"]?.content {
      for parameter in parameters {
        functions.parameters[parameter.key] = .some(parameter.value["Default"]?.scalarText)
      }
    }
    if case .mapping(let conditions)? = root["Conditions"]?.content {
      for condition in conditions { functions.conditions[condition.key] = condition.value }
    }
    functions.mappings = root["Mappings"]
    guard let resources = root["Resources"], case .mapping(let entries) = resources.content else {
      problems.add("a template needs `Resources`, a mapping", at: root["Resources"] ?? root)
      return
    }
    declareResources(entries)
    for entry in entries { resource(entry) }
  }

  /// Names can be referred to before they are declared, so they are collected first. Those that are built from other
  /// names are resolved from what precedes them.
  private mutating func declareResources(_ entries: [YAMLNode.Entry]) {
    let silent = Problems(file: file)
    for entry in entries {
      guard let type = entry.value["Type"]?.scalarText, type.hasPrefix("AWS::") else { continue }
      let nameKey = type == TemplateFunctions.Resource.topicType ? "TopicName" : "AlarmName"
      let written = entry.value["Properties"]?[nameKey].map { functions.resolve($0, silent) }
      let name = written?.scalarText.flatMap { $0.isEmpty ? nil : $0 } ?? entry.key
      functions.resources[entry.key] = TemplateFunctions.Resource(type: type, name: name)
    }
  }

  private static let resourceKeys: Set<String> = [
    "Type", "Properties", "Condition", "DependsOn", "DeletionPolicy", "UpdateReplacePolicy", "Metadata",
    "CreationPolicy", "UpdatePolicy",
  ]

  private mutating func resource(_ entry: YAMLNode.Entry) {
    guard let type = entry.value["Type"]?.scalarText else {
      problems.add("resource \(entry.key) has no `Type`", at: entry.keyPosition)
      return
    }
    let isComposite = type == TemplateFunctions.Resource.compositeType
    guard isComposite || type == TemplateFunctions.Resource.alarmType else {
      // The topics of actions are looked at; nothing else concerns us.
      if type != TemplateFunctions.Resource.topicType {
        warnings.add("resource \(entry.key) of type \(type) is left out", at: entry.keyPosition)
      }
      return
    }
    if case .mapping(let keys) = entry.value.content {
      for key in keys where !Self.resourceKeys.contains(key.key) {
        problems.add("unknown key `\(key.key)` of a resource", at: key.keyPosition)
      }
    }
    let name = functions.resources[entry.key]?.name ?? entry.key
    if isLeftOut(entry, name) { return }
    guard let properties = entry.value["Properties"] else {
      problems.add("resource \(entry.key) has no `Properties`", at: entry.keyPosition)
      return
    }
    alarm(
      properties, named: name,
      form: isComposite ? .compositeResource : .metricResource)
  }

  /// Whether the configuration leaves the alarm out, or its condition does not hold.
  private mutating func isLeftOut(_ entry: YAMLNode.Entry, _ name: String) -> Bool {
    let names = [entry.key, name].filter(context.leftOut.contains)
    loaded.usedLeftOut.formUnion(names)
    var isLeftOut = !names.isEmpty
    if !isLeftOut, let node = entry.value["Condition"], entry.value["Type"] != nil {
      do {
        isLeftOut = try !functions.holds(named: node.scalarText ?? "", Problems(file: file))
        if isLeftOut {
          warnings.add("\(entry.key) is left out: its condition does not hold", at: node)
        }
      } catch {
        let why = (error as? TemplateFunctions.Fault)?.message ?? "\(error)"
        warnings.add("the condition of \(entry.key) is taken as met: \(why)", at: node)
      }
    }
    if isLeftOut { loaded.leftOut.insert(name) }
    return isLeftOut
  }

  // MARK: Alarms by name

  private mutating func plain(_ entry: YAMLNode.Entry, depth: Int) {
    guard case .mapping(let inner) = entry.value.content else {
      problems.add(
        "expected the properties of alarm \"\(entry.key)\", or a group of alarms, found \(entry.value.foundText)",
        at: entry.value.isNull ? entry.keyPosition : entry.value.position)
      return
    }
    if entry.value["Type"]?.scalarText?.hasPrefix("AWS::") == true {
      resource(entry)
    } else if inner.contains(where: { AlarmProperties.telling.contains($0.key) }) {
      let written = entry.value["AlarmName"]?.scalarText ?? entry.key
      if !isLeftOut(entry, written) { alarm(entry.value, named: entry.key, form: .plain) }
    } else if inner.isEmpty || !inner.allSatisfy({ $0.value.isMapping }) {
      problems.add(
        "\"\(entry.key)\" is neither an alarm (it has none of MetricName, PromQL, AlarmRule …) nor a group of alarms",
        at: entry.keyPosition)
    } else if depth == Self.maximumDepth {
      problems.add(
        "groups of alarms are nested more than \(Self.maximumDepth) levels deep", at: entry.keyPosition)
    } else {
      declareResources(inner)
      for child in inner { plain(child, depth: depth + 1) }
    }
  }

  private mutating func alarm(_ node: YAMLNode, named name: String, form: AlarmProperties.Form) {
    let unresolved = Problems(file: file)
    let resolved = functions.resolve(node, unresolved)
    let found = Problems(file: file)
    let properties = AlarmProperties(name: name, form: form, file: file, context: context, warnings: warnings)
    let alarm = YAMLType<Alarm?>.mapping { properties.read($0) }.read(resolved, found) ?? nil
    // What could not be resolved is told once, not again for what it leaves behind.
    let known = Set(unresolved.list.map(\.place))
    for problem in unresolved.list + found.list.filter({ !known.contains($0.place) }) {
      problems.add(problem.message, at: problem.place)
    }
    loaded.declared.insert(alarm?.name ?? resolved["AlarmName"]?.scalarText ?? name)
    if let alarm { loaded.alarms.append(alarm) }
  }
}

extension YAMLProblem {
  fileprivate var place: YAMLPosition { YAMLPosition(line: line, column: column) }
}

extension YAMLNode {
  fileprivate var isMapping: Bool { if case .mapping = content { true } else { false } }
}
