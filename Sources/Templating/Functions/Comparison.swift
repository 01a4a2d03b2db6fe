internal import Model

/// `eq`, `ne`, `lt`, `le`, `gt` and `ge`. As in Go, an integer is never compared with a floating-point number.
enum Comparison {
  static let table: [String: TemplateFunction] = [
    "eq": .init(1 ... .max) { call throws(TemplateFailure) in
      guard call.arguments.count > 1 else { throw TemplateFailure("missing argument for comparison") }
      for other in call.arguments.dropFirst() where try equal(call.arguments[0], other) {
        return .bool(true)
      }
      return .bool(false)
    },
    "ne": .init(2) { call throws(TemplateFailure) in .bool(!(try equal(call.arguments[0], call.arguments[1])))
    },
    "lt": .init(2) { call throws(TemplateFailure) in .bool(try less(call.arguments[0], call.arguments[1])) },
    "le": .init(2) { call throws(TemplateFailure) in
      .bool(try lessOrEqual(call.arguments[0], call.arguments[1]))
    },
    // As in Go: not less and not equal, so that everything is greater than NaN.
    "gt": .init(2) { call throws(TemplateFailure) in
      .bool(!(try lessOrEqual(call.arguments[0], call.arguments[1])))
    },
    "ge": .init(2) { call throws(TemplateFailure) in .bool(!(try less(call.arguments[0], call.arguments[1])))
    },
  ]

  private static func equal(_ a: TemplateValue, _ b: TemplateValue) throws(TemplateFailure) -> Bool {
    switch (a, b) {
    case (.bool(let a), .bool(let b)): return a == b
    case (.int(let a), .int(let b)): return a == b
    case (.float(let a), .float(let b)): return a == b
    case (.string(let a), .string(let b)): return a.utf8.elementsEqual(b.utf8)
    case (.time(let a), .time(let b)): return a == b
    case (.duration(let a), .duration(let b)): return a == b
    case (.missing, .missing), (.null, .null), (.missing, .null), (.null, .missing): return true
    default: break
    }
    for value in [a, b] {
      switch value {
      case .list, .map, .labels, .record:
        throw TemplateFailure("non-comparable type \(value.typeName)")
      default: break
      }
    }
    switch (a, b) {
    case (.missing, _), (.null, _), (_, .missing), (_, .null): return false
    default: throw TemplateFailure("incompatible types for comparison")
    }
  }

  private static func lessOrEqual(_ a: TemplateValue, _ b: TemplateValue) throws(TemplateFailure) -> Bool {
    if try less(a, b) { return true }
    return try equal(a, b)
  }

  private static func less(_ a: TemplateValue, _ b: TemplateValue) throws(TemplateFailure) -> Bool {
    switch (a, b) {
    case (.int(let a), .int(let b)): return a < b
    case (.float(let a), .float(let b)): return a < b
    case (.string(let a), .string(let b)): return byteOrder(a, b)
    case (.duration(let a), .duration(let b)): return a < b
    case (.int, .float), (.float, .int), (.int, .string), (.string, .int), (.float, .string),
      (.string, .float):
      throw TemplateFailure("incompatible types for comparison")
    default: throw TemplateFailure("invalid type for comparison")
    }
  }
}
