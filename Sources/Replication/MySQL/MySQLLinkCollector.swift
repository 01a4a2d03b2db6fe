internal import Collecting
package import Model
package import MySQLClient

/// Measures one replication link: asks all its servers at once and reads the answers together.
///
/// A server that hangs costs one time-out and delays nobody's question; its silence is a finding like any other.
package final class MySQLLinkCollector: Collector {
  package let description: CollectorDescription

  private let settings: MySQLLinkSettings
  private let client: MySQLClient
  private let sessions: [MySQLSession]
  private let memory: LinkMemory<MySQLLinkState>

  package init(_ settings: MySQLLinkSettings, client: MySQLClient, time: any TimeSource = SystemTime()) {
    self.settings = settings
    self.client = client
    sessions = settings.nodes.map { MySQLSession($0.source) }
    memory = LinkMemory(MySQLLinkState(settings), time: time)
    description = settings.description
  }

  deinit { for session in sessions { client.close(session) } }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let pass = memory.pass(over: sessions.count, completion) { $0.observe($1, at: $2) }
    let heartbeat = settings.heartbeat
    for (node, session) in zip(settings.nodes, sessions) {
      client.run(
        session, timeout: settings.basics.timeout,
        queries: { MySQLQueries.all($0, heartbeat: heartbeat) }
      ) { result in
        pass.add(node.region, Result { () throws(MySQLError) in try MySQLQueries.read(try result.get()) })
      }
    }
  }
}
