internal import Model

/// What Alertmanager's maps of labels can do beyond Go's.
enum PairMethods {
  /// By name, `alertname` first.
  static func sorted(_ pairs: Labels) -> [Label] {
    pairs.entries.filter { $0.name == "alertname" } + pairs.entries.filter { $0.name != "alertname" }
  }

  /// nil when there is no such method without arguments.
  static func call(_ name: String, of pairs: Labels) -> TemplateValue? {
    switch name {
    case "SortedPairs": sortedPairs(pairs)
    case "Names": .list(sorted(pairs).map { .string($0.name) })
    case "Values": .list(sorted(pairs).map { .string($0.value) })
    default: nil
    }
  }

  private static func sortedPairs(_ pairs: Labels) -> TemplateValue {
    let sorted = sorted(pairs)
    return .collection(
      TemplateCollection(
        sorted.map { .record(["Name": .string($0.name), "Value": .string($0.value)]) },
        parts: [
          "Names": .list(sorted.map { .string($0.name) }), "Values": .list(sorted.map { .string($0.value) }),
        ]))
  }

  static func removing(
    _ arguments: [TemplateValue], from pairs: Labels
  ) throws(TemplateFailure) -> Labels {
    guard arguments.count == 1, case .list(let list) = arguments[0].withoutMethods else {
      throw TemplateFailure("wrong type or number of args: want one list of strings")
    }
    var names: Set<String> = []
    for element in list {
      guard case .string(let name) = element else { throw TemplateFailure("a name is no string") }
      names.insert(name)
    }
    return pairs.dropping(names)
  }
}
