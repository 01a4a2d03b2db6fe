internal import Model
internal import Paging
internal import RegularExpressions
internal import StrictYAML

extension YAMLType where Value == [LabelMatcher] {
  /// A list of matchers as Alertmanager writes them: `[severity="page", 'region=~"tw|jp"']`. One text may hold several.
  static var matchers: YAMLType {
    let texts = YAMLType<[[LabelMatcher]]>.list(matcherText)
    return YAMLType(expected: "a list of matchers such as severity=\"page\"", placeholder: []) {
      node, problems in
      texts.read(node, problems).map { Array($0.joined()) }
    }
  }

  private static var matcherText: YAMLType {
    YAMLType(expected: "a matcher such as severity=\"page\"", placeholder: []) { node, problems in
      guard let text = YAMLType<String>.nonEmptyString.read(node, problems) else { return nil }
      do throws(MatcherProblem) {
        let matchers = try MatcherText.parseList(text)
        if matchers.isEmpty { problems.add("expected a matcher such as severity=\"page\"", at: node) }
        return matchers
      } catch {
        problems.add(error.message, at: node.position(ofOffset: error.offset))
        return nil
      }
    }
  }

  /// A mapping of label names and the values that they must have.
  static var equalities: YAMLType {
    .converted(from: .map(.string), placeholder: []) { pairs in
      pairs.sorted { byteOrder($0.key, $1.key) }.map { LabelMatcher($0.key, equals: $0.value) }
    }
  }

  /// A mapping of label names and the patterns that their whole values must match.
  static var patterns: YAMLType {
    let pattern = YAMLType<RegularExpression?>.converted(from: .string, placeholder: nil) {
      try RegularExpression($0, anchoring: .whole)
    }
    return .converted(from: .map(pattern), placeholder: []) { pairs in
      pairs.sorted { byteOrder($0.key, $1.key) }.compactMap { name, pattern in
        pattern.flatMap(\.self).map { LabelMatcher(name, text: $0.pattern, matching: $0) }
      }
    }
  }
}
