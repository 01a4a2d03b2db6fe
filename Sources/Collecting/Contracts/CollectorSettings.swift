package import Model

/// What a collector is made from: pure values, filled in by Configuration. Equal settings mean that a collector which
/// runs already, and what it remembers, can stay across a reload.
///
/// A new kind of collector is a type that conforms to this (or to one of the protocols below), and one line in the
/// table of kinds that the configuration chooses among.
package protocol CollectorSettings: Hashable, Sendable {
  /// Every family that the collector may bring: what rules may ask for, and what documentation lists.
  static var families: [MetricFamily] { get }
  /// What these settings ask for beyond ``families``.
  var chosenFamilies: [MetricFamily] { get }
  /// Whether it brings series by names that others choose, which nobody knows before they are there.
  var bringsForeignSeries: Bool { get }
  /// Kind and name are unique among all collectors of a configuration.
  var description: CollectorDescription { get }
  /// - Throws: what cannot be made, in words for the person who wrote the settings.
  func makeCollector(_ clients: CollectorClients) throws -> any Collector
  /// Answers in the collector's place in a world without network, for replays that begin at `start`.
  func makeRehearsal(start: Timestamp) -> any Rehearsal
}

/// A collector whose outcomes say whether a target is alive: its verdict is evidence for ``CheckState``.
package protocol HealthCheckSettings: CollectorSettings {
  var basics: CheckBasics { get set }
  /// The hosts that a success has reached over the network, names or addresses; empty: there are none, or they are not
  /// known before the probe.
  var reachedHosts: [String] { get }
  /// Whether it looks at this machine only, or runs something here that judges for itself: it needs no way out of ours.
  var isMadeHere: Bool { get }
}

/// A collector that measures how far targets are behind a source.
package protocol ReplicationLinkSettings: CollectorSettings {
  var basics: LinkBasics { get }
}

/// A collector that looks at the backups of one job.
package protocol BackupJobSettings: CollectorSettings {
  var basics: BackupBasics { get }
}

extension CollectorSettings {
  /// Whether `other` is of the same type and equal.
  package func isSame(as other: any CollectorSettings) -> Bool { (other as? Self) == self }
}

extension CollectorSettings {
  package var chosenFamilies: [MetricFamily] { [] }
  package var bringsForeignSeries: Bool { false }
}

extension HealthCheckSettings {
  package var reachedHosts: [String] { [] }
  package var isMadeHere: Bool { false }

  package func makeRehearsal(start: Timestamp) -> any Rehearsal { CheckRehearsal(basics) }
}

extension ReplicationLinkSettings {
  package func makeRehearsal(start: Timestamp) -> any Rehearsal {
    LinkRehearsal(basics, engine: description.kind)
  }
}

/// Settings that contradict themselves, in the field's name and plain words.
package struct InvalidSettings: Error, Hashable, CustomStringConvertible {
  package let field: String
  package let problem: String

  package init(field: String, problem: String) {
    self.field = field
    self.problem = problem
  }

  package var description: String { "\(field): \(problem)" }
}
