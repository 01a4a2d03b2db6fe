import FarwatchTesting
import Model
import Testing

@testable import Notifying

@Suite struct AcknowledgeLinkTests {
  private let link = AcknowledgeLink(key: Array(0..<32))
  private let subject = AcknowledgeLink.Subject(
    thread: "{}/{a=\"b c\"}:{d=\"é&=\"}", until: Timestamp(milliseconds: 1_790_000_000_123))

  private func items(_ query: String) -> [String: String] {
    var items: [String: String] = [:]
    for item in query.split(separator: "&") {
      let pair = item.split(separator: "=", maxSplits: 1).map(String.init)
      items[pair[0]] = pair[1]
    }
    return items
  }

  @Test func aLinkLeadsBackToItsSubject() throws {
    let link = try #require(link)
    #expect(
      link.url(for: subject, externalURL: "https://f.example/x/").hasPrefix(
        "https://f.example/x/ack?thread=%7B%7D%2F"))
    let found = items(link.query(for: subject))
    let token = try #require(found["token"])
    #expect(token.count == 43 && found["until"] == "1790000000123")
    #expect(found["thread"] == "%7B%7D%2F%7Ba%3D%22b%20c%22%7D%3A%7Bd%3D%22%C3%A9%26%3D%22%7D")
    #expect(link.verify(thread: subject.thread, until: "1790000000123", token: token) == subject)
    // The token of an independent program:
    // printf 'farwatch-acknowledge\n1790000000123\n{}/{a="b c"}:{d="é&="}' | openssl dgst -sha256 -mac HMAC -macopt hexkey:…
    #expect(token == "CgFpWmTX6g4bTKWneixM5UVW4IXjUIxTJjCpiXZzfbU")
  }

  @Test func aClockThatRunsAheadIsFollowedTenMinutes() {
    func until(_ ahead: Duration) -> Duration {
      var alert = event(.firing)
      alert.startsAt = start + ahead
      let page = Notification(
        kind: .news, thread: "t", serial: "1", isGrouped: true, alerts: [alert], decidedAt: start)
      return AcknowledgeLink.Subject(page).until - start
    }
    #expect(until(.seconds(-5)) == .zero)
    #expect(until(.seconds(300)) == .seconds(300))
    #expect(until(.seconds(86_400 * 365)) == .seconds(600))
  }

  @Test func nothingElseIsTaken() throws {
    let link = try #require(link)
    let token = try #require(items(link.query(for: subject))["token"])
    func isRefused(_ thread: String, _ until: String, _ token: String) -> Bool {
      link.verify(thread: thread, until: until, token: token) == nil
    }
    #expect(isRefused(subject.thread + "x", "1790000000123", token))
    #expect(isRefused(subject.thread, "1790000000124", token))
    for until in ["+1790000000123", "01790000000123", " 1790000000123", "", "99999999999999999999", "x"] {
      #expect(isRefused(subject.thread, until, token), "\(until)")
    }
    for wrong in ["", "x", token + "=", String(token.dropLast()), token.lowercased()] {
      #expect(isRefused(subject.thread, "1790000000123", wrong))
    }
    let seed = UInt64.random(in: 0..<1 << 32)
    var random = SeededNumbers(seed: seed)
    for _ in 0..<2000 {
      var bytes = Array(token.utf8)
      bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= UInt8.random(in: 1...127, using: &random)
      #expect(
        isRefused(subject.thread, "1790000000123", String(decoding: bytes, as: UTF8.self)), "seed \(seed)")
    }
    let other = try #require(AcknowledgeLink(key: Array(1...32)))
    #expect(other.verify(thread: subject.thread, until: "1790000000123", token: token) == nil)
    #expect(AcknowledgeLink(key: Array(0..<31)) == nil)
    #expect(AcknowledgeLink.newKey().count == 32 && AcknowledgeLink.newKey() != AcknowledgeLink.newKey())
  }

  /// An alert whose clock runs ahead of ours is meant nevertheless.
  @Test func aLinkMeansWhatThePageTold() {
    let decided = Timestamp(milliseconds: 1000)
    var event = AlertEvent(
      status: .firing, identity: "i", startsAt: Timestamp(milliseconds: 500), endsAt: nil, labels: [:],
      annotations: [:], value: 1,
      origin: AlertOrigin(group: "", alertName: "", expression: "", holdSeconds: 0, intervalSeconds: 0),
      decidedAt: decided)
    #expect(AcknowledgeLink.Subject(Notification(event)) == .init(thread: "i", until: decided))
    event.startsAt = Timestamp(milliseconds: 2000)
    #expect(AcknowledgeLink.Subject(Notification(event)).until == event.startsAt)
  }
}
