internal import Collecting
package import Model
package import RedisClient
internal import Synchronization

/// Measures one replication link: asks all its servers at once and reads the answers together.
///
/// A server that hangs costs one time-out and delays nobody's question; its silence is a finding like any other.
package final class RedisLinkCollector: Collector {
  package let description: CollectorDescription

  private let settings: RedisLinkSettings
  private let client: RedisClient
  private let time: any TimeSource
  private let sessions: [RedisSession]
  /// Held for the reading of one pass; passes never overlap.
  private let state: Mutex<RedisLinkState>

  package init(_ settings: RedisLinkSettings, client: RedisClient, time: any TimeSource = SystemTime()) {
    self.settings = settings
    self.client = client
    self.time = time
    sessions = settings.nodes.map { RedisSession($0.server) }
    state = Mutex(RedisLinkState(settings))
    description = settings.description
  }

  deinit { for session in sessions { client.close(session) } }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let (startedAt, began) = (time.now, time.monotonic)
    let pass = Gathering<String, RedisLinkState.Answer>(expected: sessions.count) { answers in
      let now = self.time.now
      let read = self.state.withLock { $0.observe(answers, at: now) }
      completion(
        Outcome(
          startedAt: startedAt, finishedAt: now, took: self.time.monotonic - began, verdict: read.verdict,
          readings: read.readings))
    }
    let commands = RedisQueries.all(heartbeatKey: settings.heartbeatKey)
    for (node, session) in zip(settings.nodes, sessions) {
      client.run(session, timeout: settings.timeout, commands) { result in
        let answer: RedisLinkState.Answer
        do throws(RedisError) {
          answer = .success(try RedisQueries.read(try result.get()))
        } catch {
          answer = .failure(error)
        }
        pass.add(node.region, answer)
      }
    }
  }
}
