package import Model

extension PostgresClient {
  /// Runs `statements` in one round trip over a session that may write, and asks for all of them to succeed.
  ///
  /// - Parameter creating: run before them, once, when they find a table missing; nil where none may be made.
  package func write(
    _ session: PostgresSession, timeout: Duration, _ statements: [String], creating: String?,
    time: any TimeSource = SystemTime(), completion: @escaping Completion
  ) {
    let start = time.monotonic
    run(session, timeout: timeout, queries: { _ in statements }) { result in
      do throws(PostgresError) {
        let reply = try result.get()
        for answer in reply.results { _ = try answer.get() }
        completion(.success(reply))
      } catch {
        guard let creating, error.sqlState == "42P01" else { return completion(.failure(error)) }
        let left = max(timeout - (time.monotonic - start), .milliseconds(1))
        self.write(
          session, timeout: left, [creating] + statements, creating: nil, time: time, completion: completion)
      }
    }
  }
}
