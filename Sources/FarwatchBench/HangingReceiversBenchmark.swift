import FarwatchTesting
import Foundation
import Model

/// From the end of the probe that decides to the page at its receiver, while 100 other receivers of the same topic
/// accept connections and never say a word.
struct HangingReceiversBenchmark {
  static let name = "paging-latency-hanging"
  private static let receivers = 100
  private static let transitions = 70
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
    var medians: [Double] = []
    var tails: [Double] = []
    for _ in 0..<choice.repetitions {
      var milliseconds: [Double] = []
      for place in 0..<Self.transitions {
        milliseconds.append(try await bench.transition(well: place % 2 == 1).afterAnswer.inSeconds * 1e3)
        try await Task.sleep(for: .milliseconds(Int.random(in: 5...60)))
      }
      medians.append(quantile(0.5, milliseconds))
      tails.append(quantile(0.99, milliseconds))
    }
    let count = Self.transitions * choice.repetitions
    let what =
      "ms from the deciding answer to the page, \(Self.receivers) other receivers hang, \(count) transitions"
    say(ResultLine(name: "\(Self.name)-p50", what: what, ours: medians).text)
    say(ResultLine(name: "\(Self.name)-p99", what: what, ours: tails, goal: "≤ 10 ms").text)
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
