internal import CMicroHTTPD
internal import Synchronization

/// What keeps a connection suspended until there is something to send.
protocol ConnectionHold: AnyObject, Sendable {
  /// Ends it: the connection goes on now, and is never suspended again.
  func end()
}

/// Every hold of one server, so that none is left when it stops: libmicrohttpd ends the process when it is stopped
/// while a connection is suspended.
final class WaitingConnections: Sendable {
  private struct State {
    var streams: [ObjectIdentifier: any ConnectionHold] = [:]
    var answers: [ObjectIdentifier: any ConnectionHold] = [:]
    var takesStreams = true
    var takesAnswers = true
  }

  private let state = Mutex(State())

  /// A hold that comes too late is ended at once.
  func add(stream: any ConnectionHold) {
    let isOpen = state.withLock { state in
      if state.takesStreams { state.streams[ObjectIdentifier(stream)] = stream }
      return state.takesStreams
    }
    if !isOpen { stream.end() }
  }

  func add(answer: any ConnectionHold) {
    let isOpen = state.withLock { state in
      if state.takesAnswers { state.answers[ObjectIdentifier(answer)] = answer }
      return state.takesAnswers
    }
    if !isOpen { answer.end() }
  }

  func remove(_ hold: any ConnectionHold) {
    state.withLock { state in
      state.streams[ObjectIdentifier(hold)] = nil
      state.answers[ObjectIdentifier(hold)] = nil
    }
  }

  /// Streams end when the server begins to stop: nothing else would end them.
  func endStreams() {
    let ended = state.withLock { state in
      state.takesStreams = false
      return Array(state.streams.values)
    }
    for hold in ended { hold.end() }
  }

  /// Answers end then too: who works on one is told that nobody waits.
  func endAnswers() {
    let ended = state.withLock { state in
      state.takesAnswers = false
      return Array(state.answers.values)
    }
    for hold in ended { hold.end() }
  }
}

/// One connection, suspended or not. Used under its owner's lock only.
///
/// libmicrohttpd closes no suspended connection: while ``isSuspended``, the pointer is good.
///
/// `@unchecked Sendable`: a value that its owner keeps in a `Mutex`.
struct SuspendableConnection: @unchecked Sendable {
  private var connection: OpaquePointer?
  private(set) var isSuspended = false

  mutating func attach(_ connection: OpaquePointer) { self.connection = connection }

  /// On the thread that serves the connection.
  mutating func suspend() {
    guard let connection, !isSuspended else { return }
    isSuspended = true
    MHD_suspend_connection(connection)
  }

  /// On any thread.
  mutating func resume() {
    guard isSuspended, let connection else { return }
    isSuspended = false
    MHD_resume_connection(connection)
  }
}
