import FarwatchTesting
import Foundation
import Model

/// From the end of the probe that decides to the page at its receiver, while 100 other receivers of the same topic
/// accept connections and never say a word.
struct HangingReceiversBenchmark {
  static let name = "paging-latency-hanging"
  private static let receivers = 100
  private let choice: Choice

  init(_ choice: Choice) { self.choice = choice }

  func run() async throws {
    let silent = try SilentPort()
    defer { silent.close() }
    let bench = try await PagingBench(
      binary: choice.binary, interval: "100ms",
      others: (0..<Self.receivers).map {
        "{protocol: http, endpoint: \"http://127.0.0.1:\(silent.port)/\($0)\", confirm: skip, timeout: 15s}"
      })
    defer { bench.stop() }
    try await TransitionTimes(of: bench, rounds: choice.repetitions).report(
      as: Self.name, "\(Self.receivers) other receivers hang, ")
  }
}

/// A port that takes connections, because the kernel does, and never reads from one.
struct SilentPort {
  let port: Int
  private let socket: Int32

  init() throws {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let socket = socket
    let listens = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, length) == 0 && listen(socket, 4096) == 0 && getsockname(socket, $0, &length) == 0
      }
    }
    guard listens else { throw BenchError("no port to be silent on") }
    port = Int(UInt16(bigEndian: address.sin_port))
  }

  func close() { _ = Glibc.close(socket) }
}
