package import Glibc
internal import Model
internal import Synchronization

/// What went wrong in the test bench itself, as one sentence.
package struct BenchError: Error, CustomStringConvertible {
  package let description: String
  package init(_ description: String) { self.description = description }
}

/// A program that a test started: always stopped by its pid, at the latest when the last reference goes.
package final class ChildProcess: Sendable {
  package enum Output: Sendable {
    /// Standard output and standard error together, readable as ``ChildProcess/output``.
    case captured
    /// Both appended to this file.
    case file(String)
    case discarded
  }

  package enum Exit: Equatable, Sendable {
    case code(Int32)
    case signal(Int32)
  }

  package let pid: pid_t
  private let capture: Int32?
  private let exit = Mutex<Exit?>(nil)

  /// Starts `arguments` (the first is the program; a name without a slash is looked up in PATH).
  ///
  /// - environment: added to this process's own; its values win.
  /// - user: run as this account; needs root and `setpriv`, which replaces itself, so that ``pid`` is the program's.
  package init(
    _ arguments: [String], environment: [String: String] = [:], user: String? = nil, directory: String? = nil,
    output: Output = .captured
  ) throws {
    var arguments = arguments
    if let user { arguments = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups"] + arguments }
    if let directory { arguments = ["env", "--chdir=\(directory)"] + arguments }
    let descriptor: Int32
    switch output {
    case .captured:
      var template = Array("\(temporaryRoot)/farwatch-output.XXXXXX".utf8CString)
      descriptor = mkstemp(&template)
      unlink(template)
    case .file(let path): descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    case .discarded: descriptor = open("/dev/null", O_WRONLY | O_CLOEXEC)
    }
    guard descriptor >= 0 else { throw BenchError("no file for the output of \(arguments): errno \(errno)") }
    do {
      pid = try spawn(arguments, environment: environment, output: descriptor)
    } catch {
      close(descriptor)
      throw error
    }
    if case .captured = output {
      capture = descriptor
    } else {
      close(descriptor)
      capture = nil
    }
  }

  deinit {
    if poll() == nil {
      signal(SIGKILL)
      _ = reap(blocking: true)
    }
    if let capture { close(capture) }
  }

  /// Everything the program has written so far; empty unless it is captured.
  package var output: String {
    guard let capture else { return "" }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let n = pread(capture, &buffer, buffer.count, off_t(bytes.count))
      guard n > 0 else { return String(decoding: bytes, as: UTF8.self) }
      bytes += buffer[..<n]
    }
  }

  package var isRunning: Bool { poll() == nil }

  /// How the program ended; nil while it runs.
  package func poll() -> Exit? { reap(blocking: false) }

  /// Sends a signal; nothing when the program has ended, so a pid that was given anew is never hit.
  package func signal(_ number: Int32) {
    exit.withLock { if $0 == nil { kill(pid, number) } }
  }

  /// Waits for the end; throws when it does not come in time.
  @discardableResult package func wait(timeout: Duration = .seconds(30)) async throws -> Exit {
    try await waitUntil(timeout: timeout, "process \(pid) ends") { self.poll() != nil }
    return poll() ?? .code(-1)
  }

  /// Ends the program: SIGTERM, SIGKILL when it has not gone after `grace`. Blocks, but not for longer than that.
  package func stop(grace: Duration = .seconds(3), with number: Int32 = SIGTERM) {
    signal(number)
    let end = SystemTime().monotonic + grace
    while poll() == nil, SystemTime().monotonic < end { usleep(2000) }
    if poll() == nil {
      signal(SIGKILL)
      signal(SIGCONT)
      _ = reap(blocking: true)
    }
  }

  /// Runs a program to its end and returns what it wrote; throws when it fails or takes too long.
  @discardableResult package static func run(
    _ arguments: [String], environment: [String: String] = [:], user: String? = nil, directory: String? = nil,
    timeout: Duration = .seconds(60)
  ) async throws -> String {
    let child = try ChildProcess(arguments, environment: environment, user: user, directory: directory)
    let end = try await child.wait(timeout: timeout)
    guard end == .code(0) else { throw BenchError("\(arguments) ended with \(end): \(child.output)") }
    return child.output
  }

  private func reap(blocking: Bool) -> Exit? {
    exit.withLock { exit in
      if exit != nil { return exit }
      var status: Int32 = 0
      var got = waitpid(pid, &status, blocking ? 0 : WNOHANG)
      while got < 0, errno == EINTR { got = waitpid(pid, &status, blocking ? 0 : WNOHANG) }
      if got == pid {
        exit = status & 0x7f == 0 ? .code((status >> 8) & 0xff) : .signal(status & 0x7f)
      } else if got < 0 {
        exit = .code(-1)
      }
      return exit
    }
  }
}

private func spawn(
  _ arguments: [String], environment: [String: String], output: Int32
) throws -> pid_t {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
  posix_spawn_file_actions_adddup2(&actions, output, 1)
  posix_spawn_file_actions_adddup2(&actions, output, 2)
  // A child must not hold a listener or a lock of the test process, which may run many suites. Closing a number
  // that is not open is no error here; close-from is not visible to Swift.
  for number: Int32 in 3..<512 { posix_spawn_file_actions_addclose(&actions, number) }

  var attributes = posix_spawnattr_t()
  posix_spawnattr_init(&attributes)
  defer { posix_spawnattr_destroy(&attributes) }
  var signals = sigset_t()
  sigemptyset(&signals)
  posix_spawnattr_setsigmask(&attributes, &signals)
  sigaddset(&signals, SIGPIPE)
  posix_spawnattr_setsigdefault(&attributes, &signals)
  posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

  var merged: [String: String] = [:]
  var entry = environ
  while let text = entry.pointee {
    let pair = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    merged[String(pair[0])] = pair.count > 1 ? String(pair[1]) : ""
    entry += 1
  }
  merged.merge(environment) { $1 }
  var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
  var envp: [UnsafeMutablePointer<CChar>?] = merged.map { strdup("\($0.key)=\($0.value)") } + [nil]
  defer { for text in argv + envp { free(text) } }
  var pid: pid_t = 0
  let code = posix_spawnp(&pid, arguments[0], &actions, &attributes, &argv, &envp)
  guard code == 0 else { throw BenchError("cannot start \(arguments): \(String(cString: strerror(code)))") }
  return pid
}

/// Waits until `condition` holds; throws, naming `what`, when it does not within `timeout`.
package func waitUntil(
  timeout: Duration = .seconds(30), every pause: Duration = .milliseconds(5), _ what: String = "condition",
  _ condition: () async throws -> Bool
) async throws {
  let end = SystemTime().monotonic + timeout
  while try await !condition() {
    guard SystemTime().monotonic < end else { throw BenchError("waited \(timeout) in vain: \(what)") }
    try await Task.sleep(for: pause)
  }
}

/// A TCP port of 127.0.0.1 that was free a moment ago. It lies below the range from which the kernel serves outgoing
/// connections, so that it stays free while the program that shall listen on it starts, or is down in between.
package func freeLoopbackPort() throws -> Int {
  for _ in 0..<200 {
    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard socket >= 0 else { throw BenchError("no socket: errno \(errno)") }
    defer { close(socket) }
    let port = UInt16.random(in: 12_000..<32_000)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let isFree = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    if isFree { return Int(port) }
  }
  throw BenchError("no free port between 12000 and 32000")
}

let temporaryRoot = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"

/// A directory of its own that is removed with everything in it when the last reference goes.
package final class TemporaryDirectory: Sendable {
  package let path: String

  /// - mode: 0o755 lets a child that runs as another user pass through.
  package init(_ name: String = "farwatch-test", in root: String? = nil, mode: mode_t = 0o700) throws {
    var template = Array("\(root ?? temporaryRoot)/\(name).XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { throw BenchError("no temporary directory: errno \(errno)") }
    path = String(cString: made)
    chmod(path, mode)
  }

  deinit { removeTree(path) }

  /// The path of `name` inside.
  package func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file and returns its path.
  @discardableResult package func write(_ name: String, _ text: String, mode: mode_t = 0o644) throws -> String
  {
    let target = file(name)
    let descriptor = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw BenchError("cannot write \(target): errno \(errno)") }
    defer { close(descriptor) }
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let n = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard n > 0 else { throw BenchError("cannot write \(target): errno \(errno)") }
      rest = rest.dropFirst(n)
    }
    return target
  }
}

/// Removes `path` and what is below it; never follows a symbolic link.
private func removeTree(_ path: String) {
  guard unlink(path) != 0, errno == EISDIR, let directory = opendir(path) else { return }
  while let entry = readdir(directory) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name != ".", name != ".." { removeTree("\(path)/\(name)") }
  }
  closedir(directory)
  rmdir(path)
}
