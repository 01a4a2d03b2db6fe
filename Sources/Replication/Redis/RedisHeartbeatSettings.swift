package import Collecting
package import Model
package import RedisClient

/// A key on a master that is written anew all the time: whoever reads it on a replica knows how far the replica is.
///
/// Its user needs `+info`, `+set` and the key: `ACL SETUSER farwatch-beat on >… -@all +info %W~farwatch:heartbeat +set`
/// (`~farwatch:heartbeat` before Redis 7).
package struct RedisHeartbeatSettings: CollectorSettings {
  package var basics: MeasurementBasics
  package var server: RedisServer
  package var key = "farwatch:heartbeat"
  /// The key is gone so long after the last beat: it never outlives its writer by much.
  package var ttl: Duration = .seconds(3600)

  package init(basics: MeasurementBasics, server: RedisServer) {
    self.basics = basics
    self.server = server
  }

  package static let writing = MetricFamily.gauge(
    "farwatch_redis_heartbeat_writing", "1 when the heartbeat was written; 0 while the server is a replica.")
  package static let lastBeat = MetricFamily.gauge(
    "farwatch_redis_heartbeat_timestamp_seconds", "Time that the last confirmed heartbeat told.")

  package static var families: [MetricFamily] { [writing, lastBeat] }

  package var description: CollectorDescription {
    let own: Labels =
      basics.region.isEmpty
      ? ["heartbeat": basics.name] : ["heartbeat": basics.name, "region": basics.region]
    return basics.description(kind: "redis_heartbeat", labels: own)
  }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    RedisHeartbeatCollector(self, client: try clients.redis, time: clients.time)
  }

  package func makeRehearsal(start: Timestamp) -> any Rehearsal { RedisHeartbeatRehearsal(self) }

  package func validate() throws(InvalidSettings) {
    guard ttl > basics.interval else {
      throw InvalidSettings(
        field: "ttl", problem: "must be longer than `interval`, or the key comes and goes")
    }
  }
}

/// A master that takes every beat for as long as its region answers.
private struct RedisHeartbeatRehearsal: Rehearsal {
  let settings: RedisHeartbeatSettings

  init(_ settings: RedisHeartbeatSettings) { self.settings = settings }

  mutating func outcome(_ loss: RehearsedLoss, at moment: Timestamp) -> Outcome {
    let isLost = loss.isTarget || loss.regions.contains(settings.basics.region)
    let took = isLost ? settings.basics.timeout : .milliseconds(5)
    return Outcome(
      startedAt: moment, finishedAt: moment + took, took: took,
      verdict: isLost ? .failure(.timeout, detail: "no answer") : .success,
      readings: isLost
        ? [Reading(RedisHeartbeatSettings.writing, false)]
        : [
          Reading(RedisHeartbeatSettings.writing, true),
          Reading(RedisHeartbeatSettings.lastBeat, moment.seconds),
        ])
  }
}
