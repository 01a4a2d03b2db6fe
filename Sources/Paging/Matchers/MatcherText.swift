package import Model
internal import RegularExpressions

/// Matchers as people write them for Alertmanager: `severity="page"`, `region=~"tw|jp"`, `foo != bar`,
/// `"a name with spaces"="🙂"`, and lists of them with or without braces: `{a="b", c!~"d.*"}`.
///
/// Two syntaxes are read as Alertmanager from 0.27 reads them. The newer one allows any name and value and unescapes
/// like Go; the classic one allows only Prometheus' label names, but values without quotes may hold anything, and a
/// backslash that escapes nothing stands for itself. A text that only one of them takes is read by that one; where
/// both take it and differ, the classic meaning holds, for it is the one that texts were written for.
package enum MatcherText {
  /// Longer texts (in UTF-8 bytes) are refused.
  package static let maximumBytes = 65_536

  /// One matcher, without braces.
  package static func parse(_ text: String) throws(MatcherProblem) -> LabelMatcher {
    let scalars = text.unicodeScalars
    if scalars.first == "{" || scalars.last == "}" {
      throw MatcherProblem(
        at: scalars.first == "{" ? 0 : scalars.count - 1,
        "expected one matcher without braces, such as severity=\"page\"")
    }
    let found = try read(text, classic: ClassicMatcherSyntax.readSingle)
    guard let matcher = found.first else {
      throw MatcherProblem(at: 0, "expected a matcher such as severity=\"page\", found nothing")
    }
    if found.count > 1 { throw MatcherProblem(at: 0, "expected one matcher, found \(found.count)") }
    return matcher
  }

  /// Matchers between commas; a comma may follow the last. Empty text and `{}` are no matchers.
  package static func parseList(_ text: String) throws(MatcherProblem) -> [LabelMatcher] {
    try read(text, classic: ClassicMatcherSyntax.readList)
  }

  private static func read(
    _ text: String, classic: ([Unicode.Scalar]) throws(MatcherProblem) -> [WrittenMatcher]
  ) throws(MatcherProblem) -> [LabelMatcher] {
    guard text.utf8.count <= maximumBytes else {
      throw MatcherProblem(at: 0, "matchers are longer than \(maximumBytes) bytes")
    }
    let scalars = Array(text.unicodeScalars)
    let newer = Attempt { () throws(MatcherProblem) in
      var syntax = QuotedMatcherSyntax(scalars)
      return try syntax.readList()
    }
    let older = Attempt { () throws(MatcherProblem) in try classic(scalars) }
    if let matchers = older.matchers { return matchers }
    if let matchers = newer.matchers { return matchers }
    // Well written but for its pattern: then the pattern is what to tell of.
    throw (older.isWellFormed ? older.problem : newer.problem) ?? MatcherProblem(at: 0, "is no matcher")
  }

  /// One syntax tried on a text.
  private struct Attempt {
    var matchers: [LabelMatcher]?
    var problem: MatcherProblem?
    /// Whether only a pattern was wrong.
    var isWellFormed = false

    init(_ body: () throws(MatcherProblem) -> [WrittenMatcher]) {
      do throws(MatcherProblem) {
        let written = try body()
        isWellFormed = true
        var compiled: [LabelMatcher] = []
        for one in written { compiled.append(try one.compiled()) }
        matchers = compiled
      } catch {
        problem = error
      }
    }
  }
}

/// A matcher as it was written, before its pattern is looked at.
struct WrittenMatcher {
  var name: String
  var kind: LabelMatcher.Kind
  var value: String
  /// Of the value in the text.
  var valueOffset: Int

  func compiled() throws(MatcherProblem) -> LabelMatcher {
    switch kind {
    case .equal, .notEqual: return LabelMatcher(name, equals: value, negated: kind == .notEqual)
    case .regex, .notRegex:
      do throws(RegularExpressionError) {
        let pattern = try RegularExpression(value, anchoring: .whole)
        return LabelMatcher(name, text: value, matching: pattern, negated: kind == .notRegex)
      } catch {
        throw MatcherProblem(at: valueOffset, error.description)
      }
    }
  }
}
