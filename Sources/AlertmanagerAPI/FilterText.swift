package import Model
internal import Paging
internal import RegularExpressions

/// Why a text is no matcher.
package struct MatcherFault: Error, Hashable, Sendable {
  package let message: String
}

extension AlertmanagerAPI {
  /// Reads one matcher as a `filter` item is read, and says where it is wrong.
  package static func readMatcher(_ text: String) -> Result<LabelMatcher, MatcherFault> {
    do throws(MatcherProblem) {
      return .success(try MatcherText.parse(text))
    } catch { return .failure(.init(message: "\(quoted(text)): \(error)")) }
  }
}

/// Matchers as requests bring them.
enum FilterText {
  /// `region=eu`, `region="e u"`, `severity=~"page|warning"`, `a!=b`, `a!~b`; faults in Alertmanager's words.
  static func matcher(_ text: String) -> Result<LabelMatcher, MatcherFault> {
    do throws(MatcherProblem) {
      return .success(try MatcherText.parse(text))
    } catch {
      let isPattern = error.message.hasPrefix("invalid regular expression")
      return .failure(.init(message: isPattern ? error.message : "bad matcher format: \(text)"))
    }
  }

  /// From its parts.
  static func make(
    name: String, kind: LabelMatcher.Kind, value: String
  ) -> Result<LabelMatcher, MatcherFault> {
    switch kind {
    case .equal, .notEqual:
      return .success(LabelMatcher(name, equals: value, negated: kind == .notEqual))
    case .regex, .notRegex:
      do throws(RegularExpressionError) {
        let pattern = try RegularExpression(value, anchoring: .whole)
        return .success(LabelMatcher(name, text: value, matching: pattern, negated: kind == .notRegex))
      } catch { return .failure(.init(message: "\(error)")) }
    }
  }
}
