/// Why a template could not be parsed or rendered, and where in its text.
///
/// `line` and `column` count from 1; the column counts bytes, as Go's messages do.
package struct TemplateError: Error, Equatable {
  package let template: String
  package let message: String
  package let line: Int
  package let column: Int
}

extension TemplateError: CustomStringConvertible {
  package var description: String { "template: \(template):\(line):\(column): \(message)" }

  /// Where in `text`, the template, in Unicode scalars from 0. The error's column counts bytes.
  package func offset(in text: String) -> Int {
    let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard lines.indices.contains(line - 1), column > 0 else { return 0 }
    let before = lines[..<(line - 1)].reduce(0) { $0 + String(Substring($1)).unicodeScalars.count + 1 }
    return before + String(decoding: lines[line - 1].prefix(column - 1), as: UTF8.self).unicodeScalars.count
  }
}

/// Why a function of a template refused its arguments; the interpreter adds the place.
package struct TemplateFailure: Error, Equatable {
  package let message: String
  package init(_ message: String) { self.message = message }
}

/// What one template may cost. Templates come from rule files, so that a slip must end in an error.
enum TemplateLimits {
  static let textBytes = 256 << 10
  /// Bytes of the rendered text, and of any string on the way there.
  static let outputBytes = 256 << 10
  /// Nested actions and parentheses in the text; nested executions and template calls while rendering.
  /// Low enough for a thread with a stack of 512 KiB in a debug build.
  static let syntaxDepth = 32
  static let executionDepth = 50
  /// Actions, pipelines and loop turns of one rendering.
  static let steps = 200_000
  /// Levels of `args` within `args`.
  static let valueDepth = 16
  /// Bytes that one `reReplaceAll` could at worst produce.
  static let replacementBytes = 16 << 20
}
