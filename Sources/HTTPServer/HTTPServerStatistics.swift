internal import Synchronization

/// What a server has done since it started.
package struct HTTPServerStatistics: Hashable, Sendable {
  /// Finished exchanges by the first digit of the status that was sent: `[2]` counts 2xx. Index 0 counts those that were
  /// answered by libmicrohttpd itself or not at all: malformed, refused or abandoned before an answer was made.
  package var requestsByStatusClass: [UInt64]
  /// Exchanges that ended before the whole answer was sent: the client left, timed out, or the server stopped.
  package var requestsAborted: UInt64
  /// Requests refused because their body was too long, or too many long ones came at once.
  package var bodiesTooLarge: UInt64
  /// Connections cut because a request's line and headers had not come within the header time-out.
  package var headersOverdue: UInt64
  /// Connections cut because a request's body had not come within the request time-out; ``requestsAborted`` counts them
  /// too.
  package var bodiesOverdue: UInt64
  /// Connections cut early because three quarters of the places were taken and nothing was under way on them but waiting
  /// for the client.
  package var crowdedOut: UInt64
  /// Connections cut because their clients took too little of an answer; ``requestsAborted`` counts them too.
  package var answersOverdue: UInt64
  /// Connections closed as soon as they were there: their clients had their share, or only reserved places were left.
  package var connectionsRefused: UInt64
  /// Body bytes of completely sent answers.
  package var bodyBytesSent: UInt64
  package var bodyBytesReceived: UInt64
  /// Clients whose certificate was not welcome, as the handshake told.
  package var clientCertificatesRefused: UInt64
  package var connectionsAccepted: UInt64
  package var connectionsOpen: Int
  package var requestsUnderWay: Int
}

/// The counters behind ``HTTPServerStatistics``: relaxed atomics, so that counting never waits.
final class HTTPServerCounters: Sendable {
  private let class0 = Atomic<UInt64>(0)
  private let class2 = Atomic<UInt64>(0)
  private let class3 = Atomic<UInt64>(0)
  private let class4 = Atomic<UInt64>(0)
  private let class5 = Atomic<UInt64>(0)
  private let aborted = Atomic<UInt64>(0)
  private let tooLarge = Atomic<UInt64>(0)
  private let lateHeaders = Atomic<UInt64>(0)
  private let lateBodies = Atomic<UInt64>(0)
  private let crowded = Atomic<UInt64>(0)
  private let slowAnswers = Atomic<UInt64>(0)
  private let refused = Atomic<UInt64>(0)
  private let sent = Atomic<UInt64>(0)
  private let received = Atomic<UInt64>(0)
  private let refusedCertificates = Atomic<UInt64>(0)
  private let accepted = Atomic<UInt64>(0)
  private let open = Atomic<Int>(0)
  let underWay = Atomic<Int>(0)

  func connectionOpened() {
    accepted.add(1, ordering: .relaxed)
    open.add(1, ordering: .relaxed)
  }

  func connectionClosed() { open.subtract(1, ordering: .relaxed) }
  func bodyReceived(_ count: Int) { received.add(UInt64(count), ordering: .relaxed) }
  func headerOverdue() { lateHeaders.add(1, ordering: .relaxed) }
  func clientCertificateRefused() { refusedCertificates.add(1, ordering: .relaxed) }
  func bodyOverdue() { lateBodies.add(1, ordering: .relaxed) }
  func answerOverdue() { slowAnswers.add(1, ordering: .relaxed) }
  func connectionRefused() { refused.add(1, ordering: .relaxed) }
  func crowdedOut() { crowded.add(1, ordering: .relaxed) }
  func bodyRefused() { tooLarge.add(1, ordering: .relaxed) }

  /// `status` nil: no answer of ours was queued.
  func finished(status: Int?, bodyBytes: Int, completely: Bool) {
    switch (status ?? 0) / 100 {
    case 2: class2.add(1, ordering: .relaxed)
    case 3: class3.add(1, ordering: .relaxed)
    case 4: class4.add(1, ordering: .relaxed)
    case 5: class5.add(1, ordering: .relaxed)
    default: class0.add(1, ordering: .relaxed)
    }
    if completely {
      sent.add(UInt64(bodyBytes), ordering: .relaxed)
    } else {
      aborted.add(1, ordering: .relaxed)
    }
  }

  var snapshot: HTTPServerStatistics {
    HTTPServerStatistics(
      requestsByStatusClass: [
        class0.load(ordering: .relaxed), 0, class2.load(ordering: .relaxed), class3.load(ordering: .relaxed),
        class4.load(ordering: .relaxed), class5.load(ordering: .relaxed),
      ],
      requestsAborted: aborted.load(ordering: .relaxed), bodiesTooLarge: tooLarge.load(ordering: .relaxed),
      headersOverdue: lateHeaders.load(ordering: .relaxed),
      bodiesOverdue: lateBodies.load(ordering: .relaxed),
      crowdedOut: crowded.load(ordering: .relaxed),
      answersOverdue: slowAnswers.load(ordering: .relaxed),
      connectionsRefused: refused.load(ordering: .relaxed),
      bodyBytesSent: sent.load(ordering: .relaxed), bodyBytesReceived: received.load(ordering: .relaxed),
      clientCertificatesRefused: refusedCertificates.load(ordering: .relaxed),
      connectionsAccepted: accepted.load(ordering: .relaxed), connectionsOpen: open.load(ordering: .relaxed),
      requestsUnderWay: underWay.load(ordering: .relaxed))
  }
}
