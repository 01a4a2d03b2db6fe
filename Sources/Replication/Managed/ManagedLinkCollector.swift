internal import Collecting
package import Model
package import PostgresClient
internal import Synchronization

/// Measures one managed link: asks all its databases at once and reads the answers together.
package final class ManagedLinkCollector: Collector {
  package let description: CollectorDescription

  private let client: PostgresClient
  private let time: any TimeSource
  private let asked: [(region: String, session: PostgresSession, questions: [String])]
  /// Held for the reading of one pass; passes never overlap.
  private let state: Mutex<ManagedLinkState>

  package init(_ settings: ManagedLinkSettings, client: PostgresClient, time: any TimeSource = SystemTime()) {
    self.client = client
    self.time = time
    let dialect = settings.dialect
    asked = settings.nodes.compactMap { node in
      node.dsn.map { dsn in
        let questions = dialect.questions(node, isSource: node.region == settings.source.region)
        return (node.region, PostgresSession(dsn), [ManagedAnswer.clockQuestion] + questions)
      }
    }
    state = Mutex(ManagedLinkState(settings))
    description = settings.description
  }

  deinit { for node in asked { client.close(node.session) } }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let (startedAt, began) = (time.now, time.monotonic)
    let pass = Gathering<String, Result<ManagedAnswer, PostgresError>>(expected: asked.count) { answers in
      let now = self.time.now
      let read = self.state.withLock { $0.observe(answers, at: now) }
      completion(
        Outcome(
          startedAt: startedAt, finishedAt: now, took: self.time.monotonic - began, verdict: read.verdict,
          readings: read.readings))
    }
    for node in asked {
      let questions = node.questions
      client.run(node.session, timeout: description.timeout, queries: { _ in questions }) { result in
        do throws(PostgresError) {
          pass.add(node.region, .success(try ManagedAnswer(try result.get())))
        } catch {
          pass.add(node.region, .failure(error))
        }
      }
    }
  }
}
