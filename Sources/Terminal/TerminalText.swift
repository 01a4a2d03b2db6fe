#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Text for a terminal: tables in columns that fit, and nothing foreign that could steer it.
package enum TerminalText {
  /// The columns of the terminal on standard output; nil when it is none, as in a pipe.
  package static var columns: Int? {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  /// On one line and without control characters.
  package static func plain(_ text: String) -> String {
    var out = inLine(text).unicodeScalars
    while out.last == " " { out.removeLast() }
    return String(out)
  }

  /// ``plain(_:)`` with the spaces at its end.
  static func inLine(_ text: String) -> String {
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { out.append(isForeign(scalar) ? " " : scalar) }
    return String(out)
  }

  private static func isForeign(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case ..<0x20, 0x7f..<0xa0, 0x2028, 0x2029: true
    // The marks that turn the direction of writing can make a line read as another.
    case 0x061c, 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069: true
    default: false
    }
  }

  /// Columns that the tables of alerts and silences need to say everything in one line.
  package static let wide = 120

  /// Characters of a cell where nobody says how wide a line may be, as in a pipe: the whole is in the JSON.
  static let longestCell = 120

  /// ``plain(_:)``, at most `limit` characters of it and then "…". What is cut off takes no time, however long it is.
  package static func cell(_ text: String, limit: Int) -> String {
    let all = text.unicodeScalars
    // Most characters are one scalar, and those that people read are a few.
    let end = all.index(all.startIndex, offsetBy: limit * 4, limitedBy: all.endIndex) ?? all.endIndex
    let words = plain(end == all.endIndex ? text : String(all[..<end]))
    if end == all.endIndex, length(words) <= limit { return words }
    return clipped(words, max(0, limit - 1)) + "…"
  }

  /// Columns that a terminal needs for `text`.
  package static func length(_ text: String) -> Int {
    text.utf8.allSatisfy { $0 < 0x80 } ? text.utf8.count : text.reduce(0) { $0 + columns(of: $1) }
  }

  /// The beginning of `text` that fits into so many columns.
  private static func clipped(_ text: String, _ limit: Int) -> Substring {
    var taken = 0
    return text.prefix { character in
      taken += columns(of: character)
      return taken <= limit
    }
  }

  /// Chinese, Japanese and Korean characters and emoji take two.
  private static func columns(of character: Character) -> Int {
    guard let first = character.unicodeScalars.first else { return 0 }
    switch first.value {
    case 0x1100...0x115f, 0x2e80...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60,
      0xffe0...0xffe6, 0x1f300...0x1faff, 0x20000...0x3fffd:
      return 2
    default: return 1
    }
  }

  /// A table for a narrow terminal: under each row stands, indented, what would not have fitted into it.
  package static func table(
    _ header: [String], _ rows: [(cells: [String], below: String)], whole: Int, width: Int
  ) -> [String] {
    let lines = table(header, rows.map(\.cells), whole: whole, width: width)
    return lines.prefix(1)
      + zip(lines.dropFirst(), rows).flatMap { line, row in
        row.below.isEmpty ? [line] : [line, "  " + cell(row.below, limit: max(1, width - 2))]
      }
  }

  /// Rows under a header, two spaces between columns. With a `width` the last columns give way first, down to the width of
  /// their titles; without one a cell has ``longestCell`` characters at most. Cells that are cut end in "…". The column
  /// `whole`, which people copy, does not give way.
  package static func table(_ header: [String], _ rows: [[String]], whole: Int, width: Int?) -> [String] {
    let most = max(width ?? longestCell, longestCell)
    let cells = [header] + rows.map { $0.map { cell($0, limit: most) } }
    var widths = [Int](repeating: 0, count: header.count)
    for row in cells {
      for (column, text) in row.enumerated() where column < widths.count {
        widths[column] = max(widths[column], length(text))
      }
    }
    if let width {
      var excess = widths.reduce(0, +) + 2 * (header.count - 1) - width
      for column in header.indices.reversed() where excess > 0 && column != whole {
        let least = min(widths[column], max(header[column].count, 4))
        let taken = min(excess, widths[column] - least)
        widths[column] -= taken
        excess -= taken
      }
    }
    return cells.map { row in
      var line = ""
      var gap = 0
      for (column, text) in row.enumerated() where column < widths.count {
        let isCut = length(text) > widths[column]
        let shown = isCut ? clipped(text, max(0, widths[column] - 1)) + "…" : text[...]
        if !shown.isEmpty {
          line += String(repeating: " ", count: gap) + shown
          gap = 0
        }
        gap += max(0, widths[column] - length(String(shown))) + 2
      }
      return line
    }
  }
}
