internal import Collecting
package import Model
package import PostgresClient

/// Measures one replication link: asks all its servers at once and reads the answers together.
///
/// A server that hangs costs one time-out and delays nobody's question; its silence is a finding like any other.
package final class PostgresLinkCollector: Collector {
  package let description: CollectorDescription

  private let settings: PostgresLinkSettings
  private let client: PostgresClient
  private let sessions: [PostgresSession]
  private let memory: LinkMemory<PostgresLinkState>

  package init(
    _ settings: PostgresLinkSettings, client: PostgresClient, time: any TimeSource = SystemTime()
  ) {
    self.settings = settings
    self.client = client
    sessions = settings.nodes.map { PostgresSession($0.dsn) }
    memory = LinkMemory(PostgresLinkState(settings), time: time)
    description = settings.description
  }

  deinit { for session in sessions { client.close(session) } }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let pass = memory.pass(over: sessions.count, completion) { $0.observe($1, at: $2) }
    for (node, session) in zip(settings.nodes, sessions) {
      // The source's own row says nothing that its clock does not.
      let heartbeat = node.region == settings.source.region ? nil : settings.heartbeat
      client.run(
        session, timeout: settings.timeout,
        queries: { PostgresQueries.all(serverVersion: $0, heartbeat: heartbeat) }
      ) { result in
        pass.add(
          node.region,
          Result { () throws(PostgresError) in
            try PostgresQueries.read(try result.get(), heartbeat: heartbeat)
          })
      }
    }
  }
}
