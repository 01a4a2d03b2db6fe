import Exposition
import Model

/// What a page says, read by rules of its own: an independent reader of the text format, strict about everything that
/// the format leaves no choice in.
struct ReadPage {
  struct Family: Equatable {
    var help: String
    var type: String
    var samples: [(name: String, labels: [String: String], value: String)] = []
    static func == (a: Self, b: Self) -> Bool {
      a.help == b.help && a.type == b.type
        && a.samples.elementsEqual(b.samples) {
          $0.name == $1.name && $0.labels == $1.labels && $0.value == $1.value
        }
    }
  }

  struct Malformed: Error, Equatable { var line: String }

  var names: [String] = []
  var families: [String: Family] = [:]

  init(_ text: String) throws {
    guard text.isEmpty || text.hasSuffix("\n") else { throw Malformed(line: "no line feed at the end") }
    var expectsType: String?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      let line = String(line)
      if line.hasPrefix("# HELP ") {
        let parts = line.dropFirst(7).split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, families[String(parts[0])] == nil else { throw Malformed(line: line) }
        names.append(String(parts[0]))
        families[String(parts[0])] = Family(help: try Self.unescape(String(parts[1]), line), type: "")
        expectsType = String(parts[0])
      } else if line.hasPrefix("# TYPE ") {
        let parts = line.dropFirst(7).split(separator: " ")
        guard parts.count == 2, String(parts[0]) == expectsType else { throw Malformed(line: line) }
        families[String(parts[0])]?.type = String(parts[1])
        expectsType = nil
      } else {
        guard let family = names.last, expectsType == nil else { throw Malformed(line: line) }
        families[family]?.samples.append(try Self.sample(line))
      }
    }
  }

  private static func sample(_ line: String) throws -> (String, [String: String], String) {
    var rest = line[...]
    func take(_ allowed: (Character) -> Bool) -> String {
      let taken = rest.prefix(while: allowed)
      rest = rest.dropFirst(taken.count)
      return String(taken)
    }
    let name = take { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") }
    var labels: [String: String] = [:]
    if rest.first == "{" {
      repeat {
        rest = rest.dropFirst()
        let label = take { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        guard rest.hasPrefix("=\""), labels[label] == nil else { throw Malformed(line: line) }
        rest = rest.dropFirst(2)
        var quoted = ""
        while let next = rest.first, next != "\"" {
          quoted.append(next)
          rest = rest.dropFirst()
          if next == "\\", let escaped = rest.first {
            quoted.append(escaped)
            rest = rest.dropFirst()
          }
        }
        rest = rest.dropFirst()
        labels[label] = try unescape(quoted, line)
      } while rest.first == ","
      guard rest.first == "}" else { throw Malformed(line: line) }
      rest = rest.dropFirst()
    }
    guard !name.isEmpty, rest.first == " ", !rest.dropFirst().contains(" ") else {
      throw Malformed(line: line)
    }
    return (name, labels, String(rest.dropFirst()))
  }

  private static func unescape(_ text: String, _ line: String) throws -> String {
    var out = ""
    var scalars = text.unicodeScalars.makeIterator()
    while let scalar = scalars.next() {
      if scalar != "\\" {
        out.unicodeScalars.append(scalar)
        continue
      }
      switch scalars.next() {
      case "\\": out += "\\"
      case "n": out += "\n"
      case "\"": out += "\""
      default: throw Malformed(line: line)
      }
    }
    return out
  }
}

extension MetricsPage {
  var bytes: [UInt8] { segments.flatMap { Array($0.storage) } }
  var text: String { String(decoding: bytes, as: UTF8.self) }
}
