internal import Model

/// Finds the silences that may take an alert without looking at all of them: each lies under one of its equality
/// matchers, and only those without one are tried for every alert.
struct SilenceIndex {
  /// By a label that an alert must have, ids.
  private var byLabel: [Label: Set<String>] = [:]
  private var others: Set<String> = []
  private var labels: [String: Label] = [:]

  mutating func add(_ silence: Silence) {
    remove(silence.id)
    // Of several the one that leads to the fewest; a missing label reads as "", which no alert is found by.
    let choices = silence.matchers.filter { $0.kind == .equal && !$0.text.isEmpty }.map {
      Label($0.name, $0.text)
    }
    guard let label = choices.min(by: { (byLabel[$0]?.count ?? 0) < (byLabel[$1]?.count ?? 0) }) else {
      others.insert(silence.id)
      return
    }
    byLabel[label, default: []].insert(silence.id)
    labels[silence.id] = label
  }

  mutating func remove(_ id: String) {
    others.remove(id)
    guard let label = labels.removeValue(forKey: id) else { return }
    byLabel[label]?.remove(id)
    if byLabel[label]?.isEmpty == true { byLabel[label] = nil }
  }

  /// Calls `body` with the ids of all silences that may take `labels`, each once, in no order.
  func forEachCandidate(for labels: Labels, _ body: (String) -> Void) {
    for id in others { body(id) }
    for label in labels.entries {
      for id in byLabel[label] ?? [] { body(id) }
    }
  }
}
