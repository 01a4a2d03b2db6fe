import Foundation
import HTTPServer
import Synchronization
import Testing

/// Answers that another thread gives.
@Suite struct AbandonedResponseTests {
  /// Requests whose answers the test has to give, in order.
  private final class Waiting: Sendable {
    private let answers = Mutex<[DeferredResponse]>([])
    let abandoned = Mutex(0)
    var count: Int { answers.withLock { $0.count } }
    subscript(place: Int) -> DeferredResponse { answers.withLock { $0[place] } }

    func take(_ request: HTTPServerRequest) -> HTTPServerResponse {
      if request.path == "/now" { return .text(200, "now\n") }
      let later = DeferredResponse()
      later.whenAbandoned { self.abandoned.withLock { $0 += 1 } }
      answers.withLock { $0.append(later) }
      return .deferred(later)
    }
  }

  private func start(threads: Int = 1) throws -> (HTTPServer, Waiting) {
    let waiting = Waiting()
    var settings = HTTPServerSettings(address: "127.0.0.1:0")
    settings.threads = threads
    return (try HTTPServer(settings) { waiting.take($0) }, waiting)
  }

  private func get(_ path: String, _ more: String = "") -> String {
    "GET \(path) HTTP/1.1\r\nHost: x\r\n\(more)\r\n"
  }

  @Test func oneThreadServesOthersMeanwhile() throws {
    let (server, waiting) = try start()
    defer { server.stop() }
    let slow = try (0..<5).map { _ in try RawConnection(port: server.port) }
    for connection in slow { connection.send(get("/later")) }
    #expect(eventually { waiting.count == 5 })
    let other = try RawConnection(port: server.port)
    other.send(get("/now"))
    #expect(try other.answer()?.text == "now\n")
    for place in 0..<5 { waiting[place].complete(.text(200, "\(place)\n")) }
    let texts = try slow.map { try $0.answer()?.text ?? "" }
    #expect(Set(texts) == ["0\n", "1\n", "2\n", "3\n", "4\n"])
    // The connections live on.
    slow[0].send(get("/now"))
    #expect(try slow[0].answer()?.text == "now\n")
    #expect(eventually { server.statistics.requestsUnderWay == 0 })
    #expect(waiting.abandoned.withLock { $0 } == 0)
  }

  @Test func anAnswerMayBeThereAtOnce() throws {
    let server = try HTTPServer(HTTPServerSettings(address: "127.0.0.1:0")) { request in
      let later = DeferredResponse()
      if request.path == "/before" {
        later.complete(.text(201, "before\n"))
        later.complete(.text(500, "never\n"))
      } else {
        Thread.detachNewThread { later.complete(.text(201, "beside\n")) }
      }
      return .deferred(later)
    }
    defer { server.stop() }
    let connection = try RawConnection(port: server.port)
    for round in 0..<200 {
      let path = round % 2 == 0 ? "/before" : "/beside"
      connection.send(get(path))
      let answer = try connection.answer()
      #expect(answer?.status == 201 && answer?.text == path.dropFirst() + "\n")
    }
  }

  @Test func pipelinedRequestsStayInOrder() throws {
    let (server, waiting) = try start()
    defer { server.stop() }
    let connection = try RawConnection(port: server.port)
    connection.send(get("/later") + get("/now"))
    #expect(eventually { waiting.count == 1 })
    waiting[0].complete(.text(200, "first\n"))
    #expect(try connection.answer()?.text == "first\n")
    #expect(try connection.answer()?.text == "now\n")
  }

  @Test func whoeverLeavesIsNotWorkedForAnyMore() throws {
    let (server, waiting) = try start()
    defer { server.stop() }
    do {
      let connection = try RawConnection(port: server.port)
      connection.send(get("/later"))
      #expect(eventually { waiting.count == 1 })
    }
    #expect(eventually { waiting.abandoned.withLock { $0 } == 1 })
    #expect(eventually { server.statistics.connectionsOpen == 0 })
    waiting[0].complete(.text(200, "nobody reads this\n"))
    #expect(eventually { server.statistics.requestsUnderWay == 0 })
  }

  @Test func theEndDoesNotWaitForAnswers() throws {
    for _ in 0..<10 {
      let (server, waiting) = try start(threads: 2)
      let connections = try (0..<4).map { _ in try RawConnection(port: server.port) }
      for connection in connections { connection.send(get("/later")) }
      #expect(eventually { waiting.count == 4 })
      let begun = ContinuousClock.now
      server.stop()
      #expect(ContinuousClock.now - begun < .seconds(4))
      #expect(waiting.abandoned.withLock { $0 } == 4)
      for connection in connections { #expect(try connection.answer()?.status == 503) }
    }
  }
}
