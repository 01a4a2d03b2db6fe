import Collecting
import FarwatchTesting
import Foundation
import HTTPClient
import Model
import Probing
import TargetProbing
import Testing

@testable import FarwatchApp

/// The listener for probes through reloads.
@Suite struct ProbeListenerTests {
  private let site: LoopbackServer
  private let clients = CollectorClients(userAgent: "Farwatch/test")
  private let listener: ProbeListener

  init() throws {
    site = try LoopbackServer { $0.target == "/slow" ? [.hang] : LoopbackServer.answer(200, "fine") }
    listener = ProbeListener(clients: clients)
  }

  private func settings(
    _ listen: String = "127.0.0.1:0", concurrency: Int = 2, targets: [String] = ["127.0.0.0/8"]
  ) -> ProbeEndpointSettings {
    var settings = ProbeEndpointSettings()
    settings.listen = listen
    settings.concurrency = concurrency
    for target in targets { #expect(settings.targets.add(target) == nil) }
    var http = HTTPCheckSettings(name: "probe", url: "http://target.invalid/")
    http.basics.timeout = .seconds(3)
    settings.modules = ["http_2xx": http]
    return settings
  }

  private func ask(_ path: String = "/", scrapeTimeout: String = "10") async throws -> Int? {
    let address = try #require(listener.address)
    let client = HTTPClient(name: "test")
    let request = HTTPRequest(
      method: "GET",
      url: "http://\(address)/probe?module=http_2xx&target=http://127.0.0.1:\(site.port)\(path)",
      headers: [HTTPHeader("X-Prometheus-Scrape-Timeout-Seconds", scrapeTimeout)], timeout: .seconds(10))
    let result = await withCheckedContinuation { waiting in
      client.start(request) { waiting.resume(returning: $0) }
    }
    client.shutdown()
    return result.status
  }

  private func counted(_ code: Int) -> Double? {
    listener.readings.first { $0.labels["code"] == "\(code)" }?.value
  }

  @Test func whatWasCountedOutlivesReloads() async throws {
    try listener.apply(settings())
    let first = listener.address
    #expect(try await ask() == 200)
    // Other targets: the same listener.
    try listener.apply(settings(targets: ["192.0.2.0/24"]))
    #expect(listener.address == first)
    #expect(try await ask() == 403)
    #expect(counted(200) == 1 && counted(403) == 1)
    // More at once: the same listener, too.
    try listener.apply(settings(concurrency: 5))
    #expect(listener.address == first)
    #expect(try await ask() == 200)
    // Another address.
    try listener.apply(settings("localhost:0", concurrency: 5))
    #expect(listener.address != first)
    #expect(try await ask() == 200)
    #expect(counted(200) == 3 && counted(403) == 1)
    try listener.apply(nil)
    #expect(listener.address == nil && listener.readings.isEmpty)
  }

  @Test func aChangeThatCannotBeMadeLeavesTheOldListener() async throws {
    try listener.apply(settings())
    let first = listener.address
    #expect(throws: StartFailure.self) { try listener.apply(settings("127.0.0.1:\(site.port)")) }
    #expect(listener.address == first)
    #expect(try await ask() == 200)
    listener.stop()
  }

  @Test func probesUnderWayCountAgainstTheNewLimit() async throws {
    try listener.apply(settings(concurrency: 3))
    async let slow = ask("/slow")
    try await waitUntil("a probe is under way") { site.requests.contains { $0.target == "/slow" } }
    try listener.apply(settings(concurrency: 1))
    #expect(try await ask(scrapeTimeout: "0.4") == 503)
    #expect(try await slow == 200)
    #expect(try await ask() == 200)
    listener.stop()
  }
}
