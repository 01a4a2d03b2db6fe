internal import ConfigurationTypes
internal import Model
internal import Paging
internal import StrictYAML

/// `inhibit_rules:`, as Alertmanager writes them, with a `wait` of Farwatch's own.
enum InhibitionSection {
  static func read(_ m: MappingReader) -> [InhibitionRule] {
    m.optional("inhibit_rules", .list(.mapping(readRule))) ?? []
  }

  private static func readRule(_ m: MappingReader) -> InhibitionRule {
    // The new way of writing matchers, and the two of before Alertmanager 0.22.
    var source = m.optional("source_matchers", .matchers) ?? []
    source += m.optional("source_match", .equalities) ?? []
    source += m.optional("source_match_re", .patterns) ?? []
    var target = m.optional("target_matchers", .matchers) ?? []
    target += m.optional("target_match", .equalities) ?? []
    target += m.optional("target_match_re", .patterns) ?? []
    if !m.has("source_matchers"), !m.has("source_match"), !m.has("source_match_re") {
      m.problem("missing key `source_matchers`: which alerts keep others back")
    }
    if !m.has("target_matchers"), !m.has("target_match"), !m.has("target_match_re") {
      m.problem("missing key `target_matchers`: which alerts are kept back")
    }
    for (key, side) in [("source_matchers", "source"), ("target_matchers", "target")]
    where m.node(key)?.content.isEmptyList == true {
      m.problem("an empty list would make every alert a \(side)", at: key)
    }
    let equal = m.optional("equal", .list(.nonEmptyString)) ?? []
    let wait = m.optional("wait", .duration(.zero ... .seconds(3600))) ?? .zero
    return InhibitionRule(source: source, target: target, equal: equal, wait: wait)
  }
}
