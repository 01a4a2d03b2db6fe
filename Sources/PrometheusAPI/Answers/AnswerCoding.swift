internal import Exposition
internal import HTTPServer
internal import Model

/// How an answer is compressed, by what its request accepts.
struct AnswerCoding {
  /// Shorter answers are sent as they are: they fit into a packet or little more.
  static let leastBytes = 1024
  /// Longer ones are never compressed on the listener's threads.
  static let mostBytesAtOnce = 64 << 10

  private let coding: ContentCoding

  init(_ request: HTTPServerRequest) { coding = .negotiate(accepted: request.list("Accept-Encoding")) }

  /// On a query's thread, under its limits.
  func apply(to response: HTTPServerResponse, _ lease: QueryLease) throws(APIFault) -> HTTPServerResponse {
    guard let bytes = compressible(response) else { return marked(response) }
    let encoded = try coding.encode(bytes) { () throws(APIFault) in try lease.check() }
    return marked(response, encoded)
  }

  /// On the listener's thread; a long answer goes to a thread of its own.
  func apply(to response: HTTPServerResponse, _ threads: QueryThreads) -> HTTPServerResponse {
    guard let bytes = compressible(response) else { return marked(response) }
    if bytes.count <= Self.mostBytesAtOnce { return marked(response, coding.encode(bytes) {}) }
    return threads.aside { marked(response, coding.encode(bytes) {}) } ?? marked(response)
  }

  private func compressible(_ response: HTTPServerResponse) -> [UInt8]? {
    guard coding != .identity, case .bytes(let bytes) = response.body, bytes.count >= Self.leastBytes else {
      return nil
    }
    return bytes
  }

  /// With the bytes in the place of its own, where there are some, and what a cache has to know.
  private func marked(_ response: HTTPServerResponse, _ encoded: [UInt8]? = nil) -> HTTPServerResponse {
    var response = response
    if let place = response.headers.firstIndex(where: { $0.name == "Vary" }) {
      response.headers[place].value += ", Accept-Encoding"
    } else {
      response.headers.append(HTTPServerField("Vary", "Accept-Encoding"))
    }
    if let encoded {
      response.body = .bytes(encoded)
      response.headers.append(HTTPServerField("Content-Encoding", coding.rawValue))
    }
    return response
  }
}

extension HTTPServerRequest {
  /// A field that is a list: it may be split over several lines.
  func list(_ name: String) -> String? {
    guard header(name) != nil else { return nil }
    let name = name.lowercased()
    return headers.filter { $0.name.lowercased() == name }.map(\.value).joined(separator: ",")
  }
}
