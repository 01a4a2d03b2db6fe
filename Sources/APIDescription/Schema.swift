internal import Model

/// What a JSON value looks like: the part of JSON Schema 2020-12 that the descriptions here need.
struct Schema: Sendable, Equatable {
  var json: OrderedJSON

  private init(_ members: [OrderedJSON.Member]) { json = .object(members) }

  private static func type(_ name: String, _ more: [OrderedJSON.Member] = []) -> Schema {
    Schema([.init("type", .string(name))] + more)
  }

  static let text = type("string")
  static let boolean = type("boolean")
  static let number = type("number")
  /// From 0.
  static let count = type("integer", [.init("minimum", .integer(0))])
  /// RFC 3339.
  static let time = type("string", [.init("format", .string("date-time"))])
  static let seconds = type("number", [.init("description", .string("seconds"))])
  static let labels = map(text)
  static let anything = Schema([])

  static func integer(_ range: ClosedRange<Int>) -> Schema {
    type(
      "integer", [.init("minimum", .integer(range.lowerBound)), .init("maximum", .integer(range.upperBound))])
  }

  static func choice(_ words: String...) -> Schema {
    type("string", [.init("enum", .array(words.map { .string($0) }))])
  }

  static func pattern(_ pattern: String) -> Schema {
    type("string", [.init("pattern", .string(pattern))])
  }

  static func map(_ values: Schema) -> Schema {
    type("object", [.init("additionalProperties", values.json)])
  }

  static func list(_ items: Schema, most: Int? = nil) -> Schema {
    type("array", [.init("items", items.json)] + (most.map { [.init("maxItems", .integer($0))] } ?? []))
  }

  /// One of ``Schemas``.
  static func named(_ name: String) -> Schema {
    Schema([.init("$ref", .string("#/components/schemas/\(name)"))])
  }

  /// What is not known is null.
  static func unknown(or schema: Schema) -> Schema {
    Schema([.init("anyOf", .array([schema.json, type("null").json]))])
  }

  static func either(_ schemas: Schema...) -> Schema {
    Schema([.init("anyOf", .array(schemas.map(\.json)))])
  }

  /// An object; members that end in `?` may be missing. More may come with later versions.
  static func object(_ members: KeyValuePairs<String, Schema>) -> Schema {
    var properties: [OrderedJSON.Member] = []
    var required: [OrderedJSON] = []
    for (name, schema) in members {
      let isOptional = name.hasSuffix("?")
      let bare = isOptional ? String(name.dropLast()) : name
      properties.append(.init(bare, schema.json))
      if !isOptional { required.append(.string(bare)) }
    }
    return type(
      "object",
      [.init("properties", .object(properties))]
        + (required.isEmpty ? [] : [.init("required", .array(required))]))
  }
}
