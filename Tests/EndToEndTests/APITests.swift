import FarwatchTesting
import Foundation
import Testing

/// Farwatch's own API as programs use it.
@Suite(.serialized) struct APITests {
  @Test(.timeLimit(.minutes(5))) func theStateIsToldAndFollowedAcrossADeath() async throws {
    let fleet = try Fleet(regions: ["taiwan"])
    var daemon = try await fleet.runConfirmed()
    let answer = try #require(await daemon.get("/api/status"))
    let status = try #require(
      try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any])
    let region = try #require((status["regions"] as? [[String: Any]])?.first)
    #expect(region["name"] as? String == "taiwan" && region["verdict"] as? String == "good", "\(answer.body)")
    #expect((status["receivers"] as? [[String: Any]])?.first?["confirmed"] as? Bool == true)

    func follow(_ last: Int? = nil) throws -> RawConnection {
      let connection = try RawConnection(port: fleet.port)
      let header = last.map { "Last-Event-ID: \($0)\r\n" } ?? ""
      connection.send("GET /api/events/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\(header)\r\n")
      return connection
    }
    let follower = try follow()
    try await waitUntil("it begins: \(follower.text)") { follower.text.contains("event: status") }
    fleet.regions[0].down()
    try await waitUntil(timeout: .seconds(60), "the alert is told; \(fleet.log)") {
      follower.text.contains("\"kind\":\"notified\"")
    }
    let told = Self.numbers(follower.text)
    #expect(!told.isEmpty && told == Array((told.first ?? 0)..<(told.first ?? 0) + told.count), "\(told)")
    let last = try #require(told.last)
    #expect(await daemon.series("farwatch_event_streams_cut_total") == 0)

    // What happens while nobody follows, and while nobody is there.
    try await daemon.kill()
    daemon = try await fleet.run()
    try fleet.regions[0].up()
    try await fleet.expectPages(fleet.regions[0], ["ALARM", "OK"], repeatsAreDropped: true)
    let again = try follow(last)
    try await waitUntil(timeout: .seconds(60), "the rest is told: \(again.text)") {
      again.text.contains("\"kind\":\"started\"") && again.text.contains("\"kind\":\"resolved\"")
    }
    let rest = Self.numbers(again.text)
    #expect(rest.first == last + 1 && !again.text.contains("event: gap"), "\(last), then \(rest)")
    let listed = try #require(await daemon.get("/api/events?order=asc&limit=\(rest.count)&after=\(last)"))
    let same = listed.body.split(separator: "\n").filter { $0.hasPrefix("{") }
    for line in same {
      let entry = line.hasSuffix(",") ? line.dropLast() : line
      #expect(again.text.contains("data: \(entry)\n"), "\(entry)")
    }
    daemon.child.stop()
  }

  /// Numbers of the journal's entries, in the order in which they came.
  private static func numbers(_ stream: String) -> [Int] {
    stream.components(separatedBy: "event: journal\nid: ").dropFirst().compactMap {
      Int($0.prefix { $0 != "\n" })
    }
  }
}
