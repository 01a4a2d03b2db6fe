import FarwatchTesting
import Glibc
import Model
import Synchronization
import Testing

@testable import PingClient

@Suite struct PingClientTests {
  static func ping(_ client: PingClient, _ request: PingRequest) async -> PingResult {
    await withCheckedContinuation { continuation in
      client.start(request) { continuation.resume(returning: $0) }
    }
  }

  private static func request(_ address: String, _ change: (inout PingRequest) -> Void = { _ in })
    -> PingRequest
  {
    var request = PingRequest(address: address, timeout: .seconds(3))
    change(&request)
    return request
  }

  /// Unprivileged sockets are allowed to somebody here, or this is root.
  private static let mayPing: Bool = {
    let range = readText("/proc/sys/net/ipv4/ping_group_range").split { $0 == "\t" || $0 == "\n" }.compactMap
    { Int($0) }
    return getuid() == 0 || range.count == 2 && (range[0]...max(range[0], range[1])).contains(Int(getgid()))
  }()

  @Test(.enabled(if: mayPing), arguments: ["127.0.0.1", "::1"])
  func ourselvesAnswer(_ address: String) async {
    let client = PingClient(name: "ping-test")
    let result = await Self.ping(
      client,
      Self.request(address) {
        $0.packets = 3
        $0.spacing = .milliseconds(10)
      })
    #expect(result.failure == nil)
    #expect(result.sent == 3 && result.times.count == 3)
    #expect(result.times.allSatisfy { $0 > 0 && $0 < 1 })
    #expect(result.timeToLive == 64)
    let large = await Self.ping(
      client,
      Self.request(address) {
        $0.payload = 60_000
        $0.dontFragment = true
      })
    #expect(
      large.times.count == 1,
      "the loopback interface takes 64 KiB at once: \(String(describing: large.failure))")
  }

  @Test(.enabled(if: mayPing)) func manyAtOnceAreKeptApart() async {
    let client = PingClient(name: "ping-test")
    await withTaskGroup(of: PingResult.self) { group in
      for index in 0..<300 {
        group.addTask { await Self.ping(client, Self.request("127.0.\(index / 250).\(index % 250 + 1)")) }
      }
      for await result in group { #expect(result.times.count == 1) }
    }
  }

  @Test func requestsThatCannotBeMadeAreRefused() async {
    let client = PingClient(name: "ping-test")
    let wrong = await Self.ping(client, Self.request("example.com"))
    #expect(wrong.failure == PingFailure(.configuration, "\"example.com\" is no IP address to ping"))
    client.shutdown()
    #expect(await Self.ping(client, Self.request("127.0.0.1")).failure == .cancelled)
  }

  /// A network of its own, so that the system's settings can be changed: only root may make one.
  @Test(.enabled(if: getuid() == 0)) func withoutPrivilegeItNeedsTheGroupRange() async throws {
    let outcome = await inNetworkOfItsOwn {
      (try? pingWithoutRaw(groups: "1 0"), try? pingWithoutRaw(groups: "0 2147483647"))
    }
    let (forbidden, allowed) = try #require(outcome)
    #expect(forbidden?.failure?.reason == .permission)
    #expect(forbidden?.failure?.detail.contains("net.ipv4.ping_group_range") == true)
    #expect(allowed?.failure == nil)
    #expect(allowed?.times.count == 1 && allowed?.timeToLive == 64)
  }

  /// There the system itself says that there is no way.
  @Test(.enabled(if: getuid() == 0)) func aMissingRouteIsTold() async throws {
    let outcome = await inNetworkOfItsOwn {
      try? pingWithoutRaw(groups: "0 2147483647", address: "192.0.2.1")
    }
    #expect(outcome??.failure == PingFailure(.unreachable, "sending: Network is unreachable"))
    #expect(outcome??.sent == 0)
  }

  /// The other end of the wire takes everything and answers nothing.
  @Test(.enabled(if: getuid() == 0)) func silenceIsNotAnAnswer() async throws {
    let outcome = await inNetworkOfItsOwn {
      let commands = [
        "link add one type veth peer name two", "addr add 192.0.2.2/24 dev one", "link set one up",
        "link set two up",
        "neigh add 192.0.2.1 lladdr 02:00:00:00:00:01 dev one", "route add unreachable 198.51.100.0/24",
      ]
      guard commands.allSatisfy({ runProgram(["ip"] + $0.split(separator: " ").map(String.init)) == 0 })
      else {
        return (nil as PingResult?, nil as PingResult?)
      }
      let all = "0 2147483647"
      return (
        try? pingWithoutRaw(groups: all, address: "192.0.2.1", timeout: .milliseconds(200)),
        try? pingWithoutRaw(groups: all, address: "198.51.100.1")
      )
    }
    let silent = try #require(outcome?.0)
    #expect(silent.sent == 1 && silent.times.isEmpty && silent.failure == nil)
    #expect(silent.total >= 0.2 && silent.total < 1)
    let barred = try #require(outcome?.1)
    #expect(barred.failure == PingFailure(.unreachable, "sending: No route to host"))
  }

  @Test func packetsAreReadBack() {
    let request = EchoPacket.request(
      cookie: 0x0102_0304_0506_0708, id: 7, sequence: 9, payload: 56, isIPv6: false)
    #expect(request.count == 64)
    #expect(EchoPacket.checksum(request) == 0, "a right sum makes the whole zero")
    #expect(EchoPacket.cookie(ofRequest: request[...]) == 0x0102_0304_0506_0708)
    var reply = request
    reply[0] = 0
    #expect(EchoPacket.read(reply[...], isIPv6: false)?.meaning == .reply)
    #expect(EchoPacket.read(request[...], isIPv6: false) == nil, "a request is no answer")
    let header: [UInt8] = [0x45] + [UInt8](repeating: 0, count: 19)
    let error = EchoPacket.read(([3, 1, 0, 0, 0, 0, 0, 0] + header + request)[...], isIPv6: false)
    #expect(error?.cookie == 0x0102_0304_0506_0708 && error?.meaning == .unreachable(type: 3, code: 1))
  }

  @Test func foreignBytesNeverCrash() {
    let seed = UInt64.random(in: 0 ... .max)
    var numbers = SeededNumbers(seed: seed)
    for _ in 0..<5000 {
      var bytes = (0..<Int.random(in: 0..<80, using: &numbers)).map { _ in
        UInt8.random(in: 0...255, using: &numbers)
      }
      if !bytes.isEmpty { bytes[0] = numbers.pick([0, 3, 11, 1, 129, 0x45, 0x4f, bytes[0]]) }
      _ = EchoPacket.read(bytes[...], isIPv6: numbers.chance(50))
      if let (rest, _) = EchoPacket.strippingIPv4(bytes[...]) {
        _ = EchoPacket.read(rest, isIPv6: false)
        _ = EchoPacket.cookie(ofRequest: rest)
      }
    }
  }
}

/// One ping without raw sockets, from the network of the calling thread, whose setting is changed.
private func pingWithoutRaw(groups: String, address: String = "127.0.0.1", timeout: Duration = .seconds(2))
  throws -> PingResult
{
  guard let file = fopen("/proc/sys/net/ipv4/ping_group_range", "w") else {
    throw BenchError("ping_group_range")
  }
  fputs(groups, file)
  fclose(file)
  let client = PingClient(name: "ping-test", mayUseRaw: false)
  let answer = Mutex<PingResult?>(nil)
  client.start(PingRequest(address: address, timeout: timeout)) { result in
    answer.withLock { $0 = result }
  }
  for _ in 0..<3000 {
    if let result = answer.withLock({ $0 }) { return result }
    usleep(1000)
  }
  throw BenchError("no answer")
}

private final class Work {
  let run: () -> Void
  init(_ run: @escaping () -> Void) { self.run = run }
}

/// Runs `body` on a thread that has left the system's network for an empty one, where only the loopback interface is up.
private func inNetworkOfItsOwn<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result? {
  await withCheckedContinuation { (continuation: CheckedContinuation<Result?, Never>) in
    let work = Work {
      typealias Unshare = @convention(c) (CInt) -> CInt
      // Not in Swift's module of the C library. 0x40000000 is CLONE_NEWNET.
      guard let address = dlsym(nil, "unshare"), unsafeBitCast(address, to: Unshare.self)(0x4000_0000) == 0,
        runProgram(["ip", "link", "set", "lo", "up"]) == 0
      else { return continuation.resume(returning: nil) }
      continuation.resume(returning: body())
    }
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<Work>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, Unmanaged.passRetained(work).toOpaque())
    pthread_detach(thread)
  }
}
