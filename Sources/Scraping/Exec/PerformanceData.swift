internal import Model

/// What stands behind the bar in a monitoring plugin's output: `label=value[unit];warn;crit;min;max …`, in the form of
/// the Monitoring Plugins' guidelines.
package struct PerformanceData: Hashable, Sendable {
  package struct Item: Hashable, Sendable {
    package var label: String
    /// In `unit`.
    package var value: Double
    /// `s`, `B`, `%`, `c` or whatever the plugin says; multiples of seconds and bytes are converted to those.
    package var unit: String
  }

  package private(set) var items: [Item] = []
  /// Parts that could not be read, or were beyond ``limit``.
  package private(set) var refused = 0
  package static let limit = 100
  private static let labelLimit = 200

  /// - Parameter output: the whole output; perfdata may follow a bar in its first line and in its later ones.
  package init(output: String) {
    var rest: [Substring] = []
    var isData = false
    for (number, line) in output.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if isData {
        rest.append(line)
      } else if let bar = line.firstIndex(of: "|") {
        rest.append(line[line.index(after: bar)...])
        // Behind a bar in the text below the first line everything is data.
        isData = number > 0
      }
    }
    for part in rest { read(part) }
  }

  private mutating func read(_ text: Substring) {
    var text = text.drop(while: \.isWhitespace)
    while !text.isEmpty {
      guard let (label, afterLabel) = Self.label(text) else {
        refused += 1
        return
      }
      let field = afterLabel.prefix { !$0.isWhitespace }
      text = afterLabel.dropFirst(field.count).drop(while: \.isWhitespace)
      guard items.count < Self.limit, let item = Self.item(label, field) else {
        refused += 1
        continue
      }
      items.append(item)
    }
  }

  /// The label and what follows its equals sign. Quoted labels may hold blanks; two quotes stand for one.
  private static func label(_ text: Substring) -> (String, Substring)? {
    guard text.first == "'" else {
      guard let equals = text.firstIndex(of: "="), !text[..<equals].contains(where: \.isWhitespace) else {
        return nil
      }
      return (String(text[..<equals].prefix(labelLimit)), text[text.index(after: equals)...])
    }
    var label = ""
    var rest = text.dropFirst()
    while let character = rest.first {
      rest = rest.dropFirst()
      if character == "'" {
        if rest.first == "'" {
          rest = rest.dropFirst()
        } else {
          return rest.first == "=" ? (String(label.prefix(labelLimit)), rest.dropFirst()) : nil
        }
      }
      label.append(character)
    }
    return nil
  }

  private static func item(_ label: String, _ field: Substring) -> Item? {
    let measured = field.prefix { $0 != ";" }
    let number = measured.prefix { $0.isASCII && ($0.isNumber || "+-.eE".contains($0)) }
    // `U` says that the plugin does not know: left out, because unknown is not zero.
    guard !label.isEmpty, let value = Double(number), value.isFinite else { return nil }
    let unit = String(measured.dropFirst(number.count).prefix(16))
    let (scale, base) = Self.scale(unit)
    return Item(label: label, value: value * scale, unit: base)
  }

  private static func scale(_ unit: String) -> (Double, String) {
    switch unit {
    case "ms": (1e-3, "s")
    case "us": (1e-6, "s")
    case "ns": (1e-9, "s")
    case "KB", "kB": (1e3, "B")
    case "MB": (1e6, "B")
    case "GB": (1e9, "B")
    case "TB": (1e12, "B")
    case "KiB": (1024, "B")
    case "MiB": (1_048_576, "B")
    case "GiB": (1_073_741_824, "B")
    default: (1, unit)
    }
  }
}
