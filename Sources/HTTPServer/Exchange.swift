internal import CMicroHTTPD

/// One request and its answer.
///
/// Lives from the request line to libmicrohttpd's completion call, and is touched only by the one thread that serves
/// the connection.
final class Exchange {
  private enum Phase {
    /// The request line is read.
    case began
    /// Headers are read; body bytes may come.
    case receiving
    /// The body is too long, or there is no memory for it: what still comes is thrown away, so that the client can read
    /// its 413 or 503.
    case discarding
    /// The answer is made elsewhere; its headers are added to it.
    case deferred(DeferredHold, [HTTPServerField])
    case answered
  }

  /// A client that sends this much beyond the body limit has lost its right to an answer.
  private static let discardLimit = 1 << 20

  private let context: ExchangeContext
  private let target: [UInt8]
  private var phase = Phase.began
  private var method = ""
  private var body: [UInt8] = []
  /// Of the memory that all bodies share.
  private var taken = 0
  private var lacksMemory = false
  private var discarded = 0
  /// Kept while its answer is deferred: it may be asked again.
  private var request: HTTPServerRequest?
  private var status: Int?
  private var answerBytes = 0
  private var isHeaderRefused = false

  init(context: ExchangeContext, target: [UInt8]) {
    self.context = context
    self.target = target
  }

  /// libmicrohttpd calls this once when the headers are read, then for every piece of the body, then once more at its
  /// end. Whatever `upload` holds is taken.
  func proceed(
    _ connection: OpaquePointer, method: UnsafePointer<CChar>, version: UnsafePointer<CChar>,
    upload: UnsafeRawBufferPointer
  ) -> MHD_Result {
    switch phase {
    case .began:
      context.exchangeStarted()
      context.deadlines.headersRead(connection)
      self.method = String(cString: method)
      return begin(connection, version: String(cString: version))
    case .receiving, .discarding:
      guard !upload.isEmpty else { return finish(connection) }
      return receive(upload)
    case .deferred(let hold, let headers):
      return answerLater(hold, headers, connection)
    case .answered:
      return .YES
    }
  }

  func completed(_ connection: OpaquePointer?, _ code: MHD_RequestTerminationCode) {
    if let connection { context.deadlines.requestEnded(connection) }
    context.counters.finished(
      status: status, bodyBytes: answerBytes,
      completely: code == .REQUEST_TERMINATED_COMPLETED_OK || isHeaderRefused)
    dropBody()
    if case .deferred(let hold, _) = phase { context.waiting.remove(hold) }
    if case .began = phase { return }
    context.exchangeEnded()
  }

  private func begin(_ connection: OpaquePointer, version: String) -> MHD_Result {
    phase = .receiving
    if headerCost(of: connection) > context.settings.maxHeaderBytes { return refuseHeader(connection) }
    if let fault = RequestFraming.fault(version: version, headerFields(of: connection)) {
      var refusal = HTTPServerResponse.text(400, "\(fault.rawValue)\n")
      // What follows may be a part of this request, or another: nobody can tell.
      refusal.headers.append(HTTPServerField("Connection", "close"))
      return answer(refusal, connection)
    }
    let limit = context.settings.maxBodyBytes
    if let text = MHD_lookup_connection_value(connection, .HEADER_KIND, "Content-Length"),
      let length = UInt64(String(cString: text))
    {
      if length > UInt64(limit) {
        phase = .discarding
        context.counters.bodyRefused()
        let expects = MHD_lookup_connection_value(connection, .HEADER_KIND, "Expect") != nil
        // Nothing is worth reading: answer now, which also closes the connection.
        if expects || length > UInt64(limit + Self.discardLimit) { return answerTooLarge(connection) }
      } else {
        body.reserveCapacity(min(Int(length), 64 << 10))
      }
    }
    return .YES
  }

  /// libmicrohttpd has no room left for an answer in the worst case, so it is written past it; the connection ends.
  private func refuseHeader(_ connection: OpaquePointer) -> MHD_Result {
    let refusal = HeaderRefusal(
      isTarget: target.count > context.settings.maxHeaderBytes / 2, limit: context.settings.maxHeaderBytes)
    phase = .answered
    status = refusal.status
    isHeaderRefused = true
    refusal.deliver(on: connection)
    return .NO
  }

  private func receive(_ upload: UnsafeRawBufferPointer) -> MHD_Result {
    context.counters.bodyReceived(upload.count)
    if isReceiving, body.count + upload.count > context.settings.maxBodyBytes {
      phase = .discarding
      dropBody()
      context.counters.bodyRefused()
    }
    if isReceiving {
      if context.takeBodyMemory(upload.count) {
        taken += upload.count
      } else {
        phase = .discarding
        lacksMemory = true
        dropBody()
        context.counters.bodyRefused()
      }
    }
    if !isReceiving {
      discarded += upload.count
      return discarded > context.settings.maxBodyBytes + Self.discardLimit ? .NO : .YES
    }
    body.append(contentsOf: upload)
    return .YES
  }

  private func finish(_ connection: OpaquePointer) -> MHD_Result {
    context.deadlines.requestRead(connection)
    guard isReceiving else {
      return lacksMemory ? answerBusy(connection) : answerTooLarge(connection)
    }
    guard RequestTarget.queryItems(in: target) <= context.settings.maxQueryItems else {
      return answer(
        .text(414, "more than \(context.settings.maxQueryItems) query parameters\n"), connection)
    }
    guard let parsed = RequestTarget(target) else {
      return answer(.text(400, "the request target is malformed\n"), connection)
    }
    let request = HTTPServerRequest(
      method: method, path: parsed.path, pathSegments: parsed.pathSegments, query: parsed.query,
      headers: headerFields(of: connection), body: body, remoteAddress: clientAddress(of: connection))
    body = []
    return ask(request, connection)
  }

  private func ask(_ request: HTTPServerRequest, _ connection: OpaquePointer) -> MHD_Result {
    let response = context.handler(request)
    guard case .deferred(let deferred) = response.body else { return answer(response, connection) }
    self.request = request
    context.waiting.add(answer: deferred.hold)
    return answerLater(deferred.hold, response.headers, connection)
  }

  /// Answers, or suspends the connection; libmicrohttpd comes back when it is resumed.
  private func answerLater(
    _ hold: DeferredHold, _ headers: [HTTPServerField], _ connection: OpaquePointer
  ) -> MHD_Result {
    guard let outcome = hold.outcome(orSuspend: connection) else {
      phase = .deferred(hold, headers)
      context.deadlines.answerAwaited(connection, hold)
      return .YES
    }
    context.waiting.remove(hold)
    let request = self.request
    self.request = nil
    switch outcome {
    case .answer(var response):
      response.headers += headers
      return answer(response, connection)
    case .again:
      guard let request else { return answer(.text(500, "the request was lost\n"), connection) }
      return ask(request, connection)
    }
  }

  private var isReceiving: Bool {
    if case .receiving = phase { true } else { false }
  }

  private func dropBody() {
    body = []
    context.giveBackBodyMemory(taken)
    taken = 0
  }

  private func answerBusy(_ connection: OpaquePointer) -> MHD_Result {
    var busy = HTTPServerResponse.text(503, "too many long requests at once\n")
    busy.headers.append(HTTPServerField("Retry-After", "1"))
    return answer(busy, connection)
  }

  private func answerTooLarge(_ connection: OpaquePointer) -> MHD_Result {
    let limit = context.settings.maxBodyBytes
    return answer(.text(413, "the request body is longer than \(limit) bytes\n"), connection)
  }

  private func answer(_ response: HTTPServerResponse, _ connection: OpaquePointer) -> MHD_Result {
    phase = .answered
    dropBody()
    context.deadlines.requestRead(connection)
    guard let queued = makeResponse(response, connection) else {
      context.log("cannot make a response of \(response.body.count) bytes")
      return .NO
    }
    // The queue holds its own reference.
    defer { MHD_destroy_response(queued) }
    let result = MHD_queue_response(connection, UInt32(clamping: response.status), queued)
    if result == .YES {
      status = response.status
      answerBytes = method == "HEAD" ? 0 : response.body.count
    } else {
      context.log("cannot queue a response with status \(response.status)")
    }
    return result
  }

  private func makeResponse(_ response: HTTPServerResponse, _ connection: OpaquePointer) -> OpaquePointer? {
    let body: OpaquePointer? =
      if case .stream(let stream) = response.body {
        makeStreamedBody(stream, connection, context.waiting)
      } else {
        makeResponseBody(response.body)
      }
    guard let made = body else { return nil }
    if let contentType = response.contentType { add("Content-Type", contentType, to: made) }
    for field in response.headers { add(field.name, field.value, to: made) }
    if context.isStopping { add("Connection", "close", to: made) }
    return made
  }

  private func add(_ name: String, _ value: String, to response: OpaquePointer) {
    if MHD_add_response_header(response, name, value) != .YES {
      context.log("response header \"\(name)\" cannot be written and is left out")
    }
  }
}
