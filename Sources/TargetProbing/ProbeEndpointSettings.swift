package import Collecting

/// What `/probe` may be asked.
package struct ProbeEndpointSettings: Sendable {
  /// Where it is served: on a listener of its own, because a probe keeps one of the server's threads for as long as it
  /// takes, and neither a scrape nor the status page is to wait for that.
  package var listen = "127.0.0.1:9115"
  package var targets = ProbeAllowList()
  /// Checks without a target, by the name of the module. Their time-out is the longest that a probe may take.
  package var modules: [String: any AimableCheck] = [:]
  /// Probes under way at most; further ones are answered with 503. The listener needs one thread more.
  package var concurrency = 8
  /// How much sooner than the scrape's own time-out a probe ends, so that its answer still arrives.
  package var timeoutOffset: Duration = .milliseconds(500)

  package init() {}
}
