package import Model

/// HTML being written: raw markup is ours, text is foreign and escaped.
package struct HTMLText {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  package mutating func raw(_ markup: String) { bytes.append(contentsOf: markup.utf8) }
  package mutating func text(_ foreign: String) { raw(escape(foreign)) }
  package func escape(_ foreign: String) -> String { escapedMarkup(foreign) }

  /// `name="value"` with a space before it.
  package mutating func attribute(_ name: String, _ value: String) { raw(" \(name)=\"\(escape(value))\"") }

  /// A link to a page of our own; what lies behind `folder` is one path segment, whatever it holds.
  package mutating func link(_ folder: String, _ name: String) {
    raw("<a")
    attribute("href", folder + Self.segment(name))
    raw(">")
    text(name)
    raw("</a>")
  }

  /// All but letters, digits and `-._~` as `%XX`. A name that is only dots would be taken for a folder: it is written
  /// with `%2E`, which browsers resolve too, so such a name has no page of its own.
  static func segment(_ name: String) -> String {
    var out = ""
    for byte in name.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e:
        out.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        out += byte < 16 ? "%0\(digits)" : "%\(digits)"
      }
    }
    return out
  }

  /// A moment: in UTC here, in the viewer's zone where the script runs.
  package mutating func time(_ moment: Timestamp) {
    raw("<time datetime=\"\(moment.iso8601)\">\(StatusPage.time(moment))</time>")
  }

  /// `3m ago`, its moment on hover.
  package mutating func ago(_ moment: Timestamp, _ now: Timestamp) {
    raw("<time class=\"age\" datetime=\"\(moment.iso8601)\" title=\"\(StatusPage.time(moment))\">")
    raw("\(StatusPage.age(moment, now)) ago</time>")
  }

  /// A sign of its own for each state, and its word: colour is never the only difference.
  package mutating func state(_ look: String, _ word: String) {
    raw("<span class=\"dot \(look)\">\(escape(word))</span>")
  }

  // MARK: Tables

  /// A table whose rows are paragraphs on a phone. Roles are said, because there it is no table to the browser.
  ///
  /// - Parameter caption: what it is, for who hears it; the heading above says it to who sees it.
  package mutating func table(_ caption: String, _ columns: [String], _ rows: (inout HTMLText) -> Void) {
    raw("<table class=\"wide\" role=\"table\"><caption>\(escape(caption))</caption><thead><tr role=\"row\">")
    for column in columns { raw("<th scope=\"col\" role=\"columnheader\">\(escape(column))</th>") }
    raw("</tr></thead><tbody>\n")
    rows(&self)
    raw("</tbody></table>\n")
  }

  /// - Parameters:
  ///   - id: keeps the row the same row for the script when others come and go.
  package mutating func row(id: String? = nil, _ cells: (inout HTMLText) -> Void) {
    raw("<tr role=\"row\"")
    if let id { attribute("id", id) }
    raw(">")
    cells(&self)
    raw("</tr>\n")
  }

  /// The cell that names its row.
  package mutating func head(_ content: (inout HTMLText) -> Void) {
    raw("<th scope=\"row\" role=\"rowheader\">")
    content(&self)
    raw("</th>")
  }

  /// - Parameter column: what it is, said before it on a phone; nil where it says so itself.
  package mutating func cell(
    _ column: String? = nil, quiet: Bool = false, _ content: (inout HTMLText) -> Void
  ) {
    raw(quiet ? "<td role=\"cell\" class=\"quiet\"" : "<td role=\"cell\"")
    if let column { attribute("data-is", column) }
    raw(">")
    content(&self)
    raw("</td>")
  }

  package mutating func cell(_ column: String? = nil, quiet: Bool = false, _ foreign: String) {
    cell(column, quiet: quiet) { $0.text(foreign) }
  }

  // MARK: Sections

  /// A part of the page with its heading, which names it.
  package mutating func section(_ id: String, _ heading: String, _ content: (inout HTMLText) -> Void) {
    raw("<section aria-labelledby=\"\(id)\"><h2 id=\"\(id)\">\(escape(heading))</h2>\n")
    content(&self)
    raw("</section>\n")
  }

  package mutating func quiet(_ foreign: String) { raw("<p class=\"quiet\">\(escape(foreign))</p>\n") }
  package mutating func notice(_ foreign: String) { raw("<p class=\"notice\">\(escape(foreign))</p>\n") }
}
