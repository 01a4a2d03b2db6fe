package import Model
internal import Synchronization
internal import Threading

/// One cluster, asked on a thread of its own: librdkafka's questions block, though never for longer than they are told.
/// A cluster that hangs delays nobody else's.
///
/// The thread starts with the first run; librdkafka keeps further threads of its own, one for each broker it talks to.
/// The handle is kept between runs, and made anew after a refused password, so that a rotated one works.
package final class KafkaSession: Sendable {
  private let work: KafkaWork

  package init(_ cluster: KafkaCluster, time: any TimeSource = SystemTime()) {
    work = KafkaWork(cluster, time)
  }

  deinit { work.stop() }

  /// Runs `body` on the session's thread and hands its result to `completion`, on that thread, once, within about
  /// `timeout`. Runs of one session happen one after the other; the ninth that waits fails with `limit`.
  package func run<Answer: Sendable>(
    timeout: Duration, _ body: @escaping @Sendable (KafkaConnection) throws(KafkaError) -> Answer,
    completion: @escaping @Sendable (Result<Answer, KafkaError>) -> Void
  ) {
    work.add(timeout: timeout) { connection in
      do throws(KafkaError) {
        let open = try connection.get()
        completion(.success(try open.guarded(body)))
        return nil
      } catch {
        completion(.failure(error))
        return error
      }
    }
  }
}

/// What waits for a session's thread. Confined to that thread is only what ``perform()`` keeps in variables.
private final class KafkaWork: Sendable {
  private struct Job: Sendable {
    let deadline: MonotonicInstant
    /// Returns the failure, if there was one.
    let body: @Sendable (Result<KafkaConnection, KafkaError>) -> KafkaError?
  }

  private struct State {
    var jobs: [Job] = []
    var isStopped = false
    var isRunning = false
  }

  private static let queueLimit = 8
  private let cluster: KafkaCluster
  private let time: any TimeSource
  private let bell = Bell()
  private let state = Mutex(State())

  init(_ cluster: KafkaCluster, _ time: any TimeSource) {
    self.cluster = cluster
    self.time = time
  }

  func add(
    timeout: Duration, _ body: @escaping @Sendable (Result<KafkaConnection, KafkaError>) -> KafkaError?
  ) {
    let job = Job(deadline: time.monotonic + timeout, body: body)
    let (isQueued, mustStart) = state.withLock { state in
      guard state.jobs.count < Self.queueLimit else { return (false, false) }
      state.jobs.append(job)
      defer { state.isRunning = true }
      return (true, !state.isRunning)
    }
    guard isQueued else {
      _ = body(.failure(KafkaError(.limit, "more than \(Self.queueLimit) runs wait for this cluster")))
      return
    }
    guard mustStart else { return bell.ring() }
    do {
      try OwnThread.detached("farwatch-kafka") { self.perform() }
    } catch {
      state.withLock {
        $0.isRunning = false
        $0.jobs = []
      }
      _ = body(.failure(KafkaError(.limit, error.description)))
    }
  }

  func stop() {
    state.withLock { $0.isStopped = true }
    bell.ring()
  }

  private func perform() {
    var connection: KafkaConnection?
    while true {
      let (job, isStopped) = state.withLock { state in
        (state.jobs.isEmpty ? nil : state.jobs.removeFirst(), state.isStopped)
      }
      guard let job else {
        if isStopped { return }
        _ = bell.wait(upTo: .seconds(3600))
        continue
      }
      if isStopped {
        _ = job.body(.failure(KafkaError(.other, "the session was closed")))
        continue
      }
      let opened: Result<KafkaConnection, KafkaError>
      do throws(KafkaError) {
        let open: KafkaConnection
        if let connection { open = connection } else { open = try KafkaConnection(cluster, time) }
        connection = open
        open.begin(until: job.deadline)
        opened = .success(open)
      } catch {
        opened = .failure(error)
      }
      if job.body(opened)?.reason == .authentication { connection = nil }
    }
  }
}
