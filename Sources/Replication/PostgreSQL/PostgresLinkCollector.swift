internal import Collecting
package import Model
package import PostgresClient
internal import Synchronization

/// Measures one replication link: asks all its servers at once and reads the answers together.
///
/// A server that hangs costs one time-out and delays nobody's question; its silence is a finding like any other.
package final class PostgresLinkCollector: Collector {
  package let description: CollectorDescription

  private let settings: PostgresLinkSettings
  private let client: PostgresClient
  private let time: any TimeSource
  private let sessions: [PostgresSession]
  /// Held for the reading of one pass; passes never overlap.
  private let state: Mutex<PostgresLinkState>

  package init(
    _ settings: PostgresLinkSettings, client: PostgresClient, time: any TimeSource = SystemTime()
  ) {
    self.settings = settings
    self.client = client
    self.time = time
    sessions = settings.nodes.map { PostgresSession($0.dsn) }
    state = Mutex(PostgresLinkState(settings))
    description = settings.description
  }

  deinit { for session in sessions { client.close(session) } }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let (startedAt, began) = (time.now, time.monotonic)
    let pass = Gathering<String, PostgresLinkState.Answer>(expected: sessions.count) { answers in
      let now = self.time.now
      let read = self.state.withLock { $0.observe(answers, at: now) }
      completion(
        Outcome(
          startedAt: startedAt, finishedAt: now, took: self.time.monotonic - began, verdict: read.verdict,
          readings: read.readings))
    }
    for (node, session) in zip(settings.nodes, sessions) {
      // The source's own row says nothing that its clock does not.
      let heartbeat = node.region == settings.source.region ? nil : settings.heartbeat
      client.run(
        session, timeout: settings.timeout,
        queries: { PostgresQueries.all(serverVersion: $0, heartbeat: heartbeat) }
      ) { result in
        let answer: PostgresLinkState.Answer
        do throws(PostgresError) {
          answer = .success(try PostgresQueries.read(try result.get(), heartbeat: heartbeat))
        } catch {
          answer = .failure(error)
        }
        pass.add(node.region, answer)
      }
    }
  }
}
