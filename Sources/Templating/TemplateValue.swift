package import Model

/// What a template computes with: the few types that Go's templates meet in Prometheus.
package enum TemplateValue: Sendable {
  /// No such entry: prints `<no value>`. Go's invalid reflection value.
  case missing
  /// Go's `nil`.
  case null
  case bool(Bool)
  case int(Int)
  case float(Double)
  case string(String)
  case list([TemplateValue])
  case map(TemplateMap)
  /// A map of strings.
  case labels(Labels)
  /// A fixed set of fields: to ask for another one is an error.
  case record(TemplateMap)
  /// A map of strings with Alertmanager's methods (`SortedPairs`, `Names`, `Values`, `Remove`).
  case pairs(Labels)
  /// A list that has parts by name, such as `.Alerts.Firing`.
  case collection(TemplateCollection)
  case sample(TemplateSample)
  case time(Timestamp)
  case duration(Duration)
}

/// Entries by name, which know how deeply values nest: printing and freeing them recurse.
package struct TemplateMap: Sendable {
  package let entries: [String: TemplateValue]
  let depth: Int

  package init(_ entries: [String: TemplateValue]) {
    self.entries = entries
    depth = 1 + (entries.values.lazy.map(\.depth).max() ?? 0)
  }

  var sorted: [(key: String, value: TemplateValue)] {
    entries.sorted { byteOrder($0.key, $1.key) }
  }
}

/// Elements in order, and other values under the names of methods without arguments.
package struct TemplateCollection: Sendable {
  package let elements: [TemplateValue]
  package let parts: [String: TemplateValue]
  let depth: Int

  package init(_ elements: [TemplateValue], parts: [String: TemplateValue]) {
    self.elements = elements
    self.parts = parts
    depth = 1 + max(elements.lazy.map(\.depth).max() ?? 0, parts.values.lazy.map(\.depth).max() ?? 0)
  }
}

/// One element of a query's answer. The labels include `__name__`.
package struct TemplateSample: Sendable {
  package let labels: Labels
  package let value: Double
  /// What `strvalue` returns: the text of a string result.
  package let text: String

  package init(labels: Labels, value: Double, text: String = "") {
    self.labels = labels
    self.value = value
    self.text = text
  }
}

extension TemplateValue {
  package static func map(_ entries: [String: TemplateValue]) -> Self { .map(TemplateMap(entries)) }
  package static func record(_ entries: [String: TemplateValue]) -> Self { .record(TemplateMap(entries)) }

  var depth: Int {
    switch self {
    case .map(let map), .record(let map): map.depth
    case .collection(let collection): collection.depth
    case .list(let list): 1 + (list.lazy.map(\.depth).max() ?? 0)
    default: 0
    }
  }

  /// The plain map or list that functions take.
  var withoutMethods: TemplateValue {
    switch self {
    case .collection(let collection): .list(collection.elements)
    case .pairs(let pairs): .labels(pairs)
    default: self
    }
  }

  /// Whether `if` takes the first branch.
  var isTrue: Bool {
    switch self {
    case .missing, .null: false
    case .bool(let value): value
    case .int(let value): value != 0
    case .float(let value): value != 0
    case .string(let value): !value.isEmpty
    case .list(let list): !list.isEmpty
    case .map(let map): !map.entries.isEmpty
    case .labels(let labels), .pairs(let labels): !labels.isEmpty
    case .collection(let collection): !collection.elements.isEmpty
    case .duration(let duration): duration != .zero
    case .record, .sample, .time: true
    }
  }

  /// The name of the Go type that Prometheus would have here, for messages and `%T`.
  var typeName: String {
    switch self {
    case .missing, .null: "<nil>"
    case .bool: "bool"
    case .int: "int"
    case .float: "float64"
    case .string: "string"
    case .list: "[]interface {}"
    case .map: "map[string]interface {}"
    case .labels: "map[string]string"
    case .pairs: "template.KV"
    case .collection: "[]interface {}"
    case .record: "struct"
    case .sample: "*template.sample"
    case .time: "*time.Time"
    case .duration: "*time.Duration"
    }
  }
}
