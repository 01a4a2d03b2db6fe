package import Model
package import Paging

/// Why paging did not do what was asked.
package enum PagingRefusal: Error, Hashable, Sendable {
  /// The core did not answer in time: it may have happened.
  case busy
  /// It is in force, but would not outlive a restart now: the disk does not take it. It is written when the disk does.
  case notDurable
  case notFound(String)
  /// What is wrong with what was asked, for the person who asked.
  case invalid(String)
  /// A limit is reached; what lies beyond it was not taken.
  case full(String)
}

/// What the API tells of the daemon.
package struct DaemonFacts: Hashable, Sendable {
  /// Where it watches from.
  package var name: String
  package var version: String
  package var startedAt: Timestamp
  /// Every topic, in the order of the configuration.
  package var topics: [String]

  package init(name: String, version: String, startedAt: Timestamp, topics: [String]) {
    self.name = name
    self.version = version
    self.startedAt = startedAt
    self.topics = topics
  }
}

/// Alerts that somebody speaks of.
package enum AlertChoice: Hashable, Sendable {
  /// As Alertmanager computes them, in lower case.
  case fingerprints([String])
  /// The alerts of a thread (``Notification/thread``) that began no later than `until`: what a page told of. One that
  /// began later is another episode.
  case thread(String, until: Timestamp)
}

/// What the API needs of the daemon. Called from the listener's threads, several at once; each call may block for the
/// time that the core takes for a turn, and what it changed is durable when it returns.
package protocol PagingFace: Sendable {
  var facts: DaemonFacts { get }
  /// The configuration in force, without secrets.
  func configurationText() -> String
  /// nil: the core did not answer in time.
  func snapshot() -> PagingSnapshot?
  func post(_ alerts: [PostedAlert]) throws(PagingRefusal)
  /// Makes or changes a silence; its identifier, which may be another than the one that was asked to be changed.
  func setSilence(_ silence: SilenceDraft) throws(PagingRefusal) -> String
  /// Ends a silence now; nothing when it has ended already.
  func expireSilence(id: String) throws(PagingRefusal)
  /// Takes on the alerts of the choice that fire; their fingerprints.
  func acknowledge(_ choice: AlertChoice, by: String, comment: String) throws(PagingRefusal) -> [String]
  /// Gives back the alerts of the choice that are acknowledged; their fingerprints.
  func unacknowledge(_ choice: AlertChoice, by: String) throws(PagingRefusal) -> [String]
  /// The alerts of the choice that fire now; nil: the core did not answer in time.
  func firing(_ choice: AlertChoice) -> [PagedAlert]?
}
