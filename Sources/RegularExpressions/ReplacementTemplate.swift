/// A replacement text in Go's syntax: `$name` and `${name}`, where the name is the longest run of letters, digits and
/// underscores and a number names a group by position; `$$` is a dollar. A malformed `$` stands for itself.
struct ReplacementTemplate {
  private enum Part {
    case literal([UInt8])
    case group(index: Int)
    case named(String)
  }

  private var parts: [Part] = []

  init(_ template: String) {
    let dollar = UInt8(ascii: "$")
    var rest = Array(template.utf8)[...]
    var literal: [UInt8] = []
    while let byte = rest.popFirst() {
      if byte != dollar {
        literal.append(byte)
      } else if rest.first == dollar {
        rest.removeFirst()
        literal.append(dollar)
      } else if let name = Self.takeName(&rest) {
        if !literal.isEmpty { parts.append(.literal(literal)) }
        literal = []
        let number = name.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(name) : nil
        parts.append(number.map(Part.group(index:)) ?? .named(name))
      } else {
        literal.append(dollar)
      }
    }
    if !literal.isEmpty { parts.append(.literal(literal)) }
  }

  func expand(
    _ spans: [Range<Int>?], in text: UnsafeRawBufferPointer, group: (String) -> Int?, into out: inout [UInt8]
  ) {
    for part in parts {
      switch part {
      case .literal(let bytes): out.append(contentsOf: bytes)
      case .group(let index):
        if spans.indices.contains(index), let span = spans[index] { out.append(contentsOf: text[span]) }
      case .named(let name):
        if let index = group(name), let span = spans[index] { out.append(contentsOf: text[span]) }
      }
    }
  }

  /// The name behind a dollar, taken off `rest`; nil (and nothing taken) when there is none.
  private static func takeName(_ rest: inout ArraySlice<UInt8>) -> String? {
    let braced = rest.first == UInt8(ascii: "{")
    let body = braced ? rest.dropFirst() : rest
    // Letters and digits beyond ASCII count in Go; here every byte beyond ASCII does.
    let name = body.prefix {
      $0 == UInt8(ascii: "_") || $0 >= 0x80 || (0x30...0x39).contains($0) || (0x41...0x5a).contains($0)
        || (0x61...0x7a).contains($0)
    }
    guard !name.isEmpty else { return nil }
    let behind = body.dropFirst(name.count)
    if braced {
      guard behind.first == UInt8(ascii: "}") else { return nil }
      rest = behind.dropFirst()
    } else {
      rest = behind
    }
    return String(decoding: name, as: UTF8.self)
  }
}
