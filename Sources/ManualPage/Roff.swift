/// Text in the language of man(7), readable by groff and mandoc.
struct Roff {
  private(set) var text = ""

  mutating func macro(_ name: String, _ arguments: String...) {
    let quoted = arguments.map { "\"\(Self.escaped($0).replacing("\"", with: "\\(dq"))\"" }
    text += ([".\(name)"] + quoted).joined(separator: " ") + "\n"
  }

  /// For who reads the source.
  mutating func comment(_ words: String) { text += ".\\\" \(words)\n" }

  /// A paragraph for each part of `words` between empty lines. What stands in backticks is bold.
  mutating func paragraphs(_ words: String) {
    var isFirst = true
    for paragraph in words.split(separator: "\n", omittingEmptySubsequences: false).split(separator: "") {
      if !isFirst { macro("PP") }
      isFirst = false
      line(paragraph.joined(separator: " "))
    }
  }

  /// Running text.
  mutating func line(_ words: String) {
    let marked = words.split(separator: "`", omittingEmptySubsequences: false).enumerated().map {
      index, part in
      index % 2 == 1 ? "\\fB\(Self.escaped(String(part)))\\fR" : Self.escaped(String(part))
    }.joined()
    raw(marked)
  }

  /// Marked up already. A line that begins with a control character would be taken for a macro.
  mutating func raw(_ marked: String) {
    let guarded = marked.first == "." || marked.first == "'" ? "\\&" + marked : marked
    text += guarded + "\n"
  }

  /// Lines as they stand.
  mutating func example(_ lines: [String]) {
    text += ".PP\n.RS 4\n.nf\n"
    for line in lines { raw(Self.escaped(line)) }
    text += ".fi\n.RE\n"
  }

  static func escaped(_ words: String) -> String {
    var out = ""
    for scalar in words.unicodeScalars {
      switch scalar {
      case "\\": out += "\\e"
      case "-": out += "\\-"
      case "'": out += "\\(aq"
      case "`": out += "\\(ga"
      case "^": out += "\\(ha"
      case "~": out += "\\(ti"
      case "\n", "\t": out += " "
      default:
        if scalar.value < 0x20 || scalar.value == 0x7f { continue }
        if scalar.isASCII {
          out.unicodeScalars.append(scalar)
        } else {
          let digits = String(scalar.value, radix: 16, uppercase: true)
          out += "\\[u\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)]"
        }
      }
    }
    return out
  }
}
