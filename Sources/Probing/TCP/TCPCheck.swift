internal import Collecting
package import HTTPClient
package import Model
internal import RegularExpressions
package import StreamClient
internal import TLSTransport

/// A TCP health check: connects, and holds a conversation where one is wanted.
///
/// Readings of a check of every address are those of the worst: the first failing one in the order of the addresses'
/// text, or the slowest when all are well.
package final class TCPCheck: Collector {
  static let families =
    CheckFamilies.all + [CheckFamilies.ipProtocol, CheckFamilies.failedDueToRegex, StreamMetrics.lookup]
    + [StreamMetrics.phases] + StreamMetrics.tls + StreamMetrics.addresses

  package let description: CollectorDescription
  private let probe: StreamProbe
  private let time: any TimeSource

  /// - Throws: `InvalidSettings`, or `RegularExpressionError` of a bad expression.
  package init(
    _ settings: TCPCheckSettings, client: StreamClient, resolver: HostResolver,
    time: any TimeSource = SystemTime()
  ) throws {
    try settings.validate()
    description = settings.description
    self.time = time
    let conversation = settings.conversation.isEmpty ? nil : try Conversation(settings.conversation)
    let port = settings.endpoint.port
    let tls = settings.tls
    let tlsFromStart = settings.tlsFromStart
    let readLimit = settings.readLimit
    probe = StreamProbe(
      endpoint: settings.endpoint, timeout: settings.basics.timeout, client: client, resolver: resolver,
      time: time
    ) { addresses, timeout in
      var request = StreamRequest(addresses: addresses, port: port, timeout: timeout)
      request.dialogue = conversation
      request.tls = tls
      request.tlsFromStart = tlsFromStart
      request.readLimit = readLimit
      return request
    }
  }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let startedAt = time.now
    let start = time.monotonic
    probe.run { [time] answers in
      let judged = JudgedAddresses(answers.results, resolved: answers.resolved, total: \.total, Self.verdict)
      let result = answers.results[judged.worst].result
      var readings = StreamMetrics.readings(result, resolve: answers.resolve)
      if let conversation = result.dialogue as? Conversation {
        let isMismatch = result.failure != nil && conversation.mismatch != nil
        readings.append(Reading(CheckFamilies.failedDueToRegex, isMismatch))
      }
      completion(
        CheckFamilies.outcome(
          judged.verdict, startedAt: startedAt, start: start, time: time, readings + judged.addresses))
    }
  }

  private static func verdict(_ result: StreamResult) -> Outcome.Verdict {
    guard let failure = result.failure else { return .success }
    // A server that says something else until it falls silent or hangs up is a mismatch, not a silence.
    switch failure.reason {
    case .timeout, .reset:
      if let mismatch = (result.dialogue as? Conversation)?.mismatch { return mismatch }
    default: break
    }
    return .failure(failure.reason, detail: failure.detail)
  }
}
