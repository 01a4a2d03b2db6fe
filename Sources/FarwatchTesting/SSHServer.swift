internal import Glibc

/// A real sshd on a loopback port that serves SFTP to the user who runs the tests.
package final class SSHServer: Sendable {
  package let port: Int
  package let user: String
  /// What it serves from.
  package let folder: TemporaryDirectory
  /// The private key that is let in, one that is not, and the server's own key in a file of known hosts.
  package let keyFile: String
  package let strangersKeyFile: String
  package let knownHostsFile: String
  private let process: ChildProcess

  package init() async throws {
    guard access("/usr/sbin/sshd", X_OK) == 0 else {
      throw BenchError("no /usr/sbin/sshd: install openssh-server (`make deps-test`)")
    }
    folder = try TemporaryDirectory("farwatch-sshd", mode: 0o755)
    let base = folder.path
    for name in ["host", "ours", "theirs"] {
      try await ChildProcess.run([
        "ssh-keygen", "-q", "-t", name == "ours" ? "rsa" : "ed25519", "-N", "", "-f", "\(base)/\(name)",
      ])
    }
    keyFile = "\(base)/ours"
    strangersKeyFile = "\(base)/theirs"
    port = try freeLoopbackPort()
    let host = try await ChildProcess.run(["cut", "-d", " ", "-f1,2", "\(base)/host.pub"])
    knownHostsFile = try folder.write("known_hosts", "[127.0.0.1]:\(port) \(host)")
    user = try await ChildProcess.run(["id", "-un"]).split(separator: "\n").map(String.init).first ?? "root"
    // sshd started by root wants this directory; one started by others does not look.
    mkdir("/run/sshd", 0o755)
    let configuration = try folder.write(
      "sshd_config",
      """
      ListenAddress 127.0.0.1
      Port \(port)
      HostKey \(base)/host
      PidFile none
      AuthorizedKeysFile \(base)/ours.pub
      PasswordAuthentication no
      KbdInteractiveAuthentication no
      PermitRootLogin prohibit-password
      UsePAM no
      StrictModes no
      Subsystem sftp internal-sftp
      """)
    process = try ChildProcess(["/usr/sbin/sshd", "-D", "-e", "-f", configuration])
    let server = process
    try await waitUntil("sshd listens") {
      if let end = server.poll() { throw BenchError("sshd ended with \(end): \(server.output)") }
      return server.output.contains("listening on")
    }
  }

  package func stop() { process.stop() }
}
