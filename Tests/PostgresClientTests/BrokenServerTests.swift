import FarwatchTesting
import Glibc
import Model
import PostgresClient
import Synchronization
import Testing

/// Servers that say what no PostgreSQL says: every run ends, in time and with a reason.
@Suite struct BrokenServerTests {
  @Test func nonsenseEndsWithAReason() async throws {
    let client = try PostgresClient()
    var numbers = SeededNumbers(seed: 5432)
    // Authentication done, a parameter, a key, ready; then what the test makes of it.
    let welcome: [UInt8] =
      [82, 0, 0, 0, 8, 0, 0, 0, 0]
      + message(83, Array("server_version\u{0}15.18\u{0}".utf8)) + message(75, [0, 0, 0, 1, 0, 0, 0, 2])
      + message(90, [73])
    let stray = message(84, [0xff, 0xff]) + message(68, [0x7f, 0xff, 0, 0, 0, 9])
    var scripts: [[UInt8]] = [
      [], Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), [82, 0x7f, 0xff, 0xff, 0xff], welcome,
      Array(welcome.prefix(20)), welcome + stray, welcome + message(67, []) + message(90, [69]),
      [69, 0, 0, 0, 6, 0, 0], welcome + message(68, [0, 1, 0x7f, 0xff, 0xff, 0xff]),
    ]
    for _ in 0..<60 {
      let noise = (0..<Int.random(in: 1...200, using: &numbers)).map { _ in
        UInt8.random(in: 0...255, using: &numbers)
      }
      scripts.append(Bool.random(using: &numbers) ? noise : welcome + noise)
    }
    for (index, script) in scripts.enumerated() {
      let server = try SayingPort(script)
      let session = PostgresSession(
        .text("host=127.0.0.1 port=\(server.port) user=u dbname=d sslmode=disable"))
      let start = ContinuousClock.now
      let answer = await client.ask([session], "SELECT 1", timeout: .milliseconds(1500)).first
      #expect(ContinuousClock.now - start < .seconds(10), "script \(index), seed 5432")
      guard case .failure(let error) = answer else {
        // It may be told that nothing came back for the query, never that something did.
        let reply = try #require(try answer?.get(), "script \(index), seed 5432")
        #expect(
          reply.results.allSatisfy { (try? $0.get().rows.first) == .some(nil) || (try? $0.get()) == nil })
        continue
      }
      #expect(!error.message.isEmpty && error.message.count <= 300, "script \(index), seed 5432: \(error)")
      client.close(session)
    }
  }

  private func message(_ type: UInt8, _ body: [UInt8]) -> [UInt8] {
    let length = UInt32(body.count + 4)
    return [type] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) } + body
  }
}

/// A port whose every caller hears the same bytes and is then left.
private final class SayingPort: Sendable {
  let port: Int
  private let socket: Int32

  init(_ bytes: [UInt8]) throws {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let socket = socket
    let listens = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, length) == 0 && listen(socket, 16) == 0 && getsockname(socket, $0, &length) == 0
      }
    }
    guard listens else { throw BenchError("no port: errno \(errno)") }
    port = Int(in_port_t(bigEndian: address.sin_port))
    var thread = pthread_t()
    let context = Unmanaged.passRetained(Speech(socket, bytes))
    pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<Speech>.fromOpaque(context).takeRetainedValue().give()
        return nil
      }, context.toOpaque())
    pthread_detach(thread)
  }

  deinit { shutdown(socket, Int32(SHUT_RDWR)) }
}

private final class Speech: Sendable {
  private let socket: Int32
  private let bytes: [UInt8]

  init(_ socket: Int32, _ bytes: [UInt8]) {
    self.socket = socket
    self.bytes = bytes
  }

  /// Until the listener is shut down.
  func give() {
    while true {
      let caller = accept(socket, nil, nil)
      guard caller >= 0 else { break }
      var heard = [UInt8](repeating: 0, count: 1024)
      _ = recv(caller, &heard, heard.count, 0)
      _ = send(caller, bytes, bytes.count, Int32(MSG_NOSIGNAL))
      usleep(20_000)
      close(caller)
    }
    close(socket)
  }
}
