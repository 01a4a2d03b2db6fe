import Secrets
import FarwatchTesting
import Glibc
import Model
import MySQLClient
import Synchronization
import Testing

/// A real MariaDB server for all of these tests.
@Suite(.serialized, SharedServer()) struct MySQLClientTests {
  let server: MariaDBServer
  let client: MySQLClient
  let directory: TemporaryDirectory

  init() throws {
    server = try #require(SharedServer.server)
    client = try MySQLClient()
    directory = try TemporaryDirectory()
  }

  private func source(_ user: String = "watch", _ password: String = "watchword", port: Int? = nil) throws
    -> MySQLSource
  {
    var source = MySQLSource(host: "localhost", port: port ?? server.port, user: user)
    source.password = .file(try directory.write("\(user)-\(password)", "\(password)\n"))
    return source
  }

  private func ask(
    _ session: MySQLSession, _ queries: String..., timeout: Duration = .seconds(10), new: Bool = false
  ) async -> Result<MySQLReply, MySQLError> {
    await client.ask(session, queries, timeout: timeout, new: new)
  }

  private func error(_ result: Result<MySQLReply, MySQLError>) -> MySQLError? {
    if case .failure(let error) = result { error } else { nil }
  }

  @Test func asksSeveralThingsOverOneConnection() async throws {
    let session = MySQLSession(try source())
    let reply = try await ask(
      session, "SELECT 1 AS a, NULL AS b, 'é\u{1F600}' AS c", "SELECT nonsense", "SELECT CONNECTION_ID()",
      "SELECT @@time_zone, @@tx_read_only, @@sql_mode, @@max_statement_time"
    ).get()
    #expect(reply.identity.isMariaDB && reply.identity.version >= 101_100)
    let first = try reply.results[0].get()
    #expect(first.columns == ["a", "b", "c"] && first.rows == [["1", nil, "é\u{1F600}"]])
    #expect(first[row: 0, column: "c"] == "é\u{1F600}" && first[row: 1, column: "a"] == nil)
    guard case .failure(let error) = reply.results[1] else {
      return #expect(Bool(false), "nonsense has a value")
    }
    #expect(error.reason == .missing && error.serverCode == 1054)
    #expect(try reply.results[3].get().rows == [["+00:00", "1", "STRICT_ALL_TABLES", "10.000000"]])
    #expect(reply.phases.resolve != nil && reply.phases.connect != nil && reply.phases.query != nil)

    let again = try await ask(session, "SELECT CONNECTION_ID()").get()
    #expect(try again.results[0].get() == reply.results[2].get())
    #expect(again.phases.connect == nil && again.phases.query != nil)
    let new = try await ask(session, "SELECT CONNECTION_ID()", new: true).get()
    #expect(try new.results[0].get() != again.results[0].get())
  }

  @Test func readsOnlyUnlessItMayWrite() async throws {
    let reader = MySQLSession(try source("beat", "beatword"))
    let refused = try await ask(reader, "CREATE TABLE farwatch.w (x INT)").get()
    #expect(throws: MySQLError.self) { try refused.results[0].get() }
    guard case .failure(let error) = refused.results[0] else { return }
    #expect(error.reason == .status && error.serverCode == 1792)
    let writer = MySQLSession(try source("beat", "beatword"), access: .write)
    let done = try await ask(
      writer, "CREATE TABLE farwatch.w (x INT)", "INSERT INTO farwatch.w VALUES (1), (2)"
    ).get()
    #expect(try done.results[1].get().affected == 2)
  }

  @Test func saysWhyThereIsNoConnection() async throws {
    let wrong = error(await ask(MySQLSession(try source("watch", "no-such-word")), "SELECT 1"))
    #expect(wrong?.reason == .authentication && wrong?.serverCode == 1045)
    #expect(wrong?.message.contains("no-such-word") == false)
    let refusing = try RefusingPort()
    let refused = error(await ask(MySQLSession(try source(port: refusing.port)), "SELECT 1"))
    #expect(refused?.reason == .refused, "\(String(describing: refused))")
    var unknown = try source()
    unknown.host = "no-such-host.invalid"
    #expect(error(await ask(MySQLSession(unknown), "SELECT 1"))?.reason == .dns)
    var noSocket = try source()
    noSocket.socket = "/nowhere/mysql.sock"
    #expect(error(await ask(MySQLSession(noSocket), "SELECT 1"))?.reason == .refused)
    var unset = try source()
    unset.password = .environment("FARWATCH_NO_SUCH_VARIABLE")
    let missing = error(await ask(MySQLSession(unset), "SELECT 1"))
    #expect(missing?.reason == .configuration)
    #expect(missing?.message == "environment variable FARWATCH_NO_SUCH_VARIABLE is not set")
    #expect(
      error(await ask(MySQLSession(MySQLSource(host: "h")), "SELECT 1"))?.message
        == "no user is given, and none stands in the file")
    // Something that is no MySQL server.
    let web = try LoopbackServer { _ in [.text("HTTP/1.1 200 OK\r\n\r\nhello"), .close] }
    let foreign = error(
      await ask(MySQLSession(try source(port: web.port)), "SELECT 1", timeout: .milliseconds(300)))
    #expect([.timeout, .protocolError, .reset].contains(foreign?.reason), "\(String(describing: foreign))")
  }

  @Test func readsAnOptionFileAnewForEveryConnection() async throws {
    let file = try directory.write(
      "my.cnf", "[client]\nhost=127.0.0.1\nport=\(server.port)\nuser=watch\npassword=old\n")
    let session = MySQLSession(MySQLSource(optionFile: file))
    #expect(error(await ask(session, "SELECT 1"))?.reason == .authentication)
    try directory.write(
      "my.cnf", "[client]\nsocket=\(server.socket)\nuser=watch\npassword='watchword'\n")
    #expect(try await ask(session, "SELECT 1").get().results.count == 1)
    // Beside a host the file's socket does not count, as with the mysql client.
    try directory.write(
      "my.cnf",
      "[client]\nhost=127.0.0.1\nport=\(server.port)\nsocket=/nowhere\nuser=watch\npassword=watchword\n")
    _ = try await ask(MySQLSession(MySQLSource(optionFile: file)), "SELECT 1").get()
    try directory.write("my.cnf", "[client]\nport=99999\n")
    let other = MySQLSession(MySQLSource(optionFile: file))
    #expect(error(await ask(other, "SELECT 1", new: true))?.message == "\(file): port must be 1 to 65535")
  }

  @Test func aBrokenConnectionIsMadeAnew() async throws {
    let session = MySQLSession(try source())
    let first = try await ask(session, "SELECT CONNECTION_ID()").get().results[0].get()
    try await server.sql("KILL \(first.rows[0][0] ?? "")")
    let second = try await ask(session, "SELECT CONNECTION_ID()").get().results[0].get()
    #expect(first != second)
  }

  @Test func limitsWhatItReads() async throws {
    let session = MySQLSession(try source())
    let many = error(await ask(session, "SELECT seq FROM farwatch.seq_1_to_20000"))
    #expect(many?.reason == .limit, "\(String(describing: many))")
    let large = error(await ask(session, "SELECT repeat('x', 1000000) FROM farwatch.seq_1_to_9"))
    #expect(large?.reason == .limit, "\(String(describing: large))")
    #expect(try await ask(session, "SELECT 1").get().results.count == 1)
    let cut = try await ask(session, "SELECT 7\0 FROM nowhere").get().results[0].get()
    #expect(cut.rows == [["7"]])
    let several = try await ask(session, "SELECT 1; SELECT 2").get().results[0]
    #expect(throws: MySQLError.self) { try several.get() }
  }

  @Test func whatIsTooLargeIsRefusedWithoutBeingRead() async throws {
    try await server.sql("SET GLOBAL max_allowed_packet = 1073741824")
    let session = MySQLSession(try source())
    _ = try await ask(session, "SELECT 1").get()
    let before = residentBytes()
    // Rows in one packet, in several, and just at the edge; many rows; a wide one of many columns.
    for query in [
      "SELECT repeat('x', 300000000)", "SELECT repeat('x', 16777211)", "SELECT repeat('x', 4194304)",
      "SELECT seq, repeat('x', 100) FROM farwatch.seq_1_to_10000000",
      "SELECT repeat('x', 3000000), repeat('y', 3000000)",
    ] {
      let large = error(await ask(session, query, timeout: .seconds(30)))
      #expect(large?.reason == .limit, "\(query): \(String(describing: large))")
      #expect(large?.message == "at most 10000 rows and 4 MiB of a result are read, and more came")
      let growth = residentBytes() - before
      #expect(growth < 24 << 20, "\(query): \(growth) bytes")
    }
    let whole = try await ask(session, "SELECT repeat('x', 4000000)").get().results[0].get()
    #expect(whole.rows[0][0]?.utf8.count == 4_000_000)
    // What is large on the server only is none of ours.
    _ = try await ask(session, "SELECT length(repeat('x', 9000000))").get().results[0].get()
    // A connection that does break in a result is still a reset.
    let proxy = try FaultyProxy(to: server.port)
    proxy.cut(after: 100_000)
    let cut = MySQLSession(try source(port: proxy.port))
    #expect(error(await ask(cut, "SELECT repeat('x', 2000000)"))?.reason == .reset)
    proxy.stop()
  }

  @Test func aHungServerDelaysNobodyAndLeavesNothingBehind() async throws {
    let proxy = try FaultyProxy(to: server.port)
    let mute = try LoopbackServer { _ in [.hang] }
    let good = MySQLSession(try source())
    _ = try await ask(good, "SELECT 1").get()
    let before = openDescriptors()
    for _ in 0..<2 {
      // In the middle of an answer, and while connecting.
      let hung = MySQLSession(try source(port: proxy.port))
      _ = try await ask(hung, "SELECT 1").get()
      proxy.freeze()
      async let waiting = ask(hung, "SELECT 1", timeout: .milliseconds(300))
      async let connecting = ask(
        MySQLSession(try source(port: mute.port)), "SELECT 1", timeout: .milliseconds(300))
      let began = SystemTime().monotonic
      _ = try await ask(good, "SELECT 1").get()
      #expect(SystemTime().monotonic - began < .milliseconds(300))
      let (a, b) = try await (waiting, connecting)
      #expect(error(a)?.message == "no result within 300ms while waiting for an answer")
      #expect(error(b)?.message == "no result within 300ms while connecting")
      proxy.thaw()
      client.close(hung)
    }
    // An answer cut in the middle.
    let cut = MySQLSession(try source(port: proxy.port))
    proxy.cut(after: 600)
    let lost = error(await ask(cut, "SELECT repeat('x', 5000)", timeout: .seconds(2)))
    #expect(lost?.reason == .reset, "\(String(describing: lost))")
    proxy.stop()
    try await waitUntil("descriptors are closed") { openDescriptors() <= before + 2 }
  }

  @Test func checksCertificatesByName() async throws {
    let certificates = try #require(SharedServer.certificates)
    var trusted = try source()
    trusted.caFile = certificates.all.path("ca.pem")
    let cipher = "SHOW SESSION STATUS LIKE 'Ssl_cipher'"
    let good = try await ask(MySQLSession(trusted), cipher).get().results[0].get()
    #expect(good[row: 0, column: "Value"]?.hasPrefix("TLS") == true, "\(good)")
    var unchecked = try source()
    unchecked.tls = .require
    for (name, reason) in [
      ("other", FailureReason.certificateName), ("expired", .certificateExpired),
      ("own", .certificateInvalid),
    ] {
      try certificates.use(name)
      try await server.sql("FLUSH SSL")
      let error = error(await ask(MySQLSession(trusted), "SELECT 1", new: true))
      #expect(error?.reason == reason, "\(name): \(String(describing: error))")
      _ = try await ask(MySQLSession(unchecked), "SELECT 1", new: true).get()
    }
    try certificates.use("good")
    try await server.sql("FLUSH SSL")
    _ = try await ask(MySQLSession(trusted), "SELECT 1", new: true).get()
    // The address is in no certificate of ours, and no name was asked for.
    var byAddress = trusted
    byAddress.host = "127.0.0.1"
    #expect(error(await ask(MySQLSession(byAddress), "SELECT 1"))?.reason == .certificateName)
    var noFile = trusted
    noFile.caFile = "/nowhere/ca.pem"
    #expect(
      error(await ask(MySQLSession(noFile), "SELECT 1"))?.message
        == "cannot read /nowhere/ca.pem: No such file or directory")
  }

  @Test func aHungHandshakeDelaysNobody() async throws {
    var source = try source()
    source.tls = .require
    let before = openDescriptors()
    for _ in 0..<2 {
      let proxy = try FaultyProxy(to: server.port)
      proxy.delay(.milliseconds(100))
      source.port = proxy.port
      async let hung = ask(MySQLSession(source), "SELECT 1", timeout: .milliseconds(400))
      // The greeting has come, the answer to the first TLS message will not.
      try await waitUntil("it connects") { proxy.bytes(.toClient) > 0 }
      proxy.freeze()
      let good = MySQLSession(try self.source())
      let began = SystemTime().monotonic
      _ = try await ask(good, "SELECT 1").get()
      #expect(SystemTime().monotonic - began < .milliseconds(300))
      client.close(good)
      let reason = error(await hung)
      #expect(reason?.message == "no result within 400ms while connecting")
      proxy.stop()
    }
    try await waitUntil("descriptors are closed") { openDescriptors() <= before + 2 }
  }

  @Test func anyBytesFromAServerEndWell() async throws {
    let seed = UInt64.random(in: .min ... .max)
    var numbers = SeededNumbers(seed: seed)
    let proxy = try FaultyProxy(to: server.port)
    for _ in 0..<40 {
      proxy.heal()
      let offsets = (0..<Int.random(in: 1..<6, using: &numbers)).map { _ in
        Int.random(in: 0..<700, using: &numbers)
      }
      proxy.corrupt(at: Set(offsets))
      var source = try source(port: proxy.port)
      if numbers.chance(50) { source.tls = .require }
      let session = MySQLSession(source)
      let result = await ask(session, "SELECT 1 AS a, 'text' AS b", timeout: .milliseconds(100))
      if let error = error(result) { #expect(!error.message.isEmpty, "seed \(seed)") }
      client.close(session)
    }
    _ = try await ask(MySQLSession(try source()), "SELECT 1").get()
    proxy.stop()
  }
}

extension Result where Failure == MySQLError {
  fileprivate var reason: FailureReason? {
    if case .failure(let error) = self { error.reason } else { nil }
  }
}

extension MySQLClient {
  func ask(
    _ session: MySQLSession, _ queries: [String], timeout: Duration, new: Bool
  ) async -> Result<MySQLReply, MySQLError> {
    await withCheckedContinuation { continuation in
      run(session, timeout: timeout, overNewConnection: new, queries: { _ in queries }) {
        continuation.resume(returning: $0)
      }
    }
  }
}

private func entries(_ path: String) -> Int {
  guard let directory = opendir(path) else { return 0 }
  defer { closedir(directory) }
  var count = 0
  while readdir(directory) != nil { count += 1 }
  return count
}

func residentBytes() -> Int {
  let pages = readText("/proc/self/statm").split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
  return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
}

func openDescriptors() -> Int { entries("/proc/self/fd") }
func threadCount() -> Int { entries("/proc/self/task") }

/// Starts one server for a suite, with a certificate that it reads from ``certificates``.
struct SharedServer: SuiteTrait, TestScoping {
  @TaskLocal static var server: MariaDBServer?
  @TaskLocal static var certificates: ServerCertificates?
  var isRecursive: Bool { false }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    let certificates = try ServerCertificates()
    try certificates.use("good")
    let server = try await MariaDBServer.start(
      id: 1,
      ["ssl-cert=\(certificates.folder.file("s.pem"))", "ssl-key=\(certificates.folder.file("s.key"))"])
    try await Self.$certificates.withValue(certificates) {
      try await Self.$server.withValue(server) { try await function() }
    }
  }
}

/// Certificates that the server's account can read.
final class ServerCertificates: Sendable {
  let all: TestCertificates
  let folder: TemporaryDirectory

  init() throws {
    all = try TestCertificates()
    folder = try TemporaryDirectory("farwatch-tls", mode: 0o755)
    try all.make("good", host: "localhost", days: 10)
    try all.make("other", host: "db.example", days: 10)
    try all.make("expired", host: "localhost", days: -2)
    try all.make("own", host: "localhost", days: 10, selfSigned: true)
  }

  func use(_ name: String) throws {
    for end in ["pem", "key"] { try folder.write("s.\(end)", readText(all.path("\(name).\(end)"))) }
  }
}
