/// The name of a table with its database, fit to be written into a statement.
package struct MySQLTable: Hashable, Sendable, CustomStringConvertible {
  package struct Malformed: Error, Equatable, CustomStringConvertible {
    package let text: String
    package var description: String {
      "must be a database and a table of letters, digits, `_` and `$`, such as farwatch.heartbeat; found \"\(text)\""
    }
  }

  package let database: String
  package let name: String

  /// `database.table`; each of 1 to 64 letters, digits, `_` and `$` of ASCII.
  package init(_ text: String) throws(Malformed) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, parts.allSatisfy(Self.isName) else { throw Malformed(text: text) }
    database = parts[0]
    name = parts[1]
  }

  private static func isName(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 95 || $0 == 36
      }
  }

  package var quoted: String { "`\(database)`.`\(name)`" }
  package var description: String { "\(database).\(name)" }
}
