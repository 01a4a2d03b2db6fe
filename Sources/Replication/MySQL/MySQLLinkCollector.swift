internal import Collecting
package import Model
package import MySQLClient
internal import Synchronization

/// Measures one replication link: asks all its servers at once and reads the answers together.
///
/// A server that hangs costs one time-out and delays nobody's question; its silence is a finding like any other.
package final class MySQLLinkCollector: Collector {
  package let description: CollectorDescription

  private let settings: MySQLLinkSettings
  private let client: MySQLClient
  private let time: any TimeSource
  private let sessions: [MySQLSession]
  /// Held for the reading of one pass; passes never overlap.
  private let state: Mutex<MySQLLinkState>

  package init(_ settings: MySQLLinkSettings, client: MySQLClient, time: any TimeSource = SystemTime()) {
    self.settings = settings
    self.client = client
    self.time = time
    sessions = settings.nodes.map { MySQLSession($0.source) }
    state = Mutex(MySQLLinkState(settings))
    description = settings.description
  }

  deinit { for session in sessions { client.close(session) } }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let (startedAt, began) = (time.now, time.monotonic)
    let pass = Gathering<String, MySQLLinkState.Answer>(expected: sessions.count) { answers in
      let now = self.time.now
      let read = self.state.withLock { $0.observe(answers, at: now) }
      completion(
        Outcome(
          startedAt: startedAt, finishedAt: now, took: self.time.monotonic - began, verdict: read.verdict,
          readings: read.readings))
    }
    let heartbeat = settings.heartbeat
    for (node, session) in zip(settings.nodes, sessions) {
      client.run(
        session, timeout: settings.basics.timeout,
        queries: { MySQLQueries.all($0, heartbeat: heartbeat) }
      ) { result in
        let answer: MySQLLinkState.Answer
        do throws(MySQLError) {
          answer = .success(try MySQLQueries.read(try result.get()))
        } catch {
          answer = .failure(error)
        }
        pass.add(node.region, answer)
      }
    }
  }
}
