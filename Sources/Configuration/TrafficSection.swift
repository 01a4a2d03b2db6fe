internal import Alerting
package import PromQL
internal import StrictYAML

/// Expressions that tell what a region serves, over whatever is in the store: scraped, written or measured.
package struct RegionTraffic: Sendable, Equatable {
  /// A number, or an instant vector that is to have one element.
  package struct Expression: Sendable, Equatable {
    /// As it stands in the file.
    package var text: String
    package var parsed: PromQL.Expression

    package static func == (one: Self, other: Self) -> Bool { one.text == other.text }
  }

  /// Requests a second.
  package var requests: Expression
  /// Those of them that fail, a second; nil: nothing tells.
  package var errors: Expression?
}

/// `traffic:` of a region.
enum TrafficSection {
  static func read(_ m: MappingReader) -> RegionTraffic? {
    let requests = m.required("requests", .traffic)
    let errors = m.optional("errors", .traffic) ?? nil
    return requests.map { RegionTraffic(requests: $0, errors: errors) }
  }
}

extension YAMLType where Value == RegionTraffic.Expression? {
  fileprivate static var traffic: YAMLType {
    YAMLType(expected: "an expression", placeholder: nil) { node, problems in
      guard let text = YAMLType<String>.nonEmptyString.read(node, problems) else { return nil }
      let parsed: PromQL.Expression
      do throws(ExpressionProblem) { parsed = try parseRuleExpression(text) } catch {
        problems.add(error.message, at: node.position(ofOffset: error.offset))
        return nil
      }
      guard parsed.type == .scalar || parsed.type == .instantVector else {
        problems.add(
          "must give a number or an instant vector, not \(parsed.type.rawValue): such as sum(rate(\u{2026}[1m]))",
          at: node)
        return nil
      }
      return .some(RegionTraffic.Expression(text: text, parsed: parsed))
    }
  }
}
