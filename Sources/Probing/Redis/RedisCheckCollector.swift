internal import Collecting
package import Model
package import RedisClient

/// Probes one server over a kept connection.
package final class RedisCheckCollector: Collector {
  package let description: CollectorDescription
  private let settings: RedisCheckSettings
  private let client: RedisClient
  private let time: any TimeSource
  private let session: RedisSession

  package init(_ settings: RedisCheckSettings, client: RedisClient, time: any TimeSource = SystemTime()) {
    self.settings = settings
    self.client = client
    self.time = time
    session = RedisSession(settings.server)
    description = settings.description
  }

  deinit { client.close(session) }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let (startedAt, start) = (time.now, time.monotonic)
    let (settings, time) = (settings, time)
    // Several instances may write the same key: what one reads back is its own.
    let canary = "\(startedAt.milliseconds)-\(UInt64.random(in: 0 ... .max))"
    let questions = RedisCheckQuestions(settings, canary: canary)
    client.run(session, timeout: settings.basics.timeout, questions.commands) { result in
      let verdict: Outcome.Verdict
      switch result {
      case .success(let reply): verdict = questions.verdict(reply)
      case .failure(let error):
        verdict = .failure(error.reason, detail: naming(settings.server.name, "\(error)"))
      }
      completion(CheckFamilies.outcome(verdict, startedAt: startedAt, start: start, time: time))
    }
  }
}
