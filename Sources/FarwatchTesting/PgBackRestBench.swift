internal import Glibc

/// A real PostgreSQL server that archives into a pgBackRest repository, made for a test and gone afterwards.
///
/// pgBackRest runs as the server's account. The stanza is `main`, the repository lies in memory: pgBackRest syncs each
/// of a thousand files.
package final class PgBackRestBench: Sendable {
  package static let program = "/usr/bin/pgbackrest"
  package static let stanza = "main"

  package let server: PostgresServer
  package let folder: String
  private static let account = getuid() == 0 ? "postgres" : nil

  package var config: String { "\(folder)/pgbackrest.conf" }
  package var repository: String { "\(folder)/repo" }
  /// Where the segments of the first four billion bytes of the first timeline are.
  package var segments: String { "\(repository)/archive/main/15-1/0000000100000000" }
  /// Puts a program of root's before one, so that it runs as the server's account; empty for others.
  package static var runAs: [String] {
    account.map { ["/usr/bin/setpriv", "--reuid", $0, "--regid", $0, "--clear-groups"] } ?? []
  }

  package static var isInstalled: Bool { access(program, X_OK) == 0 }

  private init(_ server: PostgresServer, _ folder: String) {
    self.server = server
    self.folder = folder
  }

  deinit { Self.remove(folder) }

  /// A server and an empty repository, without a stanza.
  package static func start(retention: Int = 2) async throws -> PgBackRestBench {
    let root = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : temporaryRoot
    var template = Array("\(root)/farwatch-pgbackrest.XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { throw BenchError("no folder: errno \(errno)") }
    let folder = String(cString: made)
    chmod(folder, 0o755)
    do {
      if let account, let entry = getpwnam(account) {
        chown(folder, entry.pointee.pw_uid, entry.pointee.pw_gid)
      }
      let server = try await PostgresServer.primary(
        settings: """
          archive_mode = on
          archive_command = '\(program) --config=\(folder)/pgbackrest.conf --stanza=\(stanza) archive-push %p'
          unix_socket_directories = '\(folder)'
          """)
      let bench = PgBackRestBench(server, folder)
      try await bench.shell(
        """
        mkdir repo log lock spool; cat > pgbackrest.conf <<'C'
        [global]
        repo1-path=\(folder)/repo
        log-path=\(folder)/log
        lock-path=\(folder)/lock
        spool-path=\(folder)/spool
        log-level-console=warn
        log-level-file=off
        start-fast=y
        archive-timeout=20
        compress-type=none
        repo1-retention-full=\(retention)
        [\(stanza)]
        pg1-path=\(server.data)
        pg1-port=\(server.port)
        pg1-socket-path=\(folder)
        pg1-user=postgres
        C
        """)
      return bench
    } catch {
      remove(folder)
      throw error
    }
  }

  /// Runs pgBackRest on the stanza.
  @discardableResult package func run(_ arguments: String...) async throws -> String {
    try await ChildProcess.run(
      [Self.program, "--config=\(config)", "--stanza=\(Self.stanza)"] + arguments, user: Self.account,
      directory: folder)
  }

  /// Runs a shell's lines as the server's account, in the folder.
  @discardableResult package func shell(_ lines: String) async throws -> String {
    try await ChildProcess.run(["sh", "-ec", lines], user: Self.account, directory: folder)
  }

  /// Fills and archives this many segments; returns when they are in the archive.
  package func archive(segments count: Int) async throws {
    var last = ""
    for _ in 0..<count {
      last = try await server.sql("INSERT INTO t VALUES ('x'); SELECT pg_walfile_name(pg_switch_wal())")
    }
    try await waitUntil(timeout: .seconds(20), every: .milliseconds(20), "\(last) is archived") {
      try await self.server.sql("SELECT last_archived_wal FROM pg_stat_archiver").prefix(24) >= last
    }
  }

  private static func remove(_ folder: String) {
    guard let child = try? ChildProcess(["rm", "-rf", folder], output: .discarded) else { return }
    while child.poll() == nil { usleep(2000) }
  }
}
