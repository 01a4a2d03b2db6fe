internal import Collecting
package import Model
package import RedisClient

/// Measures one replication link: asks all its servers at once and reads the answers together.
///
/// A server that hangs costs one time-out and delays nobody's question; its silence is a finding like any other.
package final class RedisLinkCollector: Collector {
  package let description: CollectorDescription

  private let settings: RedisLinkSettings
  private let client: RedisClient
  private let sessions: [RedisSession]
  private let memory: LinkMemory<RedisLinkState>

  package init(_ settings: RedisLinkSettings, client: RedisClient, time: any TimeSource = SystemTime()) {
    self.settings = settings
    self.client = client
    sessions = settings.nodes.map { RedisSession($0.server) }
    memory = LinkMemory(RedisLinkState(settings), time: time)
    description = settings.description
  }

  deinit { for session in sessions { client.close(session) } }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let pass = memory.pass(over: sessions.count, completion) { $0.observe($1, at: $2) }
    let commands = RedisQueries.all(heartbeatKey: settings.heartbeatKey)
    for (node, session) in zip(settings.nodes, sessions) {
      client.run(session, timeout: settings.timeout, commands) { result in
        pass.add(node.region, Result { () throws(RedisError) in try RedisQueries.read(try result.get()) })
      }
    }
  }
}
