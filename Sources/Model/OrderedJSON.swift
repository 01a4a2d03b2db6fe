/// A JSON document whose members stay in the order they are written in: stable to read and to compare.
package enum OrderedJSON: Equatable, Sendable {
  case null
  case string(String)
  /// NaN and infinities, which JSON has not, become the strings that Prometheus writes.
  case number(Double)
  case integer(Int)
  case boolean(Bool)
  case array([OrderedJSON])
  case object([Member])

  package struct Member: Equatable, Sendable {
    package let name: String
    package let value: OrderedJSON
    package init(_ name: String, _ value: OrderedJSON) {
      self.name = name
      self.value = value
    }
  }

  package static func strings(_ labels: Labels) -> OrderedJSON {
    .object(labels.entries.map { Member($0.name, .string($0.value)) })
  }

  /// Without a space.
  package var compact: String {
    var out: [UInt8] = []
    append(to: &out)
    return String(decoding: out, as: UTF8.self)
  }

  /// The members of an object on lines of their own, as SNS writes its envelope; anything inside them compact.
  package var lines: String {
    guard case .object(let members) = self else { return compact }
    let rows = members.map { "  \(OrderedJSON.string($0.name).compact) : \($0.value.compact)" }
    return "{\n" + rows.joined(separator: ",\n") + "\n}"
  }

  private func append(to out: inout [UInt8]) {
    switch self {
    case .null: out += Array("null".utf8)
    case .string(let text): Self.append(text, to: &out)
    case .number(let value) where !value.isFinite: Self.append(NumberText.shortest(value), to: &out)
    case .number(let value): NumberText.append(value, to: &out)
    case .integer(let value): NumberText.appendInteger(Int64(value), to: &out)
    case .boolean(let value): out += Array((value ? "true" : "false").utf8)
    case .array(let items):
      out.append(UInt8(ascii: "["))
      for (place, item) in items.enumerated() {
        if place > 0 { out.append(UInt8(ascii: ",")) }
        item.append(to: &out)
      }
      out.append(UInt8(ascii: "]"))
    case .object(let members):
      out.append(UInt8(ascii: "{"))
      for (place, member) in members.enumerated() {
        if place > 0 { out.append(UInt8(ascii: ",")) }
        Self.append(member.name, to: &out)
        out.append(UInt8(ascii: ":"))
        member.value.append(to: &out)
      }
      out.append(UInt8(ascii: "}"))
    }
  }

  private static func append(_ text: String, to out: inout [UInt8]) {
    out.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): out += [UInt8(ascii: "\\"), byte]
      case UInt8(ascii: "\n"): out += Array("\\n".utf8)
      case UInt8(ascii: "\r"): out += Array("\\r".utf8)
      case UInt8(ascii: "\t"): out += Array("\\t".utf8)
      case 0..<0x20, 0x7f:
        let digits = Array("0123456789abcdef".utf8)
        out += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      default: out.append(byte)
      }
    }
    out.append(UInt8(ascii: "\""))
  }
}
