internal import Model

/// The functions of Go's template language itself, but for `and` and `or`.
enum LanguageFunctions {
  static let table: [String: TemplateFunction] = [
    "not": .init(1) { call in .bool(!call.arguments[0].isTrue) },
    "len": .init(1) { call throws(TemplateFailure) in .int(try length(call.arguments[0])) },
    "index": .init(1 ... .max) { call throws(TemplateFailure) in
      var value = call.arguments[0]
      for key in call.arguments.dropFirst() { value = try index(value, key) }
      return value
    },
    "slice": .init(1...4) { call throws(TemplateFailure) in try slice(call.arguments) },
    "print": .init(0 ... .max) { call throws(TemplateFailure) in .string(try print(call.arguments)) },
    "println": .init(0 ... .max) { call throws(TemplateFailure) in
      var out = ""
      for (place, argument) in call.arguments.enumerated() {
        out += (place > 0 ? " " : "") + (try ValuePrinter.printed(argument))
        try TextLimit.check(out.utf8.count)
      }
      return .string(out + "\n")
    },
    "printf": .init(1 ... .max) { call throws(TemplateFailure) in
      .string(try GoFormat.print(try call.string(0), Array(call.arguments.dropFirst())))
    },
    "html": escaping(TextEscaping.html),
    "js": escaping(TextEscaping.javaScript),
    "urlquery": escaping(TextEscaping.query),
    "call": .init(1 ... .max) { _ throws(TemplateFailure) in
      throw TemplateFailure("there are no function values to call")
    },
    // The interpreter renders the named template itself.
    "tmpl": .init(2) { _ throws(TemplateFailure) in throw TemplateFailure("tmpl needs an interpreter") },
  ]

  private static func escaping(_ escape: @escaping @Sendable (String) -> String) -> TemplateFunction {
    .init(0 ... .max) { call throws(TemplateFailure) in
      if call.arguments.count == 1, case .missing = call.arguments[0] { return .string(escape("<no value>")) }
      return .string(escape(try print(call.arguments)))
    }
  }

  /// Go's `Sprint`: a space between two operands of which neither is a string.
  private static func print(_ arguments: [TemplateValue]) throws(TemplateFailure) -> String {
    var out = ""
    var lastWasString = true
    for (place, argument) in arguments.enumerated() {
      var isString = false
      if case .string = argument { isString = true }
      if place > 0, !isString, !lastWasString { out += " " }
      out += try ValuePrinter.printed(argument)
      try TextLimit.check(out.utf8.count)
      lastWasString = isString
    }
    return out
  }

  private static func length(_ value: TemplateValue) throws(TemplateFailure) -> Int {
    switch value {
    case .string(let text): return text.utf8.count
    case .list(let list): return list.count
    case .map(let map): return map.entries.count
    case .labels(let labels): return labels.count
    case .missing, .null: throw TemplateFailure("len of nil pointer")
    default: throw TemplateFailure("len of type \(value.typeName)")
    }
  }

  private static func index(
    _ value: TemplateValue, _ key: TemplateValue
  ) throws(TemplateFailure) -> TemplateValue {
    switch value {
    case .list(let list): return list[try place(key, below: list.count)]
    case .string(let text):
      let bytes = Array(text.utf8)
      return .int(Int(bytes[try place(key, below: bytes.count)]))
    case .map(let map): return map.entries[try name(key)] ?? .missing
    case .labels(let labels): return .string(labels[try name(key)] ?? "")
    case .missing, .null: throw TemplateFailure("index of untyped nil")
    default: throw TemplateFailure("can't index item of type \(value.typeName)")
    }
  }

  private static func name(_ key: TemplateValue) throws(TemplateFailure) -> String {
    if case .string(let name) = key { return name }
    throw TemplateFailure("value has type \(key.typeName); should be string")
  }

  private static func place(_ key: TemplateValue, below end: Int) throws(TemplateFailure) -> Int {
    switch key {
    case .int(let place):
      guard place >= 0, place < end else { throw TemplateFailure("index out of range: \(place)") }
      return place
    case .missing, .null: throw TemplateFailure("cannot index slice/array with nil")
    default: throw TemplateFailure("cannot index slice/array with type \(key.typeName)")
    }
  }

  private static func slice(_ arguments: [TemplateValue]) throws(TemplateFailure) -> TemplateValue {
    let size = try {
      (value: TemplateValue) throws(TemplateFailure) in
      switch value {
      case .string(let text):
        guard arguments.count < 4 else { throw TemplateFailure("cannot 3-index slice a string") }
        return text.utf8.count
      case .list(let list): return list.count
      case .missing, .null: throw TemplateFailure("slice of untyped nil")
      default: throw TemplateFailure("can't slice item of type \(value.typeName)")
      }
    }(arguments[0])
    var bounds = [0, size]
    for (number, argument) in arguments.dropFirst().prefix(2).enumerated() {
      bounds[number] = try place(argument, below: size + 1)
    }
    guard bounds[0] <= bounds[1] else {
      throw TemplateFailure("invalid slice index: \(bounds[0]) > \(bounds[1])")
    }
    switch arguments[0] {
    case .string(let text):
      return .string(String(decoding: Array(text.utf8)[bounds[0]..<bounds[1]], as: UTF8.self))
    case .list(let list): return .list(Array(list[bounds[0]..<bounds[1]]))
    default: return .missing
    }
  }
}
