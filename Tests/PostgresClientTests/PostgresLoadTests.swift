import FarwatchTesting
import Glibc
import Model
import PostgresClient
import Synchronization
import Testing

/// Many sessions at one client: how many are under way, and whom those that hang delay.
@Suite struct PostgresLoadTests {
  @Test func twoHundredServersKeepOneConnectionEachAndNeverAskMoreThanSixtyFourAtATime() async throws {
    let server = try await PostgresServer.primary(
      settings: "max_connections = 240\nlisten_addresses = '0.0.0.0'")
    let client = try PostgresClient()
    // Every address of the loopback network is a server of its own to those who ask.
    let sessions = (1...200).map { index in
      let dsn = server.dsn(user: "postgres").replacing("127.0.0.1", with: "127.0.1.\(index)")
      return PostgresSession(.text(dsn))
    }
    let first = await client.ask(sessions, "SELECT pg_backend_pid(), pg_sleep(0.05)", timeout: .seconds(60))
    let pids = first.map { try? $0.get().results[0].get().rows[0][0] }
    #expect(Set(pids.compactMap(\.self)).count == 200, "each has a connection of its own")
    #expect(client.load.mostInFlight == 64)
    #expect(client.load.servers == 200)

    // Nine more for each, all at once: they wait their turn, also behind their own session's.
    async let busy = client.ask(sessions, "SELECT pg_sleep(0.03)", timeout: .seconds(60))
    var most = 0
    for _ in 0..<5 {
      let active = try await server.sql(
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND application_name = 'farwatch'")
      most = max(most, Int(active) ?? 999)
    }
    #expect(most <= 64)
    let answers = await busy
    #expect(answers.allSatisfy { (try? $0.get().results[0].get()) != nil })
    let second = await client.ask(sessions, "SELECT pg_backend_pid()", timeout: .seconds(60))
    #expect(second.map { try? $0.get().results[0].get().rows[0][0] } == pids, "connections are kept")
    #expect(second.allSatisfy { (try? $0.get().phases.connect) == .some(nil) })
    #expect(client.load.mostInFlight == 64)
    try await waitUntil("all slots are free") { client.load.inFlight == 0 && client.load.waiting == 0 }
    try await aLostRegionDelaysNobody(server, client, Array(sessions.prefix(100)))
  }

  private func aLostRegionDelaysNobody(
    _ server: PostgresServer, _ client: PostgresClient, _ healthy: [PostgresSession]
  ) async throws {
    let port = try SilentPort()
    let hung = (1...100).map { index in
      PostgresSession(.text("host=127.0.2.\(index) port=\(port.port) user=x dbname=x sslmode=disable"))
    }
    // Taken for good they may hold every slot, each until its time-out.
    let first = await client.ask(hung, "SELECT 1", timeout: .milliseconds(600))
    #expect(Set(first.map(reason)) == [.timeout, .limit])
    #expect(client.load.mostInFlight == 64)
    let again = await client.ask(hung, "SELECT 1", timeout: .milliseconds(600))
    #expect(again.allSatisfy { reason($0) == .timeout || reason($0) == .limit })

    // Known to hang they hold half of them.
    async let third = client.ask(hung, "SELECT 1", timeout: .seconds(2))
    try await waitUntil("half of the slots hang") { client.load.inFlight == 32 }
    // Nobody waits on a thread: names are looked up by then.
    try await waitUntil("no thread waits for a server") { threads("farwatch-dsn") == 0 }
    let took = await ContinuousClock().measure {
      for _ in 0..<3 {
        let answers = await client.ask(healthy, "SELECT 1", timeout: .seconds(3))
        #expect(answers.allSatisfy { (try? $0.get()) != nil })
      }
    }
    #expect(took < .seconds(1.8), "\(took)")
    #expect(client.load.inFlight >= 32, "those that hang still do")
    _ = await third
  }

  private func reason(_ result: Result<PostgresReply, PostgresError>) -> FailureReason? {
    if case .failure(let error) = result { error.reason } else { nil }
  }

  /// What the figure of the benchmark is made of; `FARWATCH_MEASURE=2000`, the number of sessions, prints it.
  @Test(.enabled(if: getenv("FARWATCH_MEASURE") != nil))
  func costOfAQuery() async throws {
    let count = getenv("FARWATCH_MEASURE").flatMap { Int(String(cString: $0)) } ?? 500
    let server = try await PostgresServer.primary(
      settings: "max_connections = \(count + 40)\nlisten_addresses = '0.0.0.0'")
    print(try await measurePolling(sessions: count, rounds: 20, dsn: server.dsn(user: "postgres")))
  }
}

/// CPU time of this process for one query over a kept connection, everything of the client included, and how long a
/// round over all sessions took.
func measurePolling(sessions count: Int, rounds: Int, dsn: String) async throws -> String {
  let client = try PostgresClient()
  let sessions = (0..<count).map { index in
    PostgresSession(.text(dsn.replacing("127.0.0.1", with: "127.0.\(1 + index / 250).\(1 + index % 250)")))
  }
  let memory = residentBytes()
  let connected = await client.ask(sessions, "SELECT 1", timeout: .seconds(60))
  let failed = connected.filter { (try? $0.get()) == nil }.count
  let kept = (residentBytes() - memory) / count
  let (before, start) = (cpuSeconds(), ContinuousClock.now)
  for _ in 0..<rounds { _ = await client.ask(sessions, "SELECT 1", timeout: .seconds(60)) }
  let cpu = (cpuSeconds() - before) / Double(count * rounds) * 1e6
  let round = (ContinuousClock.now - start) / rounds
  return "\(count) sessions (\(failed) failed): \(cpu) µs of CPU a query, \(round) a round, "
    + "\(kept) bytes a connection, \(client.load)"
}

private func residentBytes() -> Int {
  let pages = readText("/proc/self/statm").split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
  return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
}

private func cpuSeconds() -> Double {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
    + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
}

/// How many threads of this process have the name.
private func threads(_ name: String) -> Int {
  guard let directory = opendir("/proc/self/task") else { return -1 }
  defer { closedir(directory) }
  var count = 0
  while let entry = readdir(directory) {
    let task = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if readText("/proc/self/task/\(task)/comm").hasPrefix(name) { count += 1 }
  }
  return count
}

/// A port of all addresses that takes connections and never says a word.
private final class SilentPort: Sendable {
  let port: Int
  private let socket: Int32

  init() throws {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = 0
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let socket = socket
    let listens = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, length) == 0 && listen(socket, 4000) == 0 && getsockname(socket, $0, &length) == 0
      }
    }
    guard listens else { throw BenchError("no port: errno \(errno)") }
    port = Int(in_port_t(bigEndian: address.sin_port))
  }

  deinit { close(socket) }
}

extension PostgresClient {
  /// Asks all sessions at once.
  func ask(
    _ sessions: [PostgresSession], _ query: String, timeout: Duration
  ) async -> [Result<PostgresReply, PostgresError>] {
    let answers = Mutex<[Int: Result<PostgresReply, PostgresError>]>([:])
    await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
      for (index, session) in sessions.enumerated() {
        run(session, timeout: timeout, queries: { _ in [query] }) { result in
          let count = answers.withLock { all in
            all[index] = result
            return all.count
          }
          if count == sessions.count { done.resume() }
        }
      }
    }
    return answers.withLock { all in sessions.indices.compactMap { all[$0] } }
  }
}
