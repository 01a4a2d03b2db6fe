import FarwatchTesting
import Foundation
import Model
import Synchronization
import Testing
import Threading

@testable import FarwatchApp

@Suite struct EventsFollowerTests {
  private let start = MonotonicInstant(nanoseconds: 1_000_000_000)

  @Test func newsIsAskedForAtOnceAndTheRestNowAndThen() {
    var pace = AskingPace(interval: .seconds(2))
    #expect(pace.wait(at: start, isFollowing: false) <= .zero, "the first time")
    pace.asked(at: start)
    #expect(pace.wait(at: start, isFollowing: false) == .seconds(2))
    #expect(pace.wait(at: start, isFollowing: true) == AskingPace.calm)
    pace.heardNews()
    #expect(pace.wait(at: start, isFollowing: true) == AskingPace.closest)
    #expect(pace.wait(at: start + .seconds(1), isFollowing: true) <= .zero)
    pace.asked(at: start + .seconds(1))
    #expect(pace.wait(at: start + .seconds(1), isFollowing: true) == AskingPace.calm, "it was asked for")
    // Who wants to be asked seldom is asked seldom, and for news all the same.
    var slow = AskingPace(interval: .seconds(3600))
    slow.asked(at: start)
    #expect(slow.wait(at: start, isFollowing: true) == .seconds(3600))
    slow.heardNews()
    #expect(slow.wait(at: start, isFollowing: true) == AskingPace.closest)
  }

  @Test func eventsAreFoundHoweverTheyAreCut() {
    let text =
      Array(
        ": event: no\n\nretry: 2000\n\nevent: status\nid: 3\ndata: {}\n\n"
          .utf8) + Array("event: alive\ndata: {}\n\n".utf8)
    for size in 1...text.count {
      var spotter = EventSpotter()
      var found = 0
      for at in stride(from: 0, to: text.count, by: size)
      where spotter.take(text[at..<min(text.count, at + size)]) {
        found += 1
      }
      #expect(found == 1, "pieces of \(size)")
    }
    var spotter = EventSpotter()
    let (other, part) = (spotter.take("data: event: x\n:\n\n".utf8), spotter.take("event: status".utf8))
    #expect(!other && !part)
    let whole = spotter.take("\n".utf8)
    #expect(whole)
  }

  /// A stream that ends is begun again; one that is refused is not asked for at once.
  @Test func itFollowsWhatThereIs() async throws {
    let requests = Mutex(0)
    let server = try LoopbackServer { _ in
      let number = requests.withLock { count in
        count += 1
        return count
      }
      let head =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\nretry: 2000\n\n"
      if number == 1 { return [.text(head), .text("event: status\n"), .wait(.milliseconds(100)), .close] }
      if number == 2 { return [.text(head), .hang] }
      return LoopbackServer.answer(503, "too many")
    }
    let farwatch = RunningFarwatch(try Login(url: server.url(""), environment: [:]))
    let follower = EventsFollower(farwatch, Bell())
    follower.tend()
    try await waitUntil("there is news") { follower.takeNews() }
    #expect(!follower.takeNews(), "once")
    try await waitUntil("it ended") { !follower.isFollowing }
    try await waitUntil("it is begun again") {
      follower.tend()
      return follower.isFollowing
    }
    #expect(requests.withLock { $0 } == 2 && !follower.takeNews(), "nothing happened")
    let refused = EventsFollower(farwatch, Bell())
    refused.tend()
    try await waitUntil("it was refused") { requests.withLock { $0 } == 3 }
    for _ in 0..<30 {
      refused.tend()
      try await Task.sleep(for: .milliseconds(100))
    }
    #expect(requests.withLock { $0 } == 3 && !refused.isFollowing)
  }
}
