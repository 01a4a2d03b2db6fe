package import Model

/// Knows which firing alerts keep which others from being told.
///
/// As Alertmanager has it: an alert that both sides of a rule take inhibits those that only the target side takes,
/// but neither itself nor another that both sides take.
///
/// Firing alerts lie by rule and by the values of the rule's `equal` labels: a change touches the rules once and the
/// alerts whose inhibition it turns, never all of them.
package struct Inhibitor: Sendable {
  package private(set) var rules: [InhibitionRule]
  /// For each rule the firing alerts, by the values of its `equal` labels.
  private var cells: [[Labels: InhibitionCell]]
  private var firing: [String: Labels] = [:]
  private var equalNames: [Set<String>]

  package init(rules: [InhibitionRule]) {
    self.rules = rules
    cells = rules.map { _ in [:] }
    equalNames = rules.map { Set($0.equal) }
  }

  /// The same firing alerts under other rules.
  package func replacing(rules: [InhibitionRule]) -> Inhibitor {
    var other = Inhibitor(rules: rules)
    for (identity, labels) in firing.sorted(by: { byteOrder($0.key, $1.key) }) {
      _ = other.fires(identity: identity, labels: labels)
    }
    return other
  }

  /// An alert fires. Says the other firing alerts, sorted, whose inhibition this may have turned.
  package mutating func fires(identity: String, labels: Labels) -> [String] {
    if let known = firing[identity] {
      if known == labels { return [] }
      let before = ends(identity: identity)
      return Set(before + fires(identity: identity, labels: labels)).sorted(by: byteOrder)
    }
    firing[identity] = labels
    return turned(by: identity, labels) { $0.add(identity, to: $1) }
  }

  /// An alert fires no more. Says the firing alerts, sorted, whose inhibition this may have turned.
  package mutating func ends(identity: String) -> [String] {
    guard let labels = firing.removeValue(forKey: identity) else { return [] }
    return turned(by: identity, labels) { $0.remove(identity, from: $1) }
  }

  /// Whether a firing alert inhibits this one, which itself need not be known.
  package func isInhibited(_ identity: String, labels: Labels) -> Bool {
    !inhibitors(of: identity, labels: labels, limit: 1).isEmpty
  }

  /// Identities, sorted, of firing alerts that inhibit this one, which itself need not be known. Of more than `limit`
  /// under one rule only the first are told.
  package func inhibitors(of identity: String, labels: Labels, limit: Int = 10) -> [String] {
    var found: [String] = []
    for place in rules.indices {
      guard let side = side(of: labels, rule: place), side != .source,
        let cell = cells[place][key(of: labels, rule: place)]
      else { continue }
      found += cell.sources(for: side, without: identity, limit: limit)
    }
    // Names that two rules found stand once.
    return found.count < 2 ? found : Set(found).sorted(by: byteOrder)
  }

  /// The longest ``InhibitionRule/wait`` of the rules whose target side takes these labels.
  package func waits(for labels: Labels) -> Duration {
    var longest = Duration.zero
    for rule in rules where rule.wait > longest && rule.takesTarget(labels) { longest = rule.wait }
    return longest
  }

  private mutating func turned(
    by identity: String, _ labels: Labels,
    _ change: (inout InhibitionCell, InhibitionCell.Side) -> InhibitionCell.Turned
  ) -> [String] {
    var affected: [String] = []
    var touched = 0
    for place in rules.indices {
      guard let side = side(of: labels, rule: place) else { continue }
      let key = key(of: labels, rule: place)
      var cell = cells[place].removeValue(forKey: key) ?? InhibitionCell()
      let turned = change(&cell, side)
      let alerts = cell.alerts(turned, without: identity)
      if !cell.isEmpty { cells[place][key] = cell }
      if alerts.isEmpty { continue }
      affected += alerts
      touched += 1
    }
    return touched < 2 ? affected : Set(affected).sorted(by: byteOrder)
  }

  /// nil when neither side takes the labels.
  private func side(of labels: Labels, rule place: Int) -> InhibitionCell.Side? {
    let rule = rules[place]
    switch (rule.takesSource(labels), rule.takesTarget(labels)) {
    case (true, true): return .both
    case (true, false): return .source
    case (false, true): return .target
    case (false, false): return nil
    }
  }

  private func key(of labels: Labels, rule place: Int) -> Labels {
    equalNames[place].isEmpty ? .empty : labels.keeping(equalNames[place])
  }
}
