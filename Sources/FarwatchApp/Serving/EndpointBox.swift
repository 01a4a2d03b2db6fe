internal import HTTPServer
internal import Synchronization

/// Stands in for the endpoints until what they ask is there: the listener opens first, because others must know its
/// address before anything else can be built.
final class EndpointBox: Sendable {
  private let endpoints = Mutex<Endpoints?>(nil)

  func open(_ endpoints: Endpoints) { self.endpoints.withLock { $0 = endpoints } }

  func answer(_ request: HTTPServerRequest) -> HTTPServerResponse {
    guard let endpoints = endpoints.withLock({ $0 }) else { return .text(503, "Farwatch is starting.\n") }
    return endpoints.answer(request)
  }
}
