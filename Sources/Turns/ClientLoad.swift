internal import Synchronization

/// What a client of many servers was doing at the end of its loop's last turn.
package struct ClientLoad: Sendable, Equatable {
  /// Runs that hold a slot.
  package var inFlight = 0
  /// Servers that wait for a slot.
  package var waiting = 0
  /// The most that ``inFlight`` ever was.
  package var mostInFlight = 0
  /// Logins known, each of which has one connection or none.
  package var logins = 0

  package init() {}
}

/// The newest load, from the loop's thread to whoever asks.
package final class LoadReport: Sendable {
  private let newest = Mutex(ClientLoad())

  package init() {}

  package var load: ClientLoad { newest.withLock { $0 } }

  package func publish(_ load: ClientLoad, logins: Int) {
    newest.withLock {
      $0 = load
      $0.logins = logins
    }
  }
}
