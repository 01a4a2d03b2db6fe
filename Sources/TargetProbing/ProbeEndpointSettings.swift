package import Collecting

/// What `/probe` may be asked.
package struct ProbeEndpointSettings: Sendable {
  /// Where it is served: on a listener of its own, because who may have targets probed need not see what Farwatch
  /// knows, and whose many connections neither a scrape nor the status page is to wait for.
  package var listen = "127.0.0.1:9115"
  package var targets = ProbeAllowList()
  /// Checks without a target, by the name of the module. Their time-out is the longest that a probe may take.
  package var modules: [String: any AimableCheck] = [:]
  /// Probes under way at most; further ones wait for their turn for as long as their scrape does. Half of it at most
  /// is for targets whose last probe ran out of time.
  package var concurrency = 512
  /// How much sooner than the scrape's own time-out a probe ends, so that its answer still arrives.
  package var timeoutOffset: Duration = .milliseconds(500)

  /// What ``concurrency`` may be at most.
  package static let mostConcurrency = 2000
  /// Connections that a listener must be able to hold: for all that are under way or wait, and those who get a refusal.
  package static let connections = mostConcurrency + ProbeLine.waitingLimit + 64

  package init() {}
}
