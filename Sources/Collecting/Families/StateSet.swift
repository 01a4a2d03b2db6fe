package import Model

/// One reading for each of `states`, 1 for `current`; nothing when `current` is none of them.
package func stateSet(
  _ family: MetricFamily, _ label: String, _ states: [String], current: String, labels: Labels = .empty
) -> [Reading] {
  guard states.contains(current) else { return [] }
  return states.map { Reading(family, $0 == current, labels: labels.setting(label, to: $0)) }
}
