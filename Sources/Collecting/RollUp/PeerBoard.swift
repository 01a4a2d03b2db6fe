package import Model

/// What peers said last of each region, and since when each has not moved on.
package struct PeerBoard: Hashable, Sendable {
  private struct Word: Hashable {
    var health: RegionHealth
    /// By the peer's own clock; only that it moves on counts, so clocks need not agree.
    var looked: Timestamp
    /// By ours.
    var movedOnAt: Timestamp
  }

  private var words: [String: [String: Word]] = [:]
  private var offline: Set<String> = []

  package init() {}

  package var peers: [String] { words.keys.sorted() }

  /// Takes up a peer's page, as its collector brings it; one that could not be read changes nothing.
  package mutating func take(_ outcome: Outcome, of peer: String, at now: Timestamp) {
    guard outcome.succeeded else { return }
    var states: [String: RegionHealth] = [:]
    var looked: [String: Timestamp] = [:]
    var isOffline = false
    for reading in outcome.readings {
      if reading.family == PeerFamilies.offline { isOffline = reading.value == 1 }
      guard let region = reading.labels["region"] else { continue }
      if reading.family == PeerFamilies.looked { looked[region] = Timestamp(seconds: reading.value) }
      if reading.family == PeerFamilies.regionState, reading.value == 1 {
        states[region] = reading.labels["state"].flatMap(RegionHealth.init(rawValue:))
      }
    }
    var said: [String: (health: RegionHealth, looked: Timestamp)] = [:]
    for (region, health) in states { said[region] = looked[region].map { (health, $0) } }
    take(said, of: peer, isOffline: isOffline, at: now)
  }

  /// - Parameter regions: what the peer says, with the time of its newest look by its own clock.
  package mutating func take(
    _ regions: [String: (health: RegionHealth, looked: Timestamp)], of peer: String, isOffline: Bool,
    at now: Timestamp
  ) {
    if isOffline { offline.insert(peer) } else { offline.remove(peer) }
    var known = words[peer] ?? [:]
    for (region, word) in regions {
      if let before = known[region], before.looked == word.looked {
        known[region]?.health = word.health
      } else {
        known[region] = Word(health: word.health, looked: word.looked, movedOnAt: now)
      }
    }
    words[peer] = known
  }

  package mutating func keepOnly(_ peers: Set<String>) {
    words = words.filter { peers.contains($0.key) }
    offline.formIntersection(peers)
    for peer in peers where words[peer] == nil { words[peer] = [:] }
  }

  package func votes(on region: String, freshFor: Duration, at now: Timestamp) -> [Quorum.Vote] {
    words.sorted { $0.key < $1.key }.map { peer, regions in
      guard let word = regions[region], !offline.contains(peer) else {
        return Quorum.Vote(peer, .unknown, isFresh: false)
      }
      return Quorum.Vote(peer, word.health, isFresh: now - word.movedOnAt <= freshFor)
    }
  }
}

/// Labels: `peer`, and `region`.
package enum PeerFamilies {
  package static let up = MetricFamily.gauge(
    "farwatch_peer_up", "Whether the other watcher's page could be read.")
  package static let offline = MetricFamily.gauge(
    "farwatch_peer_offline", "1 while the other watcher says that its own way out fails.")
  /// Labels besides: `state`.
  package static let regionState = MetricFamily.gauge(
    "farwatch_peer_region_state", "State of a region as the other watcher sees it: 1 for the state.")
  package static let looked = MetricFamily.gauge(
    "farwatch_peer_region_looked_timestamp_seconds",
    "When the other watcher last looked at the region, by its clock.")

  package static let all = [up, offline, regionState, looked]
}
