import FarwatchTesting
import Foundation

/// nginx as one process on a port of all loopback addresses: a target of probes that counts them, and the yardstick
/// for serving files.
final class Nginx: Sendable {
  let port: Int
  private let child: ChildProcess
  var pid: pid_t { child.pid }
  let requestLog: String

  /// - logsRequests: whether `requests.log` tells of each request when it was answered, to a millisecond, and its path.
  init(_ name: String, in directory: TemporaryDirectory, logsRequests: Bool = false) async throws {
    port = try freeLoopbackPort()
    let folder = directory.file(name)
    requestLog = "\(folder)/requests.log"
    let log = logsRequests ? "\(requestLog) moments buffer=64k flush=200ms" : "off"
    try FileManager.default.createDirectory(atPath: folder + "/files", withIntermediateDirectories: true)
    let file = try directory.write(
      "\(name).conf",
      """
      daemon off; master_process off; pid \(folder)/pid; error_log \(folder)/error.log warn;
      events { worker_connections 8192; }
      http {
        log_format moments "$msec $uri";
        access_log \(log); keepalive_requests 1000000; keepalive_timeout 75s; sendfile on;
        client_body_temp_path \(folder)/a; proxy_temp_path \(folder)/b; fastcgi_temp_path \(folder)/c;
        uwsgi_temp_path \(folder)/d; scgi_temp_path \(folder)/e;
        server {
          listen \(port) backlog=4096;
          location /c/ { default_type application/json; return 200 '{"status":"UP"}'; }
          location /files/ { root \(folder); }
          location = /status { stub_status; }
        }
      }

      """)
    child = try ChildProcess(
      ["/usr/sbin/nginx", "-p", folder, "-e", "\(folder)/error.log", "-c", file],
      output: .file("\(folder)/output"))
    let port = port
    try await waitUntil("nginx answers") { fetch(port, "/status")?.status == 200 }
  }

  func stop() { child.stop() }

  /// Requests that came in since the start, those for this number included.
  func requests() throws -> Double {
    // Active connections: 1 / server accepts handled requests / 10 10 31 / …
    guard let page = fetch(port, "/status")?.body,
      let count = page.split(separator: "\n").dropFirst(2).first?.split(separator: " ").last.flatMap({
        Double($0)
      })
    else { throw BenchError("nginx does not tell its requests") }
    return count
  }
}
