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
  static func plain(_ text: String) -> String {
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      let isControl = scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value)
      // The marks that turn the direction of writing can make a line read as another.
      let turns = (0x202a...0x202e).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
      out.append(isControl || turns ? " " : scalar)
    }
    var words = String(out)
    while words.hasSuffix(" ") { words.removeLast() }
    return words
  }

  /// Columns that the tables of alerts and silences need to say everything in one line.
  static let wide = 120

  /// A table for a narrow terminal: under each row stands, indented, what would not have fitted into it.
  static func table(
    _ header: [String], _ rows: [(cells: [String], below: String)], whole: Int, width: Int
  ) -> [String] {
    let lines = table(header, rows.map(\.cells), whole: whole, width: width)
    return lines.prefix(1)
      + zip(lines.dropFirst(), rows).flatMap { line, row in
        let below = "  " + plain(row.below)
        let isEmpty = row.below.isEmpty
        return isEmpty ? [line] : [line, below.count > width ? below.prefix(width - 1) + "…" : below]
      }
  }

  /// Rows under a header, two spaces between columns. With a `width` the last columns give way first, down to the width of
  /// their titles; cells that are cut end in "…". The column `whole`, which people copy, is never cut. Without a width
  /// nothing is cut.
  static func table(_ header: [String], _ rows: [[String]], whole: Int, width: Int?) -> [String] {
    let cells = [header] + rows.map { $0.map(plain) }
    var widths = header.indices.map { column in
      cells.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
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
      for (column, cell) in row.enumerated() where column < widths.count {
        let text = cell.count > widths[column] ? cell.prefix(max(0, widths[column] - 1)) + "…" : cell[...]
        line += text
        if column < row.count - 1 { line += String(repeating: " ", count: widths[column] - text.count + 2) }
      }
      while line.hasSuffix(" ") { line.removeLast() }
      return line
    }
  }
}
