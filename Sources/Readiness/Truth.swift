/// What is known of something: four values, because "we do not know" and "we knew, a while ago" are neither good nor
/// bad.
package enum Truth: String, Sendable, CaseIterable, Codable {
  case ok, bad
  /// Never known, or known to be unknowable now.
  case unknown
  /// It was good when somebody last looked, and nobody has looked for too long.
  case stale

  /// All must hold: one that is bad settles it, then one that is unknown, then one that is stale. None at all: unknown.
  package init(all parts: some Sequence<Truth>) {
    var seen: Set<Truth> = []
    for part in parts { seen.insert(part) }
    self = [Truth.bad, .unknown, .stale, .ok].first(where: seen.contains) ?? .unknown
  }

  /// One is enough: one that is good settles it, then one that may be, then one that may have been. None at all: unknown.
  package init(any parts: some Sequence<Truth>) {
    var seen: Set<Truth> = []
    for part in parts { seen.insert(part) }
    self = [Truth.ok, .stale, .unknown, .bad].first(where: seen.contains) ?? .unknown
  }
}
