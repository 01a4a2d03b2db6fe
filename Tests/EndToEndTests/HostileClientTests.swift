import FarwatchTesting
import Foundation
import Testing

/// Clients that mean no good: each gets an error or nothing, costs bounded memory and no thread, and others are served.
@Suite(.serialized) struct HostileClientTests {
  private struct Size: CustomStringConvertible {
    var residentKiB: Int
    var threads: Int
    var description: String { "\(residentKiB / 1024) MiB, \(threads) threads" }

    init(_ daemon: FarwatchProcess) throws {
      let status = try String(contentsOfFile: "/proc/\(daemon.child.pid)/status", encoding: .utf8)
      func value(_ name: String) throws -> Int {
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix(name + ":") })
        return try #require(line.split { !$0.isNumber }.first.flatMap { Int($0) })
      }
      residentKiB = try value("VmRSS")
      threads = try value("Threads")
    }
  }

  private func quietDaemon(_ more: String = "") async throws -> (fleet: Fleet, daemon: FarwatchProcess) {
    let fleet = try Fleet(regions: ["taiwan"])
    try fleet.directory.write("farwatch.yml", fleet.configuration() + more)
    let daemon = try await fleet.run()
    try await daemon.becomeReady()
    return (fleet, daemon)
  }

  /// The status line of the answer to these bytes.
  private func answer(_ port: Int, _ bytes: [UInt8]) async throws -> String {
    let connection = try RawConnection(port: port)
    connection.send(bytes)
    try await waitUntil("an answer, or the end") { connection.text.contains("\r\n") || connection.isClosed }
    return String(connection.text.prefix { $0 != "\r\n" })
  }

  @Test(.timeLimit(.minutes(5))) func whatIsMalformedGetsAnError() async throws {
    let (fleet, daemon) = try await quietDaemon("remote_write: {}\n")
    func expect(_ status: Int, _ request: String, _ body: [UInt8] = []) async throws {
      let line = try await answer(fleet.port, Array(request.utf8) + body)
      #expect(line.hasPrefix("HTTP/1.1 \(status) "), "\(request.prefix(60)): \(line)")
    }
    let host = "Host: 127.0.0.1\r\n"
    try await expect(
      431, "GET / HTTP/1.1\r\n\(host)X-Long: \(String(repeating: "a", count: 64 << 10))\r\n\r\n")
    try await expect(414, "GET /?\(String(repeating: "a", count: 64 << 10)) HTTP/1.1\r\n\(host)\r\n")
    let chunked =
      "POST /api/v2/alerts HTTP/1.1\r\n\(host)Content-Type: application/json\r\n"
      + "Transfer-Encoding: chunked\r\n\r\n"
    try await expect(400, chunked + "zz\r\n[]\r\n0\r\n\r\n")
    try await expect(413, chunked + "ffffffffffffffff1\r\n[]\r\n0\r\n\r\n")
    try await expect(413, "POST /api/v2/alerts HTTP/1.1\r\n\(host)Content-Length: 99999999999\r\n\r\n")
    try await expect(400, "POST /api/v2/alerts HTTP/1.1\r\n\(host)Content-Length: -1\r\n\r\n")
    for path in [
      "/../../etc/passwd", "/runbooks/../../farwatch.yml", "/%2e%2e/%2e%2e/etc/passwd", "/state/state.sqlite",
    ] {
      try await expect(404, "GET \(path) HTTP/1.1\r\n\(host)\r\n")
    }
    func write(_ encoding: String, _ body: [UInt8]) -> String {
      "POST /api/v1/write HTTP/1.1\r\n\(host)Content-Type: application/x-protobuf\r\n"
        + "Content-Encoding: \(encoding)\r\nContent-Length: \(body.count)\r\n\r\n"
    }
    let bomb: [UInt8] = [0xff, 0xff, 0xff, 0xff, 0x0f, 0x00]
    let notProtobuf: [UInt8] = [3, 2 << 2, 0x0a, 0xff, 0x01]
    for (status, encoding, body) in [
      (415, "gzip", [0x1f, 0x8b, 8, 0, 1, 2, 3]), (400, "snappy", [5, 0xff, 0xff, 0xff]),
      (400, "snappy", notProtobuf),
    ] as [(Int, String, [UInt8])] {
      try await expect(status, write(encoding, body), body)
    }
    // Says that it holds 4 GiB.
    let line = try await answer(fleet.port, Array(write("snappy", bomb).utf8) + bomb)
    #expect(line.contains(" 400 ") || line.contains(" 413 "), "\(line)")
    #expect(await daemon.get("/-/healthy")?.status == 200)
    daemon.child.stop()
    #expect(daemon.child.poll() == .code(0))
  }

  /// From one address; the listener lets 64 in from each, and others are served meanwhile.
  @Test(.timeLimit(.minutes(5))) func tenThousandConnectionsAreBounded() async throws {
    let (fleet, daemon) = try await quietDaemon()
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = min(limit.rlim_max, 20_000)
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    try #require(limit.rlim_cur >= 11_000, "the test needs 11,000 open files")
    let before = try Size(daemon)
    var connections: [RawConnection] = []
    for _ in 0..<10_000 {
      let connection = try RawConnection(port: fleet.port, from: "127.0.0.66")
      connection.send("GET / HTTP/1.1\r\n")
      connections.append(connection)
    }
    #expect(await daemon.get("/-/healthy")?.status == 200, "somebody else is served")
    #expect(await daemon.get("/metrics")?.status == 200)
    let during = try Size(daemon)
    let open = await daemon.series("farwatch_http_connections") ?? -1
    #expect(open <= 512)
    #expect(during.residentKiB - before.residentKiB < 64 << 10, "before \(before), during \(during)")
    #expect(during.threads <= before.threads + 1, "before \(before), during \(during)")
    // Those that were let in never end their headers.
    try await waitUntil(timeout: .seconds(40), every: .milliseconds(200), "all are cut") {
      for connection in connections { connection.read() }
      return connections.allSatisfy(\.isClosed)
    }
    #expect(await daemon.get("/-/healthy")?.status == 200)
    daemon.child.stop()
    #expect(daemon.child.poll() == .code(0))
  }

  /// A byte now and then, from many addresses: each is cut when its time is over, whatever it sends.
  @Test(.timeLimit(.minutes(5))) func slowRequestsAreCut() async throws {
    let (fleet, daemon) = try await quietDaemon()
    let before = try Size(daemon)
    let slow = try (0..<200).map { try RawConnection(port: fleet.port, from: "127.0.1.\($0 % 20 + 1)") }
    for connection in slow { connection.send("GET / HTTP/1.1\r\nX: ") }
    var served = 0
    try await waitUntil(timeout: .seconds(40), every: .milliseconds(500), "all are cut") {
      for connection in slow where !connection.isClosed {
        connection.send("a")
        connection.read()
      }
      if await daemon.get("/-/healthy")?.status == 200 { served += 1 }
      return slow.allSatisfy(\.isClosed)
    }
    #expect(served > 5, "others were served meanwhile")
    #expect(slow.allSatisfy { !$0.text.contains("200 OK") })
    let after = try Size(daemon)
    #expect(after.residentKiB - before.residentKiB < 32 << 10 && after.threads <= before.threads + 1)
    try await waitUntil(timeout: .seconds(30), "it is counted") {
      await daemon.series("farwatch_http_connections_cut_total", ["reason": "header_timeout"]) ?? 0 >= 200
    }
    daemon.child.stop()
  }

  /// Each address stays below its share, together they have every place, and who is cut comes back at once: others wait
  /// for moments, not for the time that a request has.
  @Test(.timeLimit(.minutes(5))) func manySlowAddressesCannotShutTheOthersOut() async throws {
    let (fleet, daemon) = try await quietDaemon()
    let before = try Size(daemon)
    let (port, pid) = (fleet.port, daemon.child.pid)
    @Sendable func connect(_ number: Int) throws -> RawConnection {
      try RawConnection(port: port, from: "127.0.2.\(number % 60 + 1)")
    }
    let attack = Task {
      var cut = 0
      var slow = try (0..<900).map(connect)
      while !Task.isCancelled {
        for place in slow.indices {
          slow[place].read()
          guard slow[place].isClosed || !slow[place].send("G") else { continue }
          slow[place] = try connect(place)
          cut += 1
        }
        try? await Task.sleep(for: .milliseconds(100))
      }
      return cut
    }
    defer { attack.cancel() }
    try await waitUntil(timeout: .seconds(60), "every place is taken") {
      try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count > 500
    }
    var waits: [Duration] = []
    for _ in 0..<9 {
      let begun = ContinuousClock.now
      let page = try await ChildProcess.run(["curl", "-s", "-m", "60", "\(daemon.baseURL)/-/healthy"])
      #expect(page == "Farwatch is healthy.\n")
      waits.append(ContinuousClock.now - begun)
    }
    #expect(waits.sorted()[4] < .seconds(6), "\(waits)")
    let during = try Size(daemon)
    #expect(during.residentKiB - before.residentKiB < 32 << 10, "before \(before), during \(during)")
    #expect(during.threads <= before.threads + 1, "before \(before), during \(during)")
    attack.cancel()
    #expect(try await attack.value > 900, "who was cut came again")
    try await waitUntil(timeout: .seconds(60), "it is counted") {
      await daemon.series("farwatch_http_connections_cut_total", ["reason": "crowded"]) ?? 0 > 900
    }
    daemon.child.stop()
    #expect(daemon.child.poll() == .code(0))
  }
}
