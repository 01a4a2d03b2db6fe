import Dispatch
import Foundation
import Synchronization
import Testing

@testable import HTTPServer

/// Streams that a server's handler has begun.
private final class Streams: Sendable {
  private let begun = Mutex<[ResponseStream]>([])
  private let closed = Mutex(0)

  func begin(limitBytes: Int = 1 << 20) -> HTTPServerResponse {
    let stream = ResponseStream(limitBytes: limitBytes) { [weak self] in self?.closed.withLock { $0 += 1 } }
    begun.withLock { $0.append(stream) }
    return HTTPServerResponse(status: 200, contentType: "text/event-stream", body: .stream(stream))
  }

  var all: [ResponseStream] { begun.withLock { $0 } }
  var closedCount: Int { closed.withLock { $0 } }
}

@Suite struct StreamedResponseTests {
  private let request = "GET /events HTTP/1.1\r\nHost: x\r\n\r\n"

  @Test func bytesArriveAsTheyAreWritten() throws {
    let streams = Streams()
    let server = try HTTPServer(HTTPServerSettings(address: "127.0.0.1:0")) { _ in streams.begin() }
    let client = try RawConnection(port: server.port)
    client.send(request)
    #expect(try client.answer(bodyless: true)?.headers["transfer-encoding"] == "chunked")
    #expect(eventually { streams.all.count == 1 })
    let stream = try #require(streams.all.first)
    for word in ["one", "two", "three"] {
      #expect(stream.write(Array(word.utf8)))
      #expect(try client.line() == String(word.utf8.count, radix: 16))
      #expect(try client.line() == word)
    }
    stream.finish()
    #expect(try client.line() == "0")
    #expect(eventually { streams.closedCount == 1 })
    #expect(!stream.write([1]))
    #expect(server.statistics.requestsByStatusClass[2] == 1)
  }

  @Test func manyStreamsCostNoThreadAndAllHear() throws {
    var settings = HTTPServerSettings(address: "127.0.0.1:0")
    settings.perIPConnectionLimit = nil
    let streams = Streams()
    let server = try HTTPServer(settings) { request in
      request.path == "/events" ? streams.begin() : .text(200, "alive\n")
    }
    let clients = try (0..<200).map { _ in try RawConnection(port: server.port) }
    for client in clients { client.send(request) }
    #expect(eventually { streams.all.count == 200 })
    let other = try RawConnection(port: server.port)
    other.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(try other.answer()?.text == "alive\n")
    for round in 0..<20 {
      for stream in streams.all { stream.write(Array("round \(round)".utf8)) }
    }
    for stream in streams.all { stream.finish() }
    for client in clients {
      _ = try client.answer(bodyless: true)
      var text = ""
      while let line = try client.line(), line != "0" { text += line }
      #expect(text.contains("round 0") && text.contains("round 19"))
    }
    #expect(eventually { streams.closedCount == 200 })
  }

  @Test func aClientThatDoesNotReadLosesTheStream() throws {
    let streams = Streams()
    let server = try HTTPServer(HTTPServerSettings(address: "127.0.0.1:0")) { _ in
      streams.begin(limitBytes: 100_000)
    }
    let client = try RawConnection(port: server.port)
    client.send(request)
    #expect(eventually { streams.all.count == 1 })
    let stream = try #require(streams.all.first)
    let block = [UInt8](repeating: 65, count: 50_000)
    #expect(eventually { !stream.write(block) })
    #expect(stream.wasTooSlow && stream.isOver)
    _ = server
  }

  /// A client that reads as fast as is written, and is always a little behind.
  @Test func whatWasReadIsForgottenAlsoWhenSomethingAlwaysWaits() {
    let stream = ResponseStream(limitBytes: 10_000)
    var next: UInt8 = 0
    var expected: UInt8 = 0
    func write(_ count: Int) -> Bool {
      stream.write(
        (0..<count).map { _ in
          defer { next &+= 1 }
          return next
        })
    }
    #expect(write(1000))
    var buffer = [UInt8](repeating: 0, count: 700)
    for _ in 0..<500 {
      #expect(write(700))
      let count = buffer.withUnsafeMutableBytes { stream.read(into: $0) }
      #expect(count == 700)
      let isInOrder = buffer.allSatisfy { byte in
        defer { expected &+= 1 }
        return byte == expected
      }
      #expect(isInOrder)
      #expect(stream.heldBytes <= 2 * 1700)
    }
  }

  @Test func aClientThatLeavesIsNoticedWithTheNextBytes() throws {
    let streams = Streams()
    let server = try HTTPServer(HTTPServerSettings(address: "127.0.0.1:0")) { _ in streams.begin() }
    do {
      let client = try RawConnection(port: server.port)
      client.send(request)
      #expect(eventually { streams.all.count == 1 })
    }
    let stream = try #require(streams.all.first)
    #expect(eventually { !stream.write([0x3a, 0x0a]) })
    #expect(eventually { streams.closedCount == 1 && server.statistics.connectionsOpen == 0 })
  }

  @Test func stoppingEndsThem() throws {
    let streams = Streams()
    let server = try HTTPServer(HTTPServerSettings(address: "127.0.0.1:0")) { _ in streams.begin() }
    let clients = try (0..<10).map { _ in try RawConnection(port: server.port) }
    for client in clients { client.send(request) }
    #expect(eventually { streams.all.count == 10 })
    let begun = ContinuousClock.now
    server.stop()
    #expect(ContinuousClock.now - begun < .seconds(4))
    #expect(streams.closedCount == 10)
    for client in clients { #expect(try client.answer(bodyless: true)?.status == 200) }
  }
}

@Suite struct DeferredResponseTests {
  @Test func othersAreServedMeanwhile() throws {
    var settings = HTTPServerSettings(address: "127.0.0.1:0")
    settings.threads = 1
    let held = Mutex<[DeferredResponse]>([])
    let server = try HTTPServer(settings) { request in
      guard request.path == "/later" else { return .text(200, "now\n") }
      let later = DeferredResponse()
      held.withLock { $0.append(later) }
      return HTTPServerResponse(
        status: 200, headers: [HTTPServerField("X-Outer", "yes")], body: .deferred(later))
    }
    let waiting = try (0..<20).map { _ in try RawConnection(port: server.port) }
    for client in waiting { client.send("POST /later HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab") }
    #expect(eventually { held.withLock { $0.count } == 20 })
    let other = try RawConnection(port: server.port)
    other.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(try other.answer()?.text == "now\n")
    for later in held.withLock({ $0 }) {
      later.complete(.text(202, "then\n"))
      later.complete(.text(500, "never\n"))
    }
    for client in waiting {
      let answer = try client.answer()
      #expect(answer?.status == 202 && answer?.text == "then\n" && answer?.headers["x-outer"] == "yes")
    }
    #expect(eventually { server.statistics.requestsUnderWay == 0 })
  }

  @Test func anAnswerMayBeThereBeforeTheHandlerReturns() throws {
    let server = try HTTPServer(HTTPServerSettings(address: "127.0.0.1:0")) { _ in
      let later = DeferredResponse()
      later.complete(.text(200, "already\n"))
      return HTTPServerResponse(status: 200, body: .deferred(later))
    }
    #expect(try curl(["http://\(server.boundAddress)/"]).output == "already\n")
  }

  @Test func theHandlerMayBeAskedAgain() throws {
    let times = Mutex(0)
    let server = try HTTPServer(HTTPServerSettings(address: "127.0.0.1:0")) { request in
      let time = times.withLock { times in
        times += 1
        return times
      }
      if time == 3 { return .text(200, String(decoding: request.body, as: UTF8.self)) }
      let later = DeferredResponse()
      // Once before the handler returns, once after.
      if time == 1 { later.askAgain() } else { DispatchQueue.global().async { later.askAgain() } }
      return HTTPServerResponse(status: 200, body: .deferred(later))
    }
    #expect(
      try curl(["-d", "twice and again", "http://\(server.boundAddress)/"]).output == "twice and again")
    #expect(times.withLock { $0 } == 3)
    #expect(eventually { server.statistics.requestsUnderWay == 0 })
  }

  @Test func aLostAnswerIsAnError() throws {
    let server = try HTTPServer(HTTPServerSettings(address: "127.0.0.1:0")) { _ in
      HTTPServerResponse(status: 200, body: .deferred(DeferredResponse()))
    }
    let client = try RawConnection(port: server.port)
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(try client.answer()?.status == 500)
  }

  @Test func whoWorksForAClientThatLeftIsTold() throws {
    let abandoned = Mutex(0)
    let held = Mutex<DeferredResponse?>(nil)
    let server = try HTTPServer(HTTPServerSettings(address: "127.0.0.1:0")) { _ in
      let later = DeferredResponse()
      held.withLock { $0 = later }
      return HTTPServerResponse(status: 200, body: .deferred(later))
    }
    do {
      let client = try RawConnection(port: server.port)
      client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(eventually { held.withLock { $0 != nil } })
      held.withLock { $0?.whenAbandoned { abandoned.withLock { $0 += 1 } } }
    }
    #expect(eventually { abandoned.withLock { $0 } == 1 })
    held.withLock { $0?.complete(.text(200, "nobody\n")) }
    #expect(eventually { server.statistics.connectionsOpen == 0 })
  }

  @Test func stoppingAnswersWhatNobodyAnswered() throws {
    var settings = HTTPServerSettings(address: "127.0.0.1:0")
    settings.drainTimeout = .milliseconds(300)
    let held = Mutex<[DeferredResponse]>([])
    let server = try HTTPServer(settings) { _ in
      let later = DeferredResponse()
      held.withLock { $0.append(later) }
      return HTTPServerResponse(status: 200, body: .deferred(later))
    }
    let clients = try (0..<5).map { _ in try RawConnection(port: server.port) }
    for client in clients { client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n") }
    #expect(eventually { held.withLock { $0.count } == 5 })
    server.stop()
    for later in held.withLock({ $0 }) { later.complete(.text(200, "late\n")) }
    #expect(server.statistics.connectionsOpen == 0)
  }

  @Test func aThousandAtOnceFromManyThreads() throws {
    let server = try HTTPServer(HTTPServerSettings(address: "127.0.0.1:0")) { request in
      let later = DeferredResponse()
      DispatchQueue.global().async { later.complete(.text(200, request.path)) }
      return HTTPServerResponse(status: 200, body: .deferred(later))
    }
    let clients = try (0..<40).map { _ in try RawConnection(port: server.port) }
    for round in 0..<25 {
      for (number, client) in clients.enumerated() {
        client.send("GET /\(round)-\(number) HTTP/1.1\r\nHost: x\r\n\r\n")
      }
      for (number, client) in clients.enumerated() {
        #expect(try client.answer()?.text == "/\(round)-\(number)")
      }
    }
  }
}
