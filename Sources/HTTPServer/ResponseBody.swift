internal import CMicroHTTPD

/// A response with that body and no header of ours; nil when memory is short. The caller destroys it.
///
/// Several segments go through a reading callback and not through `MHD_create_response_from_iovec`, though that would
/// save a copy. libmicrohttpd 0.9.75 puts the vector into the connection's memory pool, of which the client's headers
/// and pipelined requests leave as much as they please; when the vector does not fit, the library unlocks a mutex that
/// it does not hold, and aborts the process later, when it destroys it.
func makeResponseBody(_ body: HTTPServerResponse.Body) -> OpaquePointer? {
  switch body {
  case .empty, .stream, .deferred:
    return MHD_create_response_from_buffer(0, nil, .RESPMEM_PERSISTENT)
  case .bytes(let bytes):
    return bytes.withUnsafeBytes {
      MHD_create_response_from_buffer(
        $0.count, UnsafeMutableRawPointer(mutating: $0.baseAddress), .RESPMEM_MUST_COPY)
    }
  case .segments(let segments):
    let filled = segments.filter { !$0.storage.isEmpty }
    guard let first = filled.first else { return makeResponseBody(.empty) }
    let reader = SegmentReader(filled)
    let held = Unmanaged.passRetained(reader)
    let free: MHD_ContentReaderFreeCallback = { held in
      if let held { Unmanaged<SegmentReader>.fromOpaque(held).release() }
    }
    let response =
      filled.count == 1
      ? MHD_create_response_from_buffer_with_free_callback_cls(
        first.storage.count, UnsafeMutableRawPointer(mutating: first.storage.baseAddress), free,
        held.toOpaque())
      : MHD_create_response_from_callback(
        UInt64(reader.count), SegmentReader.blockBytes, readSegments, held.toOpaque(), free)
    if response == nil { held.release() }
    return response
  }
}

/// Keeps the segments of one response alive until libmicrohttpd is through with it, and hands them out as it asks.
///
/// Touched only by the thread that serves the connection.
private final class SegmentReader {
  /// Memory that each answer under way needs.
  static let blockBytes = 64 << 10

  let count: Int
  private let segments: [any SharedBytes]
  /// The segment that holds the next byte, and the position of its first byte in the body.
  private var place = 0
  private var placeStart = 0

  init(_ segments: [any SharedBytes]) {
    self.segments = segments
    count = segments.reduce(0) { $0 + $1.storage.count }
  }

  /// Copies the body's bytes from `position` on; as many as fit, 0 only behind the end.
  func read(from position: Int, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    if position < placeStart { (place, placeStart) = (0, 0) }
    var written = 0
    while place < segments.count, written < buffer.count {
      let storage = segments[place].storage
      let offset = position + written - placeStart
      guard offset < storage.count else {
        placeStart += storage.count
        place += 1
        continue
      }
      let piece = UnsafeRawBufferPointer(rebasing: storage[offset...].prefix(buffer.count - written))
      UnsafeMutableRawBufferPointer(rebasing: buffer[written...]).copyMemory(from: piece)
      written += piece.count
    }
    return written
  }
}

private func readSegments(
  _ held: UnsafeMutableRawPointer?, _ position: UInt64, _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int
) -> Int {
  guard let held, let buffer else { return -2 }  // MHD_CONTENT_READER_END_WITH_ERROR
  let read = Unmanaged<SegmentReader>.fromOpaque(held).takeUnretainedValue()
    .read(from: Int(position), into: UnsafeMutableRawBufferPointer(start: buffer, count: size))
  return read > 0 ? read : -1  // MHD_CONTENT_READER_END_OF_STREAM
}
