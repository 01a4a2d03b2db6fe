internal import Glibc
internal import Model
internal import Synchronization

/// One real `redis-server` on a loopback port, made for a test and gone afterwards.
package final class RedisProcess: Sendable {
  package let port: Int
  private let directory: TemporaryDirectory
  private let process = Mutex<ChildProcess?>(nil)
  private let arguments: [String]
  private let tool: [String]

  /// - Parameters:
  ///   - arguments: options of `redis-server`, as `--repl-timeout`, `2`.
  ///   - tool: options that `redis-cli` needs to get in.
  ///   - tls: serve TLS only, with this certificate of `certificates`.
  package init(
    _ arguments: [String] = [], tool: [String] = [],
    tls: (certificates: TestCertificates, name: String)? = nil
  ) async throws {
    port = try freeLoopbackPort()
    directory = try TemporaryDirectory("farwatch-redis", mode: 0o755)
    var all = [
      "--bind", "127.0.0.1", "--save", "", "--dir", directory.path, "--repl-diskless-sync-delay", "0",
    ]
    if let tls {
      let key = tls.certificates.path("\(tls.name).key")
      all += ["--port", "0", "--tls-port", "\(port)", "--tls-key-file", key]
      all += ["--tls-cert-file", tls.certificates.path("\(tls.name).pem")]
      all += ["--tls-ca-cert-file", tls.certificates.path("ca.pem")]
      self.tool = ["--tls", "--insecure"] + tool
    } else {
      all += ["--port", "\(port)"]
      self.tool = tool
    }
    self.arguments = all + arguments
    try await start()
  }

  deinit {
    process.withLock { child in
      child?.signal(SIGCONT)
      child?.stop(with: SIGKILL)
    }
  }

  package func start() async throws {
    let child = try ChildProcess(["redis-server"] + arguments, output: .file(directory.file("log")))
    process.withLock { $0 = child }
    try await waitUntil(timeout: .seconds(30), every: .milliseconds(20), "Redis answers on \(port)") {
      guard child.isRunning else { throw BenchError("Redis ended:\n\(try await self.log())") }
      let answer = try? await self.command("PING")
      return answer.map { !$0.contains("Could not connect") && !$0.isEmpty } ?? false
    }
  }

  package func stop() {
    process.withLock { child in
      child?.signal(SIGCONT)
      child?.stop(with: SIGKILL)
    }
  }

  /// Stops the process in its tracks, as a silent network would; thawed with `false`.
  package func freeze(_ frozen: Bool) { process.withLock { $0?.signal(frozen ? SIGSTOP : SIGCONT) } }

  /// What `redis-cli` prints for a command.
  @discardableResult package func command(_ words: String...) async throws -> String {
    let arguments = ["redis-cli", "-p", "\(port)"] + tool + words
    let text = try await ChildProcess.run(arguments, timeout: .seconds(10))
    return String(text.reversed().drop { $0.isWhitespace }.reversed())
  }

  /// One field of `INFO`.
  package func info(_ field: String) async throws -> String? {
    let lines = try await command("INFO").split(whereSeparator: \.isNewline)
    return lines.first { $0.hasPrefix(field + ":") }.map { String($0.dropFirst(field.count + 1)) }
  }

  package func follow(_ master: RedisProcess) async throws {
    try await command("REPLICAOF", "127.0.0.1", "\(master.port)")
  }

  /// Follows `master` and waits until the link is up.
  package func replicate(_ master: RedisProcess) async throws {
    try await follow(master)
    try await waitUntil(every: .milliseconds(30), "the replica is in step") {
      try await self.info("master_link_status") == "up"
    }
  }

  package func log() async throws -> String {
    (try? await ChildProcess.run(["tail", "-n", "30", directory.file("log")])) ?? "no log"
  }
}
