internal import Glibc
internal import Model
internal import Synchronization

/// One real MariaDB server on a loopback port, made for a test: small and fast, and gone afterwards.
///
/// The servers run as the account `mysql` when the tests run as root. Accounts inside: `root` (over the socket only),
/// `watch` (what a monitor needs, password `watchword`), `plain` (no privilege, password `plainword`),
/// `beat` (writes the heartbeat table, password `beatword`), `copy` (replicas, password `copyword`).
package final class MariaDBServer: Sendable {
  package let port: Int
  package let id: Int
  private let directory: TemporaryDirectory
  private let more: [String]
  private let process = Mutex<ChildProcess?>(nil)

  private static let account = getuid() == 0 ? "mysql" : nil
  /// A server syncs its files a hundred times before it answers: seconds on a disk, nothing in memory.
  private static let memory = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : nil
  private static let accounts = """
    CREATE USER watch IDENTIFIED BY 'watchword'; GRANT SLAVE MONITOR, BINLOG MONITOR ON *.* TO watch;
    CREATE USER plain IDENTIFIED BY 'plainword';
    CREATE USER beat IDENTIFIED BY 'beatword';
    CREATE USER copy IDENTIFIED BY 'copyword'; GRANT REPLICATION SLAVE ON *.* TO copy;
    CREATE DATABASE farwatch; CREATE DATABASE app;
    GRANT SELECT ON farwatch.* TO watch; GRANT SELECT, INSERT, UPDATE, DELETE, CREATE ON farwatch.* TO beat;
    """

  private init(id: Int, more: [String]) throws {
    port = try freeLoopbackPort()
    self.id = id
    self.more = more
    directory = try TemporaryDirectory("farwatch-mariadb", in: Self.memory, mode: 0o755)
    if let account = Self.account, let entry = getpwnam(account) {
      chown(directory.path, entry.pointee.pw_uid, entry.pointee.pw_gid)
    }
  }

  deinit {
    process.withLock { child in
      child?.signal(SIGCONT)
      child?.stop(with: SIGKILL)
    }
  }

  /// - id: the server's `server_id`.
  /// - more: options of `mariadbd`, without dashes.
  package static func start(id: Int, _ more: [String] = []) async throws -> MariaDBServer {
    let server = try MariaDBServer(id: id, more: more)
    // An empty data directory takes seconds to make and a moment to copy.
    let template = try await templates.path()
    try await ChildProcess.run(
      ["cp", "-a", template, server.directory.file("data")], user: account, directory: "/tmp")
    try await server.start()
    try await server.sql("SET sql_log_bin = 0; \(accounts)")
    return server
  }

  package var socket: String { directory.file("s") }
  package func file(_ name: String) -> String { directory.file(name) }
  package func writeFile(_ name: String, _ text: String) throws { try directory.write(name, text) }

  package func start() async throws {
    let child = try ChildProcess(
      [
        Self.program, "--no-defaults", "--datadir=\(directory.file("data"))", "--port=\(port)",
        "--bind-address=127.0.0.1", "--socket=\(socket)", "--pid-file=\(directory.file("pid"))",
        "--server-id=\(id)", "--log-bin=bin", "--log-slave-updates", "--slave-net-timeout=4",
        "--innodb-buffer-pool-size=8M", "--innodb-log-file-size=4M", "--innodb-flush-log-at-trx-commit=0",
        "--innodb-fast-shutdown=2", "--performance-schema=OFF", "--skip-name-resolve",
        "--max-connections=100",
        "--aria-pagecache-buffer-size=2M", "--key-buffer-size=1M", "--lc-messages-dir=/usr/share/mysql",
        "--master-retry-count=0", "--relay-log=relay", "--thread-stack=256K",
      ] + more.map { "--\($0)" }, user: Self.account, directory: "/tmp",
      output: .file(directory.file("log")))
    process.withLock { $0 = child }
    do {
      try await waitUntil(timeout: .seconds(60), every: .milliseconds(25), "MariaDB answers on \(port)") {
        guard child.isRunning else { throw BenchError("MariaDB ended") }
        return (try? await self.sql("SELECT 1")) != nil
      }
    } catch {
      throw BenchError("\(error)\n\((try? await ChildProcess.run(["tail", "-n", "30", file("log")])) ?? "")")
    }
  }

  /// Stops the server as a crash would.
  package func kill() async throws {
    let child = process.withLock { $0 }
    child?.signal(SIGKILL)
    try await child?.wait()
  }

  package func freeze(_ frozen: Bool) { process.withLock { $0?.signal(frozen ? SIGSTOP : SIGCONT) } }

  /// Runs statements as root over the socket; returns rows with tabs between the values.
  @discardableResult package func sql(_ text: String) async throws -> String {
    let out = try await ChildProcess.run(
      [
        "mariadb", "--no-defaults", "-u", "root", "-S", socket, "-N", "-B", "--connect-timeout=20", "-e",
        text,
      ],
      user: Self.account, directory: "/tmp")
    return String(out.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
  }

  /// One column of `SHOW ALL SLAVES STATUS`, of the only channel or of `channel`.
  package func slaveStatus(_ column: String, channel: String? = nil) async throws -> String? {
    let statement = channel.map { "SHOW SLAVE '\($0)' STATUS" } ?? "SHOW SLAVE STATUS"
    let out = try await ChildProcess.run(
      ["mariadb", "--no-defaults", "-u", "root", "-S", socket, "-E", "-e", statement], user: Self.account,
      directory: "/tmp")
    for line in out.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1).map { $0.drop { $0 == " " } }
      if parts.count == 2, parts[0] == column { return String(parts[1]) }
    }
    return nil
  }

  /// Makes this server a read-only replica of what listens on `port`, by GTID.
  package func follow(port: Int, channel: String = "", delay: Int = 0, readOnly: Bool = true) async throws {
    try await sql(
      """
      CHANGE MASTER '\(channel)' TO MASTER_HOST='127.0.0.1', MASTER_PORT=\(port), MASTER_USER='copy',
        MASTER_PASSWORD='copyword', MASTER_USE_GTID=slave_pos, MASTER_DELAY=\(delay), MASTER_CONNECT_RETRY=1,
        MASTER_HEARTBEAT_PERIOD=0.5;
      START SLAVE '\(channel)'; SET GLOBAL read_only = \(readOnly ? 1 : 0);
      """)
  }

  private static let templates = Template()
  private static let program = access("/usr/sbin/mariadbd", X_OK) == 0 ? "/usr/sbin/mariadbd" : "mariadbd"

  /// A data directory as `mariadb-install-db` makes it, once for all tests of a process.
  private actor Template {
    private var made: Task<String, any Error>?
    /// The only reference: let go of when the process ends, which removes the files.
    private static let kept = Mutex<TemporaryDirectory?>(nil)

    func path() async throws -> String {
      let task = made ?? Task { try await Self.make() }
      made = task
      return try await task.value
    }

    private static func make() async throws -> String {
      let directory = try TemporaryDirectory("farwatch-mariadb", in: MariaDBServer.memory, mode: 0o755)
      kept.withLock { $0 = directory }
      atexit { Template.kept.withLock { $0 = nil } }
      if let account = MariaDBServer.account, let entry = getpwnam(account) {
        chown(directory.path, entry.pointee.pw_uid, entry.pointee.pw_gid)
      }
      let data = directory.file("data")
      try await ChildProcess.run(
        [
          "mariadb-install-db", "--no-defaults", "--datadir=\(data)", "--skip-test-db",
          "--auth-root-authentication-method=normal", "--innodb-log-file-size=4M",
        ], user: MariaDBServer.account, directory: "/tmp")
      return data
    }
  }
}
