internal import FoundationEssentials

/// One thing that a JSON body must say: the value at a path.
package struct JSONCondition: Hashable, Sendable {
  package enum Scalar: Hashable, Sendable {
    case string(String)
    case number(Double)
    case bool(Bool)
    case null
  }

  /// Keys from the top, joined by dots; a whole number is an index where the value is an array: `checks.0.status`.
  package var path: String
  package var expected: Scalar

  package init(path: String, expected: Scalar) {
    self.path = path
    self.expected = expected
  }

  /// nil when `document` says so; otherwise how it differs, in words. The found value is not quoted: it may be
  /// anything.
  func mismatch(in document: JSONDocument) -> String? {
    guard let value = document.value(at: path) else { return "the JSON has no \(path)" }
    let isEqual =
      switch (value, expected) {
      case (.string(let a), .string(let b)): a == b
      case (.number(let a), .number(let b)): a == b
      case (.bool(let a), .bool(let b)): a == b
      case (.null, .null): true
      default: false
      }
    return isEqual ? nil : "\(path) in the JSON is not what is expected"
  }
}

/// A parsed JSON text.
indirect enum JSONDocument: Decodable {
  case object([String: JSONDocument])
  case array([JSONDocument])
  case string(String)
  case number(Double)
  case bool(Bool)
  case null

  /// nil when `bytes` are not JSON, or are nested deeper than the decoder allows (512).
  init?(_ bytes: [UInt8]) {
    guard let document = try? JSONDecoder().decode(JSONDocument.self, from: Data(bytes)) else { return nil }
    self = document
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONDocument].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONDocument].self))
    }
  }

  func value(at path: String) -> JSONDocument? {
    var current = self
    for key in path.split(separator: ".") {
      switch current {
      case .object(let members):
        guard let next = members[String(key)] else { return nil }
        current = next
      case .array(let elements):
        guard let index = Int(key), elements.indices.contains(index) else { return nil }
        current = elements[index]
      default: return nil
      }
    }
    return current
  }
}
