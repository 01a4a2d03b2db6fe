import FarwatchTesting
import Glibc
import Model
import PostgresClient
import Testing

/// What a server may make this process hold, against a real one and through TLS.
@Suite(.serialized) struct LongAnswerTests {
  @Test(arguments: [false, true])
  func answersAreBounded(overTLS: Bool) async throws {
    let server = try await PostgresServer.primary()
    if overTLS {
      let certificates = try TestCertificates()
      try certificates.make("good", host: "127.0.0.1", days: 30)
      try await server.serveTLS(certificates, "good")
    }
    let client = try PostgresClient()
    let dsn = server.dsn(user: "postgres") + " sslmode=\(overTLS ? "require" : "disable")"
    let session = PostgresSession(.text(dsn))
    func ask(_ queries: String...) async throws -> PostgresReply {
      try await client.asking(session, queries)
    }
    let whole = try await ask("SELECT repeat('x', 3000000)", "SELECT pg_backend_pid()", "SELECT 'after'")
    #expect(try whole.results[0].get().rows[0][0]?.utf8.count == 3_000_000)
    #expect(try whole.results[2].get().rows == [["after"]])

    let rows = try await ask("SELECT i FROM generate_series(1, 10000) i", "SELECT pg_backend_pid()")
    #expect(try rows.results[0].get().rows.map { $0[0] } == (1...10_000).map { "\($0)" })
    #expect(try rows.results[1].get() == whole.results[1].get(), "the connection is kept")

    let tooMany = try await ask("SELECT i FROM generate_series(1, 10001) i", "SELECT pg_backend_pid()")
    #expect(throws: PostgresError(.limit, "more than 10000 rows: ask for fewer")) {
      try tooMany.results[0].get()
    }
    #expect(
      try tooMany.results[1].get() == whole.results[1].get(), "neither the others nor the connection are lost"
    )

    let late = try await ask("SELECT 1 / (i - 5) FROM generate_series(1, 9) i", "SELECT 1")
    #expect(throws: PostgresError(.query, sqlState: "22012", "division by zero")) {
      try late.results[0].get()
    }

    let before = peakBytes()
    let limit = PostgresError(.limit, "the answer is longer than 4 MiB: ask for fewer rows, or shorter ones")
    for long in [
      "SELECT repeat('x', 100000000)", "SELECT repeat('x', 1000) FROM generate_series(1, 60000)",
      "SELECT i FROM generate_series(1, 800000) i",
    ] {
      let cut = try await ask("SELECT 'before'", long, "SELECT 'after'")
      #expect(try cut.results[0].get().rows == [["before"]])
      #expect(throws: limit, "\(long)") { try cut.results[1].get() }
      #expect(throws: limit, "\(long)") { try cut.results[2].get() }
    }
    let grown = peakBytes() - before
    #expect(grown < 50 << 20, "\(grown >> 20) MiB more")
    #expect(try await ask("SELECT 1").results[0].get().rows == [["1"]])
    #expect(try await ask("SELECT pg_backend_pid()").results[0].get() != whole.results[1].get())
    try await waitUntil("the server has given up too") {
      try await server.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'farwatch'") == "1"
    }
  }

  /// VmHWM: what the process ever held.
  private func peakBytes() -> Int {
    for line in readText("/proc/self/status").split(separator: "\n") where line.hasPrefix("VmHWM:") {
      return (line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) << 10
    }
    return 0
  }
}

extension PostgresClient {
  /// One run, awaited.
  func asking(
    _ session: PostgresSession, _ queries: [String], timeout: Duration = .seconds(30)
  ) async throws(PostgresError) -> PostgresReply {
    let result = await withCheckedContinuation {
      (answer: CheckedContinuation<Result<PostgresReply, PostgresError>, Never>) in
      run(session, timeout: timeout, queries: { _ in queries }) { answer.resume(returning: $0) }
    }
    return try result.get()
  }
}
