internal import Alerting
internal import Model

/// An alert reduced to what a test compares.
struct ComparedAlert: Equatable {
  /// `alertname` among them; sorted by name. Pairs, and not ``Labels``: a test may expect an empty value, which no
  /// alert has.
  var labels: [Label]
  var annotations: [Label]

  init(_ expected: UnitTest.ExpectedAlert, alert: String) {
    var all = expected.labels
    all["alertname"] = alert
    labels = sortedLabels(all)
    annotations = sortedLabels(expected.annotations.filter { !$0.value.isEmpty })
  }

  init(_ alert: RulesSnapshot.Alert) {
    labels = alert.labels.entries
    annotations = alert.annotations.entries
  }

  /// On one line, without the implied name.
  var labelText: String { text(labels.filter { $0.name != "alertname" }) }

  private func text(_ labels: [Label]) -> String {
    "{" + labels.map { "\($0.name)=\(quoted($0.value))" }.joined(separator: ", ") + "}"
  }

  /// The labels and, below them, each annotation.
  var lines: [String] { [labelText] + annotations.map { "  \($0.name): \(quoted($0.value))" } }
}

func sortedLabels(_ labels: [String: String]) -> [Label] {
  labels.map { Label($0.key, $0.value) }.sorted { byteOrder($0.name, $1.name) }
}

/// The alerts that a check expects beside those that fire. In no order: each counts as often as it is there.
struct AlertComparison {
  let expected: [ComparedAlert]
  let got: [ComparedAlert]
  private var missing: [ComparedAlert]
  private var surplus: [ComparedAlert]

  init(expected: [ComparedAlert], got: [ComparedAlert]) {
    self.expected = expected
    self.got = got
    missing = []
    surplus = got
    for alert in expected {
      if let place = surplus.firstIndex(of: alert) {
        surplus.remove(at: place)
      } else {
        missing.append(alert)
      }
    }
  }

  var isEqual: Bool { missing.isEmpty && surplus.isEmpty }

  /// Everything on both sides.
  var bothSides: [String] {
    func side(_ word: String, _ alerts: [ComparedAlert]) -> [String] {
      alerts.isEmpty
        ? ["\(word) no firing alert"]
        : ["\(word) \(alerts.count) firing:"] + alerts.flatMap { $0.lines.map { "  \($0)" } }
    }
    return side("expected", expected) + side("got", got)
  }

  /// Only what differs: `-` was expected and did not come, `+` came and was not expected. Of alerts with the same
  /// labels only the annotations that differ.
  var differences: [String] {
    var lines: [String] = []
    var unmatched = surplus
    for alert in missing {
      guard let place = unmatched.firstIndex(where: { $0.labels == alert.labels }) else {
        lines += alert.lines.map { "- \($0)" }
        continue
      }
      let other = unmatched.remove(at: place)
      lines.append("  \(alert.labelText)")
      let names = Set((alert.annotations + other.annotations).map(\.name)).sorted { byteOrder($0, $1) }
      for name in names {
        let (wanted, came) = (alert.annotation(name), other.annotation(name))
        guard wanted != came else { continue }
        if let wanted { lines.append("-   \(name): \(quoted(wanted))") }
        if let came { lines.append("+   \(name): \(quoted(came))") }
      }
    }
    return lines + unmatched.flatMap { $0.lines.map { "+ \($0)" } }
  }
}

extension ComparedAlert {
  fileprivate func annotation(_ name: String) -> String? { annotations.first { $0.name == name }?.value }
}
