import FarwatchTesting
import Glibc
import Model
import Testing

@testable import RedisClient

@Suite struct RouteTests {
  private enum End: Equatable {
    case ready
    case failed(FailureReason)
  }

  /// Steps a connection to `addresses` until it stands or fails.
  private func connect(_ port: Int, _ addresses: [String]) throws -> End {
    let route = try Route(RedisServer(host: "redis.test", port: UInt16(port)), addresses: addresses)
    let connection: ServerConnection
    do { connection = try ServerConnection(route) } catch { return .failed(error.reason) }
    for _ in 0..<100 {
      switch connection.advance() {
      case .ready: return .ready
      case .failed(let error): return .failed(error.reason)
      case .answered: return .failed(.other)
      case .waiting(let events):
        var socket = pollfd(fd: connection.socket, events: events, revents: 0)
        poll(&socket, 1, 1000)
      }
    }
    return .failed(.timeout)
  }

  @Test func everyAddressIsTriedInTurn() async throws {
    let redis = try await RedisProcess()
    #expect(try connect(redis.port, ["127.0.0.9", "127.0.0.8", "127.0.0.1"]) == .ready)
    #expect(try connect(redis.port, ["::1", "127.0.0.1"]) == .ready)
    #expect(try connect(redis.port, ["nonsense", "127.0.0.1"]) == .ready)
    #expect(try connect(redis.port, ["127.0.0.9"]) == .failed(.refused))
    #expect(try connect(redis.port, ["nonsense"]) == .failed(.dns))
  }
}
