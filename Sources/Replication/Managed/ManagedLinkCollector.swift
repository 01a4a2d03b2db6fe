internal import Collecting
package import Model
package import PostgresClient

/// Measures one managed link: asks all its databases at once and reads the answers together.
package final class ManagedLinkCollector: Collector {
  package let description: CollectorDescription

  private let client: PostgresClient
  private let asked: [(region: String, session: PostgresSession, questions: [String])]
  private let memory: LinkMemory<ManagedLinkState>

  package init(_ settings: ManagedLinkSettings, client: PostgresClient, time: any TimeSource = SystemTime()) {
    self.client = client
    let dialect = settings.dialect
    asked = settings.nodes.compactMap { node in
      node.dsn.map { dsn in
        let questions = dialect.questions(node, isSource: node.region == settings.source.region)
        return (node.region, PostgresSession(dsn), [ManagedAnswer.clockQuestion] + questions)
      }
    }
    memory = LinkMemory(ManagedLinkState(settings), time: time)
    description = settings.description
  }

  deinit { for node in asked { client.close(node.session) } }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let pass = memory.pass(over: asked.count, completion) { $0.observe($1, at: $2) }
    for node in asked {
      let questions = node.questions
      client.run(node.session, timeout: description.timeout, queries: { _ in questions }) { result in
        pass.add(node.region, Result { () throws(PostgresError) in try ManagedAnswer(try result.get()) })
      }
    }
  }
}
