internal import Glibc
internal import Model
internal import Synchronization

/// One real PostgreSQL server on a loopback port, made for a test: unsafe and fast, and gone afterwards.
///
/// The servers run as the account `postgres` when the tests run as root. Accounts inside: `postgres` (superuser, no
/// password asked), `watch` (pg_monitor, password `watchword`), `plain` (no privilege, password `plainword`).
package final class PostgresServer: Sendable {
  package let port: Int
  private let directory: TemporaryDirectory
  private let process = Mutex<ChildProcess?>(nil)
  /// Where its files are.
  package var data: String { directory.file("data") }

  private static let account = getuid() == 0 ? "postgres" : nil
  private static let settings = """
    listen_addresses = '127.0.0.1'
    unix_socket_directories = ''
    fsync = off
    shared_buffers = 4MB
    max_connections = 20
    max_wal_senders = 6
    max_replication_slots = 8
    min_wal_size = 32MB
    max_wal_size = 64MB
    autovacuum = off
    lc_messages = 'C'
    wal_receiver_status_interval = 1s
    wal_retrieve_retry_interval = 200ms
    """
  private static let hostAccess = """
    local all postgres trust
    host all postgres 127.0.0.0/8 trust
    host replication postgres 127.0.0.1/32 trust
    host all all 127.0.0.0/8 scram-sha-256
    """

  private init() throws {
    port = try freeLoopbackPort()
    directory = try TemporaryDirectory("farwatch-postgres", mode: 0o755)
    if let account = Self.account, let entry = getpwnam(account) {
      chown(directory.path, entry.pointee.pw_uid, entry.pointee.pw_gid)
    }
  }

  /// SIGQUIT lets PostgreSQL give its shared memory back, and takes milliseconds.
  deinit {
    process.withLock { child in
      child?.signal(SIGCONT)
      child?.stop(with: SIGQUIT)
    }
  }

  /// A primary of a cluster of its own; segments of 1 MB, so that WAL limits are reached quickly.
  package static func primary(settings: String = "") async throws -> PostgresServer {
    let server = try PostgresServer()
    try await server.tool(
      "initdb",
      ["-D", server.data, "-U", "postgres", "--no-sync", "-A", "trust", "--wal-segsize=1", "-E", "UTF8"])
    try await server.configure(
      "\(Self.settings)\nport = \(server.port)\n\(settings)\n", access: Self.hostAccess)
    try await server.start()
    try await server.sql(
      """
      CREATE ROLE watch LOGIN PASSWORD 'watchword' IN ROLE pg_monitor;
      CREATE ROLE plain LOGIN PASSWORD 'plainword';
      CREATE TABLE t (x text);
      """)
    return server
  }

  /// A streaming standby of this server, over a slot that `pg_basebackup` makes.
  package func standby(slot: String) async throws -> PostgresServer {
    let server = try PostgresServer()
    try await server.tool(
      "pg_basebackup",
      [
        "-D", server.data, "-d", "host=127.0.0.1 port=\(port) user=postgres application_name=\(slot)",
        "-R", "-C", "-S", slot, "-X", "stream", "--checkpoint=fast", "--no-sync",
      ])
    try await server.configure("port = \(server.port)\n", access: nil)
    try await server.start()
    return server
  }

  /// libpq's words for connecting as `user`.
  package func dsn(user: String = "watch", password: String = "watchword") -> String {
    "host=127.0.0.1 port=\(port) dbname=postgres user=\(user) password=\(password)"
  }

  package func start() async throws {
    let child = try ChildProcess(
      ["\(Self.binaries)/postgres", "-D", data], user: Self.account, output: .file(directory.file("log")))
    process.withLock { $0 = child }
    do {
      try await waitUntil(timeout: .seconds(60), every: .milliseconds(25), "PostgreSQL answers on \(port)") {
        guard child.isRunning else { throw BenchError("PostgreSQL ended") }
        return (try? await self.sql("SELECT 1")) != nil
      }
    } catch {
      throw BenchError("\(error)\n\(await Self.tail(directory.file("log")))")
    }
  }

  /// Stops the server: orderly, or as a crash would with `immediate`.
  package func stop(immediate: Bool = false) async throws {
    let child = process.withLock { $0 }
    child?.signal(immediate ? SIGQUIT : SIGINT)
    child?.signal(SIGCONT)
    try await child?.wait(timeout: .seconds(60))
  }

  /// Runs statements as superuser through `psql`; returns unaligned rows.
  @discardableResult package func sql(_ text: String) async throws -> String {
    let out = try await ChildProcess.run(
      [
        "\(Self.binaries)/psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", text,
        "host=127.0.0.1 port=\(port) dbname=postgres user=postgres connect_timeout=30",
      ])
    return String(out.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
  }

  /// Offers TLS with `<name>.pem` from now on, to new connections.
  package func serveTLS(_ certificates: TestCertificates, _ name: String) async throws {
    try directory.write("tls.pem", readText(certificates.path("\(name).pem")))
    try directory.write("tls.key", readText(certificates.path("\(name).key")))
    // A key that others may read is refused.
    let install = "umask 077; cat ../tls.pem > server.crt; cat ../tls.key > server.key"
    try await ChildProcess.run(["sh", "-c", install], user: Self.account, directory: data)
    try await sql("ALTER SYSTEM SET ssl = on")
    try await sql("SELECT pg_reload_conf()")
  }

  /// Writes about this much WAL in one transaction.
  package func write(megabytes: Int) async throws {
    try await sql("INSERT INTO t SELECT repeat('x', 1000) FROM generate_series(1, \(megabytes * 950))")
  }

  /// Waits until this standby has replayed all that `primary` has written.
  package func catchUp(with primary: PostgresServer) async throws {
    let goal = try await primary.sql("SELECT pg_current_wal_lsn()")
    try await waitUntil(timeout: .seconds(60), every: .milliseconds(20), "the standby has replayed \(goal)") {
      try await self.sql("SELECT pg_last_wal_replay_lsn() >= '\(goal)'") == "t"
    }
  }

  package func pauseReplay() async throws {
    try await sql("SELECT pg_wal_replay_pause()")
    try await waitUntil("replay is paused") {
      try await self.sql("SELECT pg_get_wal_replay_pause_state()") == "paused"
    }
  }

  package func resumeReplay() async throws { try await sql("SELECT pg_wal_replay_resume()") }
  package func promote() async throws { try await sql("SELECT pg_promote()") }

  /// Stops all of this server's WAL senders in their tracks, as a silent network would.
  package func freezeSenders() async throws -> [Int32] {
    let text = try await sql("SELECT pid FROM pg_stat_replication")
    let pids = text.split(separator: "\n").compactMap { Int32($0) }
    guard !pids.isEmpty else { throw BenchError("no WAL sender runs") }
    for pid in pids { kill(pid, SIGSTOP) }
    return pids
  }

  /// Stops the process that writes the control file; for ``thaw(_:)``.
  package func freezeCheckpointer() async throws -> Int32 {
    let pid = try await sql("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")
    guard let pid = Int32(pid) else { throw BenchError("no checkpointer runs") }
    kill(pid, SIGSTOP)
    return pid
  }

  package func thaw(_ senders: [Int32]) { for pid in senders { kill(pid, SIGCONT) } }

  /// Freezes the whole server, connections and all; thawed with `false`.
  package func freeze(_ frozen: Bool) async throws {
    guard let child = process.withLock({ $0 }) else { return }
    let children = (try? await ChildProcess.run(["pgrep", "-P", "\(child.pid)"])) ?? ""
    let pids = [child.pid] + children.split(separator: "\n").compactMap { pid_t($0) }
    for pid in pids { kill(pid, frozen ? SIGSTOP : SIGCONT) }
  }

  /// The last lines of the server's log.
  package func log() async -> String { await Self.tail(directory.file("log")) }

  private static func tail(_ path: String) async -> String {
    (try? await ChildProcess.run(["tail", "-n", "30", path])) ?? "no log"
  }

  private func configure(_ settings: String, access: String?) async throws {
    try directory.write("settings", settings)
    if let access { try directory.write("access", access) }
    let copy = "cat ../settings >> postgresql.conf; if [ -e ../access ]; then cat ../access > pg_hba.conf; fi"
    try await ChildProcess.run(["sh", "-c", copy], user: Self.account, directory: data)
  }

  private func tool(_ name: String, _ arguments: [String]) async throws {
    try await ChildProcess.run(
      ["\(Self.binaries)/\(name)"] + arguments, environment: ["LC_ALL": "C"], user: Self.account,
      directory: "/tmp",
      timeout: .seconds(60))
  }

  /// Debian keeps the server's programs outside PATH; elsewhere they are inside.
  private static let binaries: String = {
    for version in (12...20).reversed() {
      let path = "/usr/lib/postgresql/\(version)/bin"
      if Glibc.access("\(path)/initdb", X_OK) == 0 { return path }
    }
    for path in ["/usr/local/bin", "/usr/bin"] where Glibc.access("\(path)/initdb", X_OK) == 0 { return path }
    return "/usr/lib/postgresql/15/bin"
  }()
}
