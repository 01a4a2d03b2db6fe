internal import Model

/// Reads a filter policy from JSON and holds it to SNS' limits.
struct FilterPolicyReader {
  typealias Fault = FilterPolicy.Fault
  private typealias Step = FilterPolicy.Step

  private static let operators: Set<String> = [
    "prefix", "suffix", "equals-ignore-case", "wildcard", "anything-but", "numeric", "exists", "cidr",
  ]

  private let scope: FilterPolicy.Scope
  private var keys: Set<String> = []

  init(scope: FilterPolicy.Scope) { self.scope = scope }

  mutating func policy(_ json: OrderedJSON) throws(Fault) -> FilterBlock {
    guard json.compact.utf8.count <= FilterPolicy.maximumBytes else {
      throw Fault(path: [], message: "a filter policy is at most 256 KiB long")
    }
    let (block, combinations) = try self.block(json, [], level: 1)
    if keys.count > FilterPolicy.maximumKeys {
      throw Fault(
        path: [], message: "a filter policy has at most \(FilterPolicy.maximumKeys) keys, found \(keys.count)"
      )
    }
    if combinations > FilterPolicy.maximumCombinations {
      throw Fault(
        path: [],
        message:
          "a filter policy has at most \(FilterPolicy.maximumCombinations) combinations of values, found "
          + (combinations == .max ? "far more" : "\(combinations)"))
    }
    return block
  }

  /// - Returns: with it, in how many ways it can hold: the product over its keys, each value as often as its level.
  private mutating func block(
    _ json: OrderedJSON, _ path: [Step], level: Int
  ) throws(Fault) -> (FilterBlock, combinations: Int) {
    guard case .object(let members) = json else {
      throw Fault(path: path, message: "expected a mapping of keys to lists of values")
    }
    guard level <= FilterPolicy.maximumDepth else {
      throw Fault(
        path: path, message: "a filter policy is nested at most \(FilterPolicy.maximumDepth) levels")
    }
    if members.isEmpty { throw Fault(path: path, message: "needs at least one key") }
    var block = FilterBlock()
    var combinations = 1
    for member in members {
      let here = path + [.key(member.name)]
      switch member.value {
      case .array(let items) where member.name == "$or":
        let (found, ways) = try alternatives(items, here, level)
        block.alternatives.append(found)
        combinations = Self.product(combinations, ways)
      case .array(let items):
        if items.isEmpty { throw Fault(path: here, message: "needs at least one value") }
        let full = (path + [.key(member.name)]).compactMap {
          if case .key(let name) = $0 { name } else { nil }
        }
        keys.insert(full.filter { $0 != "$or" }.joined(separator: "\u{0}"))
        var patterns: [FilterPattern] = []
        for (place, item) in items.enumerated() {
          patterns.append(try pattern(item, here + [.index(place)]))
        }
        block.fields.append(.init(name: member.name, condition: .values(patterns)))
        combinations = Self.product(combinations, Self.product(items.count, level))
      case .object where scope == .body:
        let (nested, ways) = try self.block(member.value, here, level: level + 1)
        block.fields.append(.init(name: member.name, condition: .nested(nested)))
        combinations = Self.product(combinations, ways)
      case .object:
        throw Fault(
          path: here, message: "keys below keys need the scope MessageBody; attributes have a list of values")
      default:
        throw Fault(path: here, message: "expected a list of values")
      }
    }
    return (block, combinations)
  }

  private mutating func alternatives(
    _ items: [OrderedJSON], _ path: [Step], _ level: Int
  ) throws(Fault) -> ([FilterBlock], Int) {
    guard items.count > 1 else { throw Fault(path: path, message: "`$or` needs at least two mappings") }
    var blocks: [FilterBlock] = []
    var sum = 0
    for (place, item) in items.enumerated() {
      let here = path + [.index(place)]
      if case .object(let members) = item,
        let wrong = members.first(where: { Self.operators.contains($0.name) })
      {
        throw Fault(
          path: here + [.key(wrong.name)], message: "`\(wrong.name)` is an operator and no key below `$or`")
      }
      let (block, ways) = try self.block(item, here, level: level + 1)
      blocks.append(block)
      let (total, overflow) = sum.addingReportingOverflow(ways)
      sum = overflow ? .max : total
    }
    return (blocks, sum)
  }

  private static func product(_ a: Int, _ b: Int) -> Int {
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? .max : product
  }

  // MARK: Values

  private func pattern(_ json: OrderedJSON, _ path: [Step]) throws(Fault) -> FilterPattern {
    switch json {
    case .string(let text): return .string(text)
    case .boolean(let value): return .boolean(value)
    case .null: return .null
    case .integer, .number: return .number(try number(json, path))
    case .array: throw Fault(path: path, message: "expected text, a number, true, false, null or an operator")
    case .object(let members):
      guard members.count == 1, let member = members.first else {
        throw Fault(path: path, message: "expected one operator, found \(members.count)")
      }
      return try operation(member.name, member.value, path + [.key(member.name)])
    }
  }

  private func operation(
    _ name: String, _ value: OrderedJSON, _ path: [Step]
  ) throws(Fault) -> FilterPattern {
    switch name {
    case "prefix": return .prefix(try text(value, path))
    case "suffix": return .suffix(try text(value, path))
    case "equals-ignore-case": return .equalsIgnoreCase(try text(value, path))
    case "wildcard": return .wildcard(try wildcard(value, path))
    case "anything-but": return .anythingBut(try unwanted(value, path))
    case "numeric": return .numeric(try range(value, path))
    case "exists":
      guard case .boolean(let wanted) = value else {
        throw Fault(path: path, message: "`exists` takes true or false")
      }
      return .exists(wanted)
    case "cidr":
      let text = try text(value, path)
      guard let range = AddressRange(text) else {
        throw Fault(path: path, message: "expected addresses such as 10.0.0.0/24, found \"\(text)\"")
      }
      return .cidr(range)
    default:
      throw Fault(
        path: path,
        message: "unknown operator `\(name)`; expected one of "
          + Self.operators.sorted().map { "`\($0)`" }.joined(separator: ", "))
    }
  }

  /// What `anything-but` excludes: values, or one operator over texts.
  private func unwanted(_ json: OrderedJSON, _ path: [Step]) throws(Fault) -> [FilterPattern] {
    switch json {
    case .string(let text): return [.string(text)]
    case .integer, .number: return [.number(try number(json, path))]
    case .array(let items):
      if items.isEmpty { throw Fault(path: path, message: "needs at least one value") }
      var found: [FilterPattern] = []
      for (place, item) in items.enumerated() {
        switch item {
        case .string(let text): found.append(.string(text))
        case .integer, .number: found.append(.number(try number(item, path + [.index(place)])))
        default: throw Fault(path: path + [.index(place)], message: "expected text or a number")
        }
      }
      return found
    case .object(let members):
      guard members.count == 1, let member = members.first,
        ["prefix", "suffix", "equals-ignore-case", "wildcard"].contains(member.name)
      else {
        throw Fault(
          path: path,
          message:
            "`anything-but` takes values, or one of `prefix`, `suffix`, `equals-ignore-case`, `wildcard`")
      }
      let here = path + [.key(member.name)]
      guard case .array(let items) = member.value else {
        return [try operation(member.name, member.value, here)]
      }
      var found: [FilterPattern] = []
      for (place, item) in items.enumerated() {
        found.append(try operation(member.name, item, here + [.index(place)]))
      }
      if found.isEmpty { throw Fault(path: here, message: "needs at least one value") }
      return found
    case .boolean, .null: throw Fault(path: path, message: "expected text, a number or a list of them")
    }
  }

  /// `["=", 5]`, `[">", 0, "<=", 10]`.
  private func range(_ json: OrderedJSON, _ path: [Step]) throws(Fault) -> FilterRange {
    guard case .array(let items) = json, items.count == 2 || items.count == 4 else {
      throw Fault(path: path, message: "`numeric` takes a list such as [\">=\", 0, \"<\", 10]")
    }
    var range = FilterRange()
    for place in stride(from: 0, to: items.count, by: 2) {
      guard case .string(let comparison) = items[place] else {
        throw Fault(path: path + [.index(place)], message: "expected one of =, <, <=, >, >=")
      }
      let value = try number(items[place + 1], path + [.index(place + 1)])
      switch comparison {
      case "=" where items.count == 2:
        range.low = (value, true)
        range.high = (value, true)
      case ">" where place == 0, ">=" where place == 0: range.low = (value, comparison == ">=")
      case "<" where place == items.count - 2, "<=" where place == items.count - 2:
        range.high = (value, comparison == "<=")
      default:
        throw Fault(
          path: path + [.index(place)],
          message: items.count == 2
            ? "expected one of =, <, <=, >, >=, found \"\(comparison)\""
            : "a range is > or >= and then < or <=, found \"\(comparison)\"")
      }
    }
    if let low = range.low, let high = range.high, items.count == 4, low.value >= high.value {
      throw Fault(path: path, message: "the lower end must be below the upper one")
    }
    return range
  }

  private func number(_ json: OrderedJSON, _ path: [Step]) throws(Fault) -> Double {
    let value: Double
    switch json {
    case .integer(let whole): value = Double(whole)
    case .number(let given): value = given
    default: throw Fault(path: path, message: "expected a number")
    }
    // NaN is in no range either.
    guard (-1e9...1e9).contains(value) else {
      throw Fault(path: path, message: "a number is between -1000000000 and 1000000000")
    }
    return value
  }

  private func text(_ json: OrderedJSON, _ path: [Step]) throws(Fault) -> String {
    guard case .string(let text) = json else { throw Fault(path: path, message: "expected text") }
    return text
  }

  private func wildcard(_ json: OrderedJSON, _ path: [Step]) throws(Fault) -> FilterWildcard {
    guard let wildcard = FilterWildcard(try text(json, path)) else {
      throw Fault(path: path, message: "in a wildcard no two * stand together, and \\ only before * or \\")
    }
    return wildcard
  }
}
