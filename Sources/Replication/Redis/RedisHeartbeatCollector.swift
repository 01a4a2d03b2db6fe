internal import Collecting
package import Model
package import RedisClient
internal import Synchronization

/// Writes one heartbeat: asks for the role first, because a replica that may be written to would take it, too.
package final class RedisHeartbeatCollector: Collector {
  package let description: CollectorDescription
  private let settings: RedisHeartbeatSettings
  private let client: RedisClient
  private let time: any TimeSource
  private let session: RedisSession
  private let lastBeat = Mutex<Timestamp?>(nil)

  package init(_ settings: RedisHeartbeatSettings, client: RedisClient, time: any TimeSource = SystemTime()) {
    self.settings = settings
    self.client = client
    self.time = time
    session = RedisSession(settings.server)
    description = settings.description
  }

  deinit { client.close(session) }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let (startedAt, start) = (time.now, time.monotonic)
    let finish: @Sendable (Outcome.Verdict, Bool) -> Void = { verdict, isWritten in
      var readings = [Reading(RedisHeartbeatSettings.writing, isWritten)]
      if let beat = self.lastBeat.withLock({ $0 }) {
        readings.append(Reading(RedisHeartbeatSettings.lastBeat, beat.seconds))
      }
      completion(
        Outcome(
          startedAt: startedAt, finishedAt: self.time.now, took: self.time.monotonic - start,
          verdict: verdict,
          readings: readings))
    }
    let fail: @Sendable (RedisError) -> Void = { error in
      finish(.failure(error.reason, detail: naming(self.settings.server.name, "\(error)")), false)
    }
    client.run(session, timeout: settings.basics.timeout, [["INFO", "replication"]]) { result in
      do throws(RedisError) {
        let info = RedisInfo(try result.get().results[0].get().text ?? "")
        guard let role = info["role"] else { throw RedisError(.configuration, "the server has no role") }
        guard role == "master" else {
          // Nothing is wrong with a replica: after a failover the beat is another's, and so is its age.
          self.lastBeat.withLock { $0 = nil }
          return finish(.success, false)
        }
      } catch { return fail(error) }
      let left = self.settings.basics.timeout - (self.time.monotonic - start)
      let beat = self.time.now
      let command = [
        "SET", self.settings.key, "\(beat.milliseconds)", "PX", "\(max(1, self.settings.ttl.milliseconds))",
      ]
      self.client.run(self.session, timeout: max(.milliseconds(1), left), [command]) { result in
        do throws(RedisError) {
          guard try result.get().results[0].get().text == "OK" else {
            throw RedisError(.query, "the write was not confirmed")
          }
        } catch { return fail(error) }
        self.lastBeat.withLock { $0 = beat }
        finish(.success, true)
      }
    }
  }
}
