internal import Model

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Starts a program and waits for it; for tests only.
///
/// - Returns: the exit code, or 128 + signal; -1 when it could not start.
package func runProgram(_ arguments: [String]) -> CInt {
  guard let pid = startProgram(arguments) else { return -1 }
  var status: CInt = 0
  waitpid(pid, &status, 0)
  return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
}

/// Starts a program without waiting; nil when that fails. Its output goes to the file `output`.
package func startProgram(_ arguments: [String], output: String = "/dev/null") -> CInt? {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
  posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
  posix_spawn_file_actions_adddup2(&actions, 1, 2)
  // Dispatch's threads block most signals, and a child inherits that: it would not hear SIGTERM.
  var attributes = posix_spawnattr_t()
  posix_spawnattr_init(&attributes)
  defer { posix_spawnattr_destroy(&attributes) }
  var none = sigset_t()
  sigemptyset(&none)
  posix_spawnattr_setsigmask(&attributes, &none)
  posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
  var pid = pid_t()
  var pointers = arguments.map { strdup($0) } + [nil]
  defer { for pointer in pointers { free(pointer) } }
  let code = posix_spawnp(&pid, arguments[0], &actions, &attributes, &pointers, environ)
  return code == 0 ? pid : nil
}

/// Ends a program started by ``startProgram(_:output:)``.
package func stopProgram(_ pid: CInt) {
  kill(pid, SIGKILL)
  var status: CInt = 0
  waitpid(pid, &status, 0)
}

/// A directory with a small certificate authority, made by the `openssl` command and removed at the end.
///
/// `ca.pem` signed all but `self.pem`; keys are `<name>.key`.
package final class TestCertificates: Sendable {
  package let directory: String

  package struct Failed: Error {
    package let step: String
  }

  package init() throws {
    var template = Array("\(temporaryRoot)/farwatch-tls-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failed(step: "mkdtemp") }
    directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    try openssl(
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3650",
      "-subj", "/CN=Test CA", "-keyout", path("ca.key"), "-out", path("ca.pem"))
  }

  deinit { _ = runProgram(["rm", "-rf", directory]) }

  package func path(_ file: String) -> String { "\(directory)/\(file)" }

  /// Makes `name.pem` and `name.key` for `host`, an IP address or a name.
  ///
  /// - Parameter days: from now to its end; negative: it has expired.
  package func make(_ name: String, host: String, days: Int, selfSigned: Bool = false) throws {
    let isAddress = host.utf8.allSatisfy { $0 == 46 || (48...57).contains($0) }
    let alternative = "subjectAltName=\(isAddress ? "IP" : "DNS"):\(host)"
    if selfSigned {
      return try openssl(
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
        "\(days)",
        "-subj", "/CN=\(host)", "-addext", alternative, "-keyout", path("\(name).key"), "-out",
        path("\(name).pem"))
    }
    try openssl(
      "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
      "/CN=\(host)",
      "-addext", alternative, "-keyout", path("\(name).key"), "-out", path("\(name).csr"))
    guard days > 0 else { return try sign(name, endingAfter: days) }
    try openssl(
      "x509", "-req", "-in", path("\(name).csr"), "-CA", path("ca.pem"), "-CAkey", path("ca.key"),
      "-CAcreateserial", "-copy_extensions", "copy", "-days", "\(days)", "-out", path("\(name).pem"))
  }

  /// Only `openssl ca` makes certificates that are over already.
  private func sign(_ name: String, endingAfter days: Int) throws {
    let config = """
      [ca]
      default_ca = test
      [test]
      database = \(path("index.txt"))
      new_certs_dir = \(directory)
      serial = \(path("serial"))
      default_md = sha256
      policy = any
      copy_extensions = copy
      unique_subject = no
      [any]
      commonName = supplied
      """
    try write(config, to: "ca.cnf")
    try write("", to: "index.txt")
    try write("01\n", to: "serial")
    let end = (SystemTime().now + .seconds(days * 86_400)).civil
    let date =
      padded(end.year, 4) + padded(end.month, 2) + padded(end.day, 2) + padded(end.hour, 2)
      + padded(end.minute, 2) + padded(end.second, 2) + "Z"
    try openssl(
      "ca", "-batch", "-notext", "-config", path("ca.cnf"), "-cert", path("ca.pem"), "-keyfile",
      path("ca.key"), "-startdate", "20200101000000Z", "-enddate", date, "-in", path("\(name).csr"), "-out",
      path("\(name).pem"))
  }

  private func write(_ text: String, to file: String) throws {
    guard let stream = fopen(path(file), "w") else { throw Failed(step: "write \(file)") }
    fputs(text, stream)
    fclose(stream)
  }

  private func openssl(_ arguments: String...) throws {
    guard runProgram(["openssl"] + arguments) == 0 else {
      throw Failed(step: arguments.joined(separator: " "))
    }
  }
}

/// `openssl s_server` answering every GET with 200 and a page, on a port of 127.0.0.1 that the system chose.
package final class TLSServer: Sendable {
  package let port: Int
  private let pid: CInt

  /// - Parameter more: further options of `s_server`.
  package init(_ certificates: TestCertificates, _ name: String, more: [String] = []) throws {
    let log = certificates.path("\(name)-\(UInt32.random(in: 0 ... .max)).log")
    let arguments = [
      "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", certificates.path("\(name).pem"), "-key",
      certificates.path("\(name).key"), "-www",
    ]
    guard let pid = startProgram(arguments + more, output: log) else {
      throw TestCertificates.Failed(step: "s_server")
    }
    self.pid = pid
    // It says `ACCEPT 127.0.0.1:40123` when it listens.
    for _ in 0..<3000 {
      let line = readText(log).split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        .first { $0.hasPrefix("ACCEPT ") }
      if let line, let port = line.split(separator: ":").last.flatMap({ Int($0) }) {
        self.port = port
        return
      }
      usleep(10_000)
    }
    stopProgram(pid)
    throw TestCertificates.Failed(step: "s_server does not listen")
  }

  deinit { stopProgram(pid) }

  package func url(_ path: String = "/") -> String { "https://127.0.0.1:\(port)\(path)" }
}

/// The text of a file of at most 4 KiB; "" when there is none.
package func readText(_ path: String) -> String {
  guard let file = fopen(path, "r") else { return "" }
  defer { fclose(file) }
  var buffer = [UInt8](repeating: 0, count: 4096)
  let count = fread(&buffer, 1, buffer.count, file)
  return String(decoding: buffer[..<count], as: UTF8.self)
}

/// A port of 127.0.0.1 that refuses connections for as long as this lives: bound, so that nobody else gets it.
package final class RefusingPort: Sendable {
  package let port: Int
  private let socket: CInt

  package init() throws {
    socket = openSocket()
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let socket = socket
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, length) == 0 && getsockname(socket, $0, &length) == 0
      }
    }
    guard isBound else { throw TestCertificates.Failed(step: "bind") }
    port = Int(in_port_t(bigEndian: address.sin_port))
  }

  deinit { close(socket) }
}

private func openSocket() -> CInt { socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0) }
