package import Model

/// Why a ping could not be made, or what was said of its packets.
package struct PingFailure: Error, Hashable, Sendable {
  package var reason: FailureReason
  package var detail: String

  package init(_ reason: FailureReason, _ detail: String) {
    self.reason = reason
    self.detail = detail
  }

  package static let cancelled = PingFailure(.other, "cancelled: the client was shut down")
}

/// Echo requests to one address.
package struct PingRequest: Hashable, Sendable {
  package static let payloadRange = 8...65_000

  /// An IP address.
  package var address: String
  package var packets = 1
  /// Between one packet and the next.
  package var spacing: Duration = .milliseconds(100)
  /// Bytes after the ICMP header, within ``payloadRange``.
  package var payload = 56
  /// Routers may not cut the packets up, nor may this host.
  package var dontFragment = false
  /// Limits everything.
  package var timeout: Duration

  package init(address: String, timeout: Duration) {
    self.address = address
    self.timeout = timeout
  }
}

package struct PingResult: Hashable, Sendable {
  /// Packets that left; those that the system refused are not among them.
  package var sent = 0
  /// Seconds from each sent packet to its answer, in the order in which the answers came.
  package var times: [Double] = []
  /// IP's time to live, or hop limit, of the last answer.
  package var timeToLive: Int?
  /// Why there was no ping, or what was said of packets that were lost; nil: nothing but silence.
  package var failure: PingFailure?
  /// Seconds from start to end.
  package var total = 0.0

  package init() {}
}
