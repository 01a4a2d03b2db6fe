internal import Crypto
internal import Model
package import RegularExpressions

/// One step of relabelling, with the meaning it has in Prometheus' `metric_relabel_configs`.
package struct RelabelRule: Sendable, Hashable {
  package enum Action: String, Sendable, CaseIterable {
    case replace, keep, drop, hashmod, labelmap, labeldrop, labelkeep, lowercase, uppercase, keepequal,
      dropequal
  }

  package struct Mistake: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
  }

  package var action: Action
  package var sourceLabels: [String]
  package var separator: String
  package var regex: RegularExpression
  package var modulus: UInt64
  package var targetLabel: String
  package var replacement: String

  /// - Parameters:
  ///   - regex: RE2, matched against the whole value; nil: `(.*)`.
  ///   - modulus: of `hashmod`, at least 1.
  /// - Throws: ``Mistake``, or `RegularExpressionError`.
  package init(
    action: Action = .replace, sourceLabels: [String] = [], separator: String = ";", regex: String? = nil,
    modulus: UInt64 = 0, targetLabel: String = "", replacement: String = "$1"
  ) throws {
    self.action = action
    self.sourceLabels = sourceLabels
    self.separator = separator
    self.regex = try RegularExpression(regex ?? "(.*)", anchoring: .whole)
    self.modulus = modulus
    self.targetLabel = targetLabel
    self.replacement = replacement
    switch action {
    case .replace, .hashmod, .lowercase, .uppercase, .keepequal, .dropequal:
      if targetLabel.isEmpty {
        throw Mistake(description: "the action \(action.rawValue) needs a target_label")
      }
    case .keep, .drop:
      if sourceLabels.isEmpty {
        throw Mistake(description: "the action \(action.rawValue) needs source_labels")
      }
    case .labelmap, .labeldrop, .labelkeep: break
    }
    if action == .hashmod, modulus == 0 {
      throw Mistake(description: "hashmod needs a modulus of at least 1")
    }
  }

  package static func == (a: Self, b: Self) -> Bool {
    a.action == b.action && a.sourceLabels == b.sourceLabels && a.separator == b.separator
      && a.regex == b.regex
      && a.modulus == b.modulus && a.targetLabel == b.targetLabel && a.replacement == b.replacement
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(action)
    hasher.combine(sourceLabels)
    hasher.combine(regex.pattern)
    hasher.combine(targetLabel)
    hasher.combine(replacement)
  }

  /// What becomes of `labels`; nil: they are dropped.
  package func apply(to labels: [String: String]) -> [String: String]? {
    var labels = labels
    let value = sourceLabels.map { labels[$0] ?? "" }.joined(separator: separator)
    switch action {
    case .keep: return regex.matches(value) ? labels : nil
    case .drop: return regex.matches(value) ? nil : labels
    case .keepequal: return (labels[targetLabel] ?? "") == value ? labels : nil
    case .dropequal: return (labels[targetLabel] ?? "") == value ? nil : labels
    case .lowercase: labels.set(targetLabel, value.lowercased())
    case .uppercase: labels.set(targetLabel, value.uppercased())
    case .hashmod: labels.set(targetLabel, String(Self.hash(value) % modulus))
    case .labeldrop: labels = labels.filter { !regex.matches($0.key) }
    case .labelkeep: labels = labels.filter { regex.matches($0.key) }
    case .labelmap:
      for (name, value) in labels.sorted(by: { byteOrder($0.key, $1.key) }) {
        if let mapped = regex.expansion(of: replacement, matching: name) { labels.set(mapped, value) }
      }
    case .replace:
      guard let new = regex.expansion(of: replacement, matching: value),
        let target = regex.expansion(of: targetLabel, matching: value), isLabelName(target)
      else { break }
      labels.set(target, new)
    }
    return labels
  }

  /// The last eight bytes of the MD5 sum, as Prometheus has it: shards of two programs agree.
  private static func hash(_ value: String) -> UInt64 {
    Insecure.MD5.hash(data: Array(value.utf8)).dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  private func isLabelName(_ name: String) -> Bool {
    guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return name.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x5f
    }
  }
}

extension [String: String] {
  /// An empty value is no label.
  fileprivate mutating func set(_ name: String, _ value: String) { self[name] = value.isEmpty ? nil : value }
}
