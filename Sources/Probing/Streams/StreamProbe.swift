internal import Collecting
internal import HTTPClient
internal import Model
internal import StreamClient
internal import TLSTransport

/// Looks up an endpoint's host and connects: to one address, or to each.
struct StreamProbe: Sendable {
  /// What came of it.
  struct Answers: Sendable {
    /// Seconds of the look-up; nil when the host is an address, or was not found.
    var resolve: Double?
    /// How many addresses the host has; nil unless every one of them is probed.
    var resolved: Int?
    /// In the order of the addresses' text; one, whose key is "", unless every address is probed. Never empty.
    var results: [(address: String, result: StreamResult)]
  }

  /// Addresses that are probed at most.
  static let addressLimit = HTTPCheck.addressLimit

  let endpoint: Endpoint
  let timeout: Duration
  let client: StreamClient
  let resolver: HostResolver
  let time: any TimeSource
  /// What to ask of the addresses, within the time-out.
  let request: @Sendable (_ addresses: [String], _ timeout: Duration) -> StreamRequest

  func run(_ completion: @escaping @Sendable (Answers) -> Void) {
    let start = time.monotonic
    if IPAddressText.isAddress(endpoint.host) { return connect([endpoint.host], nil, start, completion) }
    resolver.resolve(
      endpoint.host, family: endpoint.addressFamily, timeout: timeout, mayRemember: true
    ) { answer in
      let took = (time.monotonic - start).inSeconds
      switch answer {
      case .success(let addresses): connect(addresses, took, start, completion)
      case .failure(let failure):
        var result = StreamResult()
        result.failure = StreamFailure(failure.reason, failure.detail)
        result.total = took
        completion(Answers(results: [("", result)]))
      }
    }
  }

  private func connect(
    _ addresses: [String], _ resolve: Double?, _ start: MonotonicInstant,
    _ completion: @escaping @Sendable (Answers) -> Void
  ) {
    let left = max(timeout - (time.monotonic - start), .milliseconds(1))
    guard endpoint.everyAddress else {
      return client.start(request(addresses, left)) {
        completion(Answers(resolve: resolve, results: [("", $0)]))
      }
    }
    let chosen = addresses.prefix(Self.addressLimit)
    let gathered = Gathering<String, StreamResult>(expected: chosen.count) { results in
      let sorted = results.sorted { byteOrder($0.key, $1.key) }.map { (address: $0.key, result: $0.value) }
      completion(Answers(resolve: resolve, resolved: addresses.count, results: sorted))
    }
    for address in chosen { client.start(request([address], left)) { gathered.add(address, $0) } }
  }
}
