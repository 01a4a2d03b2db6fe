internal import CMicroHTTPD
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// A response body that is written little by little, for as long as both sides want: server-sent events, say.
///
/// It costs no thread: the connection sleeps while there is nothing to send. A client that reads too slowly loses the
/// stream: what waits for it never grows beyond ``limitBytes``.
package final class ResponseStream: Sendable {
  private struct State {
    var waiting: [UInt8] = []
    /// Of `waiting`, what is sent.
    var sent = 0
    var isFinished = false
    var isClosed = false
    var wasTooSlow = false
    var connection = SuspendableConnection()

    /// Forgets what is sent as soon as it is more than half: a client that always leaves a little, so that there is
    /// never nothing left, must not make the whole past stay. Each byte is moved once on average.
    mutating func drop() {
      if sent == waiting.count {
        waiting.removeAll(keepingCapacity: waiting.capacity <= 16 << 10)
      } else if sent > waiting.count / 2 {
        waiting.removeFirst(sent)
      } else {
        return
      }
      sent = 0
    }
  }

  package let limitBytes: Int
  private let state = Mutex(State())
  private let onClose: @Sendable () -> Void

  /// - Parameter onClose: called once, when nothing more can be sent, on any thread.
  package init(limitBytes: Int = 1 << 20, onClose: @escaping @Sendable () -> Void = {}) {
    self.limitBytes = limitBytes
    self.onClose = onClose
  }

  /// Sends that, behind what was written before; false: the stream is over and the bytes are dropped.
  @discardableResult
  package func write(_ bytes: [UInt8]) -> Bool {
    state.withLock { state in
      guard !state.isFinished, !state.isClosed else { return false }
      guard state.waiting.count - state.sent + bytes.count <= limitBytes else {
        state.wasTooSlow = true
        state.isFinished = true
        state.waiting = []
        state.sent = 0
        state.connection.resume()
        return false
      }
      state.waiting += bytes
      state.connection.resume()
      return true
    }
  }

  /// Ends the body behind what was written.
  package func finish() {
    state.withLock { state in
      state.isFinished = true
      state.connection.resume()
    }
  }

  /// Nothing more will be sent.
  package var isOver: Bool { state.withLock { $0.isFinished || $0.isClosed } }

  /// It was cut because the client did not read.
  package var wasTooSlow: Bool { state.withLock { $0.wasTooSlow } }

  /// Memory that the bytes take which are not sent yet, and those that are and were not dropped.
  var heldBytes: Int { state.withLock { $0.waiting.count } }

  func attach(_ connection: OpaquePointer) {
    let bits = UInt(bitPattern: connection)
    state.withLock { state in
      if let connection = OpaquePointer(bitPattern: bits) { state.connection.attach(connection) }
    }
  }

  /// The next bytes; 0: there are none yet, and the connection sleeps; -1: the end; -2: cut.
  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let start = UInt(bitPattern: buffer.baseAddress)
    let size = buffer.count
    return state.withLock { state in
      let count = min(size, state.waiting.count - state.sent)
      guard count > 0 else {
        if state.wasTooSlow { return -2 }
        if state.isFinished { return -1 }
        state.connection.suspend()
        return 0
      }
      let buffer = UnsafeMutableRawBufferPointer(start: .init(bitPattern: start), count: size)
      state.waiting.withUnsafeBytes {
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[state.sent..<state.sent + count]))
      }
      state.sent += count
      state.drop()
      return count
    }
  }

  fileprivate func close() {
    let isFirst = state.withLock { state in
      defer {
        state.isClosed = true
        state.waiting = []
        state.sent = 0
      }
      return !state.isClosed
    }
    if isFirst { onClose() }
  }
}

extension ResponseStream: ConnectionHold {
  func end() { finish() }
}

/// The stream of one response, and the server that must know of it.
private final class StreamReader {
  let stream: ResponseStream
  let waiting: WaitingConnections

  init(_ stream: ResponseStream, _ waiting: WaitingConnections) {
    self.stream = stream
    self.waiting = waiting
  }
}

/// A response that goes on until the stream ends; nil when memory is short. The caller destroys it.
func makeStreamedBody(
  _ stream: ResponseStream, _ connection: OpaquePointer, _ waiting: WaitingConnections
) -> OpaquePointer? {
  stream.attach(connection)
  waiting.add(stream: stream)
  let held = Unmanaged.passRetained(StreamReader(stream, waiting))
  let made = MHD_create_response_from_callback(
    .max, 16 << 10,
    { held, _, buffer, size in
      guard let held, let buffer else { return -2 }
      let reader = Unmanaged<StreamReader>.fromOpaque(held).takeUnretainedValue()
      return reader.stream.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: size))
    }, held.toOpaque(),
    { held in
      guard let held else { return }
      let reader = Unmanaged<StreamReader>.fromOpaque(held).takeRetainedValue()
      reader.waiting.remove(reader.stream)
      reader.stream.close()
    })
  if made == nil {
    waiting.remove(stream)
    stream.close()
    held.release()
  }
  return made
}
