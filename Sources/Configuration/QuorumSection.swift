internal import Collecting
internal import Model
internal import StrictYAML

/// `quorum:` what it takes to call a region down together with the peers.
enum QuorumSection {
  static func read(_ m: MappingReader, peers: Int) -> Quorum {
    m.atMostOne(of: "agree", "healthy_share")
    let freshFor = m.optional("fresh_for", .duration(.seconds(1) ... .seconds(3600))) ?? .seconds(30)
    let watchers = peers + 1
    if let share = m.optional("healthy_share", share) {
      let atLeast = m.optional("at_least", .int(1...64)) ?? min(2, watchers)
      complain(m, "at_least", atLeast, watchers)
      return Quorum(rule: .healthyShare(share, atLeast: atLeast), freshFor: freshFor)
    }
    if m.has("at_least") { m.problem("goes with `healthy_share` only", at: "at_least") }
    let agree = m.optional("agree", .int(1...64)) ?? min(2, watchers)
    complain(m, "agree", agree, watchers)
    return Quorum(rule: .agreeing(agree), freshFor: freshFor)
  }

  private static func complain(_ m: MappingReader, _ key: String, _ wanted: Int, _ watchers: Int) {
    guard wanted > watchers else { return }
    m.problem(
      "there are only \(watchers) watchers, this one and its `peer` collectors", at: m.has(key) ? key : nil)
  }

  /// `18%`, as at Route 53.
  private static var share: YAMLType<Double> {
    .scalar("a share such as 18%", placeholder: 0.18) { text in
      guard text.hasSuffix("%"), let percent = Double(text.dropLast()), (0..<100).contains(percent) else {
        return nil
      }
      return percent / 100
    }
  }
}
