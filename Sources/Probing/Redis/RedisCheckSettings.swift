package import Collecting
package import Model
package import RedisClient

/// A server of the Redis family, or a Sentinel, that must answer, and how.
///
/// A least-privileged user: `+ping`, and by what is asked `+get` and `+set` on the keys, `+info`,
/// `+cluster|info`, or `+sentinel` on a Sentinel.
package struct RedisCheckSettings: HealthCheckSettings {
  package enum Role: String, Hashable, Sendable, CaseIterable { case master, replica }

  package var basics: CheckBasics
  package var server: RedisServer
  /// nil: either will do.
  package var role: Role?
  /// A key that must be there.
  package var key: String?
  /// What ``key`` must hold; nil: anything.
  package var expected: String?
  /// A key of our own that is written and read back; it expires after ``writeTTL``.
  package var writeKey: String?
  package var writeTTL: Duration = .seconds(60)
  /// The server is a Sentinel: it must know a master of this name and have its quorum.
  package var sentinelMaster: String?
  /// Where the Sentinel must say that this master is: `host:port`; nil: anywhere.
  package var sentinelAddress: String?
  /// The node's cluster must serve all slots.
  package var clusterMustBeOK = false

  package init(basics: CheckBasics, server: RedisServer) {
    self.basics = basics
    self.server = server
  }

  package static var families: [MetricFamily] { CheckFamilies.all }
  package var description: CollectorDescription { basics.description(kind: "redis_check") }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    RedisCheckCollector(self, client: try clients.redis, time: clients.time)
  }

  package func validate() throws(InvalidSettings) {
    try basics.validate()
    func require(_ isFine: Bool, _ field: String, _ problem: String) throws(InvalidSettings) {
      if !isFine { throw InvalidSettings(field: field, problem: problem) }
    }
    try require(expected == nil || key != nil, "expect", "needs `key`")
    try require(
      sentinelAddress == nil || sentinelMaster != nil, "sentinel_address", "needs `sentinel_master`")
    let asksData = role != nil || key != nil || writeKey != nil || clusterMustBeOK
    try require(
      sentinelMaster == nil || !asksData, "sentinel_master",
      "a Sentinel holds no data: it goes with none of `role`, `key`, `write_key` and `cluster_ok`")
    try require(writeTTL >= .seconds(1), "write_ttl", "must be at least 1s")
    try require(writeKey == nil || role != .replica, "write_key", "a replica takes no writes")
  }
}
