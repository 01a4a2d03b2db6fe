internal import Collecting
package import Model
package import PostgresClient

/// Measures one logical link: asks publisher and subscribers at once and reads the answers together.
package final class PostgresLogicalCollector: Collector {
  private enum Answer: Sendable {
    case publisher(Result<PublisherObservation, PostgresError>)
    case subscriber(Result<SubscriberObservation, PostgresError>)
  }

  package let description: CollectorDescription

  private let settings: PostgresLogicalSettings
  private let client: PostgresClient
  private let source: PostgresSession
  private let targets: [PostgresSession]
  private let memory: LinkMemory<PostgresLogicalState>

  package init(
    _ settings: PostgresLogicalSettings, client: PostgresClient, time: any TimeSource = SystemTime()
  ) {
    self.settings = settings
    self.client = client
    source = PostgresSession(settings.source)
    targets = settings.targets.map { PostgresSession($0.dsn) }
    memory = LinkMemory(PostgresLogicalState(settings), time: time)
    description = settings.description
  }

  deinit { for session in [source] + targets { client.close(session) } }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    // The source's answer is under "", which no region is called.
    let pass = memory.pass(over: 1 + targets.count, completion) { (state, answers: [String: Answer], now) in
      var publisher: Result<PublisherObservation, PostgresError> = .failure(
        PostgresError(.timeout, "no answer"))
      var subscribers: [String: Result<SubscriberObservation, PostgresError>] = [:]
      for (region, answer) in answers {
        switch answer {
        case .publisher(let result): publisher = result
        case .subscriber(let result): subscribers[region] = result
        }
      }
      return state.observe(publisher, subscribers, at: now)
    }
    let timeout = description.timeout
    client.run(source, timeout: timeout, queries: PostgresLogicalQueries.publisher(serverVersion:)) {
      result in
      do throws(PostgresError) {
        pass.add("", .publisher(.success(try PostgresLogicalQueries.readPublisher(try result.get()))))
      } catch {
        pass.add("", .publisher(.failure(error)))
      }
    }
    for (target, session) in zip(settings.targets, targets) {
      let name = target.subscription
      client.run(
        session, timeout: timeout,
        queries: { PostgresLogicalQueries.subscriber(name, serverVersion: $0) }
      ) { result in
        do throws(PostgresError) {
          let seen = try PostgresLogicalQueries.readSubscriber(try result.get(), name)
          pass.add(target.region, .subscriber(.success(seen)))
        } catch {
          pass.add(target.region, .subscriber(.failure(error)))
        }
      }
    }
  }
}
