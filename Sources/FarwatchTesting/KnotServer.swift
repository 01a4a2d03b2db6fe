/// A real authoritative name server (Knot DNS) for `example.test` on a loopback port, over UDP and TCP.
package final class KnotServer: Sendable {
  package let port: Int
  private let process: ChildProcess
  private let directory: TemporaryDirectory

  /// - Parameters:
  ///   - serial: of the zone's SOA record.
  ///   - records: lines of the zone file, relative to `example.test`, with a default time to live of 60 s.
  ///   - port: a free one unless given.
  package init(serial: UInt32, _ records: String, port given: Int? = nil) async throws {
    directory = try TemporaryDirectory("farwatch-knot")
    port = try given ?? freeLoopbackPort()
    let zone = try directory.write(
      "zone",
      """
      $ORIGIN example.test.
      $TTL 60
      @ SOA ns1 admin \(serial) 3600 600 86400 30
      @ NS ns1
      ns1 A 127.0.0.1
      \(records)

      """)
    let configuration = try directory.write(
      "knot.conf",
      """
      server:
          rundir: "\(directory.path)"
          listen: 127.0.0.1@\(port)
          udp-workers: 1
          tcp-workers: 1
          background-workers: 1
      database:
          storage: "\(directory.path)"
          journal-db-max-size: 2M
          timer-db-max-size: 1M
          kasp-db-max-size: 5M
      zone:
        - domain: example.test
          file: "\(zone)"
          journal-content: none
          zonefile-load: whole

      """)
    let process = try ChildProcess(["/usr/sbin/knotd", "-c", configuration])
    self.process = process
    // It binds first, loads the zone and then says so.
    try await waitUntil("knotd has started") {
      if let end = process.poll() { throw BenchError("knotd ended with \(end): \(process.output)") }
      return process.output.contains("server started")
    }
  }

  package func stop() { process.stop() }

  deinit { process.stop() }
}
