/// The name of a table as a person writes it: `beats` or `farwatch.beats`, in plain letters as PostgreSQL folds them.
package struct PostgresTable: Hashable, Sendable, CustomStringConvertible {
  /// PostgreSQL cuts longer names off silently.
  private static let longestPart = 63

  package let description: String

  /// nil for anything but one or two parts of lower-case letters, digits and `_`, not beginning with a digit.
  package init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), parts.allSatisfy(Self.isPlain) else { return nil }
    description = text
  }

  /// For a statement: each part in quotes, so that no part is a key word.
  package var quoted: String { description.split(separator: ".").map { "\"\($0)\"" }.joined(separator: ".") }

  private static func isPlain(_ part: Substring) -> Bool {
    guard let first = part.utf8.first, !(0x30...0x39).contains(first), part.utf8.count <= longestPart else {
      return false
    }
    return part.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f }
  }
}

/// `text` as a string constant that means the same whatever `standard_conforming_strings` says. A NUL, which no text of
/// PostgreSQL can have, is left out.
package func postgresLiteral(_ text: String) -> String {
  let body = text.replacing("\0", with: "").replacing("'", with: "''")
  return body.contains("\\") ? " E'\(body.replacing("\\", with: "\\\\"))'" : "'\(body)'"
}
