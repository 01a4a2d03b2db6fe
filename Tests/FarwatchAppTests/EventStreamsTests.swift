import FarwatchTesting
import Foundation
import HTTPServer
import Journal
import Model
import StatusPage
import Synchronization
import Testing

@testable import FarwatchApp

/// A journal and a state that a test changes.
private final class ScriptedSource: EventStreamSource {
  struct State {
    var entries: [JournalRecord] = []
    var first = 1
    var version = "1"
    var looks = 0
    var isBusy = false
  }

  let state = Mutex(State())

  func append(_ count: Int, detail: String = "") {
    state.withLock { state in
      for _ in 0..<count {
        let next = (state.entries.last?.sequence ?? state.first - 1) + 1
        state.entries.append(
          JournalRecord(
            sequence: next,
            entry: JournalEntry(at: dayStart, kind: .firing, detail: ["what": detail])))
      }
    }
  }

  func look(after: Int) -> EventStreams.Look? {
    state.withLock { state in
      state.looks += 1
      if state.isBusy { return nil }
      return EventStreams.Look(
        entries: state.entries.filter { $0.sequence > after },
        head: state.entries.last?.sequence ?? state.first - 1,
        status: StatusSnapshot(
          takenAt: dayStart + .seconds(state.looks), startedAt: dayStart, vantage: "test",
          version: state.version, ready: true, lastReloadProblem: nil, regions: [], links: [], backups: [],
          alerts: [], ruleProblems: [], receivers: []))
    }
  }

  func waitUntilDurable() {}
}

/// Streams behind a real listener.
private final class StreamWorld {
  let source = ScriptedSource()
  let streams: EventStreams
  let server: HTTPServer

  init(most: Int = 100, _ change: (inout EventStreams.Limits) -> Void = { _ in }) throws {
    var limits = EventStreams.Limits()
    limits.pause = .milliseconds(50)
    limits.welcome = .milliseconds(10)
    change(&limits)
    streams = EventStreams(most: most, limits: limits)
    let endpoint = EventStreamEndpoint(streams: streams)
    server = try HTTPServer(HTTPServerSettings(address: "127.0.0.1:0")) { endpoint.answer($0) }
    streams.start(source)
  }

  deinit {
    streams.stop()
    server.stop()
  }

  func follow(_ query: String = "", _ headers: String = "", receiveBuffer: Int32? = nil) throws
    -> RawConnection
  {
    let port = Int(server.boundAddress.split(separator: ":").last ?? "") ?? 0
    let connection = try RawConnection(port: port, receiveBuffer: receiveBuffer)
    connection.send("GET /api/events/stream\(query) HTTP/1.1\r\nHost: a\r\n\(headers)\r\n")
    return connection
  }
}

@Suite struct EventStreamsTests {
  private func until(_ connection: RawConnection, has text: String) async throws {
    try await waitUntil("\(text) in \(connection.text)") { connection.text.contains(text) }
  }

  @Test func entriesAndChangesAreToldOnceAndTimeAloneIsNot() async throws {
    let world = try StreamWorld()
    world.source.append(3)
    let connection = try world.follow()
    try await until(connection, has: "event: status\nid: 3\n")
    #expect(connection.text.contains("text/event-stream"))
    #expect(!connection.text.contains("event: journal"))
    world.source.append(2)
    try await until(connection, has: "id: 5\ndata: {\"sequence\":5")
    let looks = world.source.state.withLock { $0.looks }
    try await waitUntil("it is looked again") { world.source.state.withLock { $0.looks } > looks + 3 }
    #expect(connection.text.components(separatedBy: "event: status").count == 2)
    #expect(connection.text.components(separatedBy: "event: journal").count == 3)
    world.source.state.withLock { $0.version = "2" }
    try await waitUntil("the change is told") {
      connection.text.components(separatedBy: "event: status").count == 3
    }
    let found = world.streams.statistics
    #expect(found.open == 1 && found.journalEvents == 2 && found.statusEvents == 2)
  }

  @Test func aFollowerGoesOnWhereHeLeftOff() async throws {
    let world = try StreamWorld()
    world.source.append(9)
    let byHeader = try world.follow("?after=1", "Last-Event-ID: 7\r\n")
    try await until(byHeader, has: "id: 9\ndata: {\"sequence\":9")
    #expect(byHeader.text.contains("\"sequence\":8") && !byHeader.text.contains("\"sequence\":7"))
    #expect(!byHeader.text.contains("event: gap"))
    let byQuery = try world.follow("?after=0")
    try await until(byQuery, has: "\"sequence\":9")
    #expect(byQuery.text.components(separatedBy: "event: journal").count == 10)
    // A journal that has begun anew.
    let ahead = try world.follow("?after=10")
    try await until(ahead, has: "event: gap\nid: 9\ndata: {\"first\":null,\"last\":null}")
  }

  @Test func whatIsTooMuchOfThePastIsSaid() async throws {
    let world = try StreamWorld { $0.resumeEntries = 4 }
    world.source.append(20)
    let connection = try world.follow("?after=5")
    try await until(connection, has: "\"sequence\":20")
    #expect(connection.text.contains("event: gap\nid: 5\ndata: {\"first\":6,\"last\":16}"))
    #expect(connection.text.components(separatedBy: "event: journal").count == 5)
    let small = try StreamWorld { $0.resumeBytes = 10_000 }
    small.source.append(20, detail: String(repeating: "x", count: 2000))
    let other = try small.follow("?after=0")
    try await until(other, has: "\"sequence\":20")
    #expect(other.text.contains("data: {\"first\":1,\"last\":16}"))
  }

  @Test func aStormIsCutShortForAllAndCutsNobody() async throws {
    let world = try StreamWorld { $0.resumeEntries = 50 }
    let connection = try world.follow()
    try await until(connection, has: "event: status")
    world.source.append(1000)
    try await until(connection, has: "\"sequence\":1000")
    #expect(connection.text.contains("event: gap\nid: 0\ndata: {\"first\":1,\"last\":950}"))
    #expect(world.streams.statistics.cut == 0 && world.streams.statistics.journalEvents == 50)
  }

  @Test func aSlowReaderIsCutAndOthersAreNot() async throws {
    let world = try StreamWorld {
      $0.resumeBytes = 150_000
      $0.streamBytes = 300_000
    }
    let slow = try world.follow(receiveBuffer: 4096)
    let quick = try world.follow()
    try await until(quick, has: "event: status")
    try await waitUntil("both follow") { world.streams.statistics.open == 2 }
    // The kernel takes some megabytes for who does not read.
    for round in 1...400 where world.streams.statistics.cut == 0 {
      world.source.append(20, detail: String(repeating: "x", count: 5000))
      try await until(quick, has: "\"sequence\":\(round * 20)")
      quick.forget()
    }
    #expect(world.streams.statistics.cut == 1)
    try await waitUntil("the slow one's connection ends") {
      slow.read()
      return slow.isClosed
    }
    #expect(world.streams.statistics.open == 1)
  }

  @Test func theyAreBoundedAndWhatEndsMakesRoom() async throws {
    let world = try StreamWorld(most: 2) { $0.heartbeat = .milliseconds(100) }
    var first: RawConnection? = try world.follow()
    let second = try world.follow()
    try await waitUntil("two follow") { world.streams.statistics.open == 2 }
    let third = try world.follow()
    try await until(third, has: "Too many follow")
    #expect(third.text.contains("503") && third.text.contains("Retry-After"))
    #expect(world.streams.statistics.refused == 1)
    try await until(second, has: "event: alive\ndata: {}\n\n")
    first = nil
    try await waitUntil("the one that left is forgotten") { world.streams.statistics.open == 1 }
    let fourth = try world.follow()
    try await until(fourth, has: "event: status")
    _ = first
  }

  @Test func aNewLimitHoldsForWhoComes() async throws {
    let world = try StreamWorld(most: 2) { $0.heartbeat = .milliseconds(100) }
    let (first, second) = (try world.follow(), try world.follow())
    try await waitUntil("two follow") { world.streams.statistics.open == 2 }
    world.streams.allow(1)
    let third = try world.follow()
    try await until(third, has: "Too many follow")
    // Those that were there go on.
    try await until(first, has: "event: alive\ndata: {}\n\n")
    try await until(second, has: "event: alive\ndata: {}\n\n")
    world.streams.allow(3)
    try await until(try world.follow(), has: "event: status")
    world.streams.allow(0)
    try await until(try world.follow(), has: "Too many follow")
  }

  @Test func aCoreThatDoesNotAnswerDelaysAndLosesNothing() async throws {
    let world = try StreamWorld()
    world.source.state.withLock { $0.isBusy = true }
    let connection = try world.follow("?after=0")
    world.source.append(2)
    try await until(connection, has: "retry: 2000")
    world.source.state.withLock { $0.isBusy = false }
    try await until(connection, has: "\"sequence\":2")
    world.streams.stop()
    try await waitUntil("the stream ends") {
      connection.read()
      return connection.isClosed || connection.text.hasSuffix("0\r\n\r\n")
    }
    let late = try world.follow()
    try await until(late, has: "503")
  }

  @Test func wrongRequestsAreRefused() async throws {
    let world = try StreamWorld()
    for (query, headers) in [
      ("?after=x", ""), ("?after=-1", ""), ("?x=1", ""), ("", "Last-Event-ID: 1.5\r\n"),
    ] {
      let connection = try world.follow(query, headers)
      try await until(connection, has: "HTTP/1.1 400")
    }
    let endpoint = EventStreamEndpoint(streams: world.streams)
    #expect(endpoint.answer(HTTPServerRequest(method: "POST", path: "")).status == 405)
    #expect(endpoint.answer(HTTPServerRequest(method: "HEAD", path: "")).status == 200)
    #expect(world.streams.statistics.open == 0)
  }
}
