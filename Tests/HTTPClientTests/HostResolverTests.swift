import FarwatchTesting
import Foundation
import Model
import Synchronization
import Testing

@testable import HTTPClient

/// The system's resolver cannot be made to hang for some names only, so that the look-up itself is given.
@Suite struct HostResolverTests {
  /// Looks up; names that begin with "dead" hang until they are let go.
  private final class Names: Sendable {
    private let gate = Mutex(false)
    let lookedUp = Mutex<[String: Int]>([:])

    func lookUp(_ name: LookUps.Name) -> HostResolver.Answer {
      lookedUp.withLock { $0[name.host, default: 0] += 1 }
      while name.host.hasPrefix("dead"), !gate.withLock({ $0 }) { usleep(2000) }
      return name.host.hasPrefix("dead")
        ? .failure(HTTPFailure(.dns, "\(name.host): no answer"))
        : .success(["192.0.2.\(name.host.utf8.count)"])
    }

    func letGo() { gate.withLock { $0 = true } }
  }

  private func resolve(
    _ resolver: HostResolver, _ host: String, timeout: Duration = .seconds(5), mayRemember: Bool = false
  ) async -> HostResolver.Answer {
    await withCheckedContinuation { continuation in
      resolver.resolve(host, timeout: timeout, mayRemember: mayRemember) {
        continuation.resume(returning: $0)
      }
    }
  }

  @Test func thirtyDeadNamesDelayNobodyElse() async {
    let names = Names()
    defer { names.letGo() }
    let resolver = HostResolver(LookUps.Limits(), names.lookUp)
    let dead = (0..<30).map { number in
      Task { await resolve(resolver, "dead\(number)", timeout: .seconds(3)) }
    }
    while resolver.statistics.running < 30 { await Task.yield() }
    let clock = ContinuousClock()
    for number in 0..<20 {
      let start = clock.now
      let answer = await resolve(resolver, "fine\(number)")
      #expect((try? answer.get()) != nil)
      #expect(clock.now - start < .seconds(1))
    }
    for task in dead {
      guard case .failure(let failure) = await task.value else { Issue.record("dead names answer"); continue }
      #expect(failure.reason == .timeout)
      #expect(failure.detail.hasPrefix("no resolver answered for dead"))
    }
    #expect(resolver.statistics.suspects == 30)
    #expect(resolver.statistics.timedOut == 30)
  }

  @Test func whoFindsNoThreadIsToldSoAndBlamesNobody() async {
    let names = Names()
    defer { names.letGo() }
    let resolver = HostResolver(.init(threads: 2), names.lookUp)
    let dead = (0..<2).map { number in Task { await resolve(resolver, "dead\(number)", timeout: .seconds(9)) }
    }
    while resolver.statistics.running < 2 { await Task.yield() }
    let answer = await resolve(resolver, "fine", timeout: .milliseconds(400))
    #expect(
      answer == .failure(HTTPFailure(.limit, "none of the 2 threads that look up names was free in time")))
    names.letGo()
    for task in dead { _ = await task.value }
    #expect((try? await resolve(resolver, "fine").get()) == ["192.0.2.4"])
    #expect(names.lookedUp.withLock { $0["fine"] } == 1)
    #expect(resolver.statistics.notBegun == 1)
  }

  @Test func askersAtTheSameTimeShareALookUp() async {
    let names = Names()
    let resolver = HostResolver(LookUps.Limits(), names.lookUp)
    let askers = (0..<50).map { _ in Task { await resolve(resolver, "dead") } }
    while resolver.statistics.shared < 49 { await Task.yield() }
    names.letGo()
    for task in askers { #expect((try? await task.value.get()) == nil) }
    #expect(names.lookedUp.withLock { $0["dead"] } == 1)
    #expect(resolver.statistics.begun == 1)
  }

  @Test func whatHangsIsAnsweredFromMemoryInHalfOfTheTime() async throws {
    let mayAnswer = Mutex(true)
    let resolver = HostResolver(LookUps.Limits()) { _ in
      var isSlow = false
      while !mayAnswer.withLock({ $0 }) {
        isSlow = true
        usleep(2000)
      }
      return .success([isSlow ? "192.0.2.2" : "192.0.2.1"])
    }
    #expect(try await resolve(resolver, "a", mayRemember: true).get() == ["192.0.2.1"])
    mayAnswer.withLock { $0 = false }
    #expect(
      try await resolve(resolver, "a", timeout: .milliseconds(600), mayRemember: true).get() == ["192.0.2.1"])
    #expect(
      await resolve(resolver, "a", timeout: .milliseconds(600))
        == .failure(
          HTTPFailure(.timeout, "no resolver answered for a in time")))
    #expect(resolver.statistics.remembered == 1)
    mayAnswer.withLock { $0 = true }
    while resolver.statistics.running > 0 { await Task.yield() }
    #expect(try await resolve(resolver, "a", mayRemember: true).get() == ["192.0.2.1"])
  }

  /// The resolver may go while somebody waits.
  @Test func everybodyIsToldThoughTheResolverIsGone() async {
    let names = Names()
    defer { names.letGo() }
    let answer = await withCheckedContinuation { continuation in
      HostResolver(LookUps.Limits(), names.lookUp).resolve("dead", timeout: .milliseconds(300)) {
        continuation.resume(returning: $0)
      }
    }
    #expect(answer == .failure(HTTPFailure(.timeout, "no resolver answered for dead in time")))
  }
}
