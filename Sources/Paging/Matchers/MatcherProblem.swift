/// Why a text is no matcher.
package struct MatcherProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// Where, in Unicode scalars from 0; the length of the text when it ends too early.
  package var offset: Int
  /// What is wrong there and what was expected.
  package var message: String

  package init(at offset: Int, _ message: String) {
    self.offset = offset
    self.message = message
  }

  /// `at character 5: expected …`, counted from 1.
  package var description: String { "at character \(offset + 1): \(message)" }
}
