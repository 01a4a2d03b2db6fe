internal import Model

/// Prometheus' functions on queries and their results, and on arguments of named templates.
enum SeriesFunctions {
  static let table: [String: TemplateFunction] = [
    "query": .init(1) { call throws(TemplateFailure) in
      guard let query = call.context.query else { throw TemplateFailure("queries are not available here") }
      return .list(try query(try call.string(0)).map { .sample($0) })
    },
    "first": .init(1) { call throws(TemplateFailure) in
      guard let first = try call.vector(0).first else {
        throw TemplateFailure("first() called on vector with no elements")
      }
      return .sample(first)
    },
    "label": .init(2) { call throws(TemplateFailure) in
      let name = try call.string(0)
      return .string(try call.sample(1).labels[name] ?? "")
    },
    "value": .init(1) { call throws(TemplateFailure) in .float(try call.sample(0).value) },
    "strvalue": .init(1) { call throws(TemplateFailure) in
      let sample = try call.sample(0)
      return .string(sample.text.isEmpty ? sample.labels["__value__"] ?? "" : sample.text)
    },
    "sortByLabel": .init(2) { call throws(TemplateFailure) in
      let name = try call.string(0)
      let sorted = try call.vector(1).map { (key: $0.labels[name] ?? "", sample: $0) }
        .enumerated().sorted { a, b in
          a.element.key == b.element.key ? a.offset < b.offset : byteOrder(a.element.key, b.element.key)
        }
      return .list(sorted.map { .sample($0.element.sample) })
    },
    "args": .init(0 ... .max) { call throws(TemplateFailure) in
      var entries: [String: TemplateValue] = [:]
      for (place, argument) in call.arguments.enumerated() { entries["arg\(place)"] = argument }
      let map = TemplateMap(entries)
      guard map.depth <= TemplateLimits.valueDepth else {
        throw TemplateFailure("args nest more than \(TemplateLimits.valueDepth) deep")
      }
      return .map(map)
    },
  ]
}
