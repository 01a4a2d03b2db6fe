internal import CZlib

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Reads a gzip file (RFC 1952) to its last byte and says whether it is whole.
///
/// Memory is bounded by two buffers of 64 KiB, zlib's window and the tail, whatever the file holds. The file is read
/// once, from its beginning; every member's header, CRC-32 and length are verified.
package enum GzipFile {
  package struct Limits: Hashable, Sendable {
    /// Last bytes of the decompressed stream to keep.
    package var tailBytes: Int
    /// Decompressed bytes after which the check gives up with ``Verdict/limit``: a small file can hold petabytes.
    package var decompressedBytes: UInt64

    package init(tailBytes: Int = 4096, decompressedBytes: UInt64 = 1 << 40) {
      self.tailBytes = tailBytes
      self.decompressedBytes = decompressedBytes
    }
  }

  package enum Verdict: Hashable, Sendable {
    /// Every member is complete and its checksum and length are right, and the file ends there.
    case complete
    /// The file ends inside a member.
    case truncated
    /// Not gzip data, a wrong checksum or length, or damage inside; zlib's words.
    case corrupt(String)
    /// Whole members, then this many bytes or more that are not gzip. Zeros alone (tape blocks) are not garbage.
    case trailingGarbage
    /// Not verified: ``Limits/decompressedBytes`` was reached.
    case limit
    /// Not verified: `proceed` said no.
    case cancelled
    /// Not verified: the file could not be opened or read; the system's words.
    case unreadable(String)
  }

  package struct Report: Hashable, Sendable {
    package var verdict: Verdict
    package var members: Int = 0
    package var compressedBytes: UInt64 = 0
    package var decompressedBytes: UInt64 = 0
    /// The last bytes that came out, at most ``Limits/tailBytes``.
    package var tail: [UInt8] = []
  }

  private static let bufferBytes = 64 << 10

  /// Checks the file at `path`. Blocks while it reads.
  ///
  /// `proceed` is asked before each chunk of 64 KiB of the file, with the number of bytes read so far: it may wait, to
  /// leave the disk to others, and its false ends the check.
  package static func check(
    path: String, limits: Limits = Limits(), proceed: (_ compressedBytes: UInt64) -> Bool = { _ in true }
  ) -> Report {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      return Report(verdict: .unreadable(String(cString: strerror(errno))))
    }
    defer { close(descriptor) }
    // The pages are read once: keep them from pushing a database's own out of the cache.
    defer { posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED) }
    return check(descriptor: descriptor, limits: limits, proceed: proceed)
  }

  /// As ``check(path:limits:proceed:)`` for an open file, which stays open and is read from its present place.
  package static func check(
    descriptor: Int32, limits: Limits, proceed: (_ compressedBytes: UInt64) -> Bool
  ) -> Report {
    guard var inflater = MemberInflater(limits: limits) else {
      return Report(verdict: .unreadable("out of memory"))
    }
    defer { inflater.end() }
    var buffer = [UInt8](repeating: 0, count: bufferBytes)
    while true {
      guard proceed(inflater.report.compressedBytes) else { return inflater.finish(.cancelled) }
      let count = buffer.withUnsafeMutableBytes { bytes in
        while true {
          let count = read(descriptor, bytes.baseAddress, bytes.count)
          if count >= 0 || errno != EINTR { return count }
        }
      }
      if count < 0 { return inflater.finish(.unreadable(String(cString: strerror(errno)))) }
      if count == 0 { return inflater.finish(inflater.verdictAtEnd) }
      if let verdict = inflater.feed(&buffer, count) { return inflater.finish(verdict) }
    }
  }
}

/// The state of one check. Invariant: between two calls of `feed`, all input so far was consumed.
struct MemberInflater {
  private enum Place {
    /// Before the first byte of a member, or of the zeros that may follow the last.
    case between
    case inMember
    case padding
  }

  private(set) var report = GzipFile.Report(verdict: .truncated)
  private let limits: GzipFile.Limits
  private var place = Place.between
  private var tail: TailBuffer
  private var output = [UInt8](repeating: 0, count: 64 << 10)
  // zlib keeps a pointer to the stream in its own state, so the stream must never move.
  private let stream: UnsafeMutablePointer<z_stream>

  /// nil when zlib finds no memory.
  init?(limits: GzipFile.Limits) {
    self.limits = limits
    tail = TailBuffer(capacity: max(0, limits.tailBytes))
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 15 bits of window, + 16: gzip framing only; zlib itself then verifies header, CRC and length.
    guard farwatch_inflate_init(stream, 15 + 16) == Z_OK else {
      stream.deallocate()
      return nil
    }
  }

  func end() {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// What it means that the file ends here.
  var verdictAtEnd: GzipFile.Verdict {
    place == .inMember || report.members == 0 ? .truncated : .complete
  }

  func finish(_ verdict: GzipFile.Verdict) -> GzipFile.Report {
    var report = report
    report.verdict = verdict
    report.tail = tail.bytes
    return report
  }

  /// Takes the first `count` bytes of `input`; a verdict when there is no point in going on.
  mutating func feed(_ input: inout [UInt8], _ count: Int) -> GzipFile.Verdict? {
    report.compressedBytes += UInt64(count)
    var start = 0
    while start < count {
      switch place {
      case .padding:
        guard input[start..<count].allSatisfy({ $0 == 0 }) else { return .trailingGarbage }
        return nil
      case .between:
        if report.members > 0 {
          if input[start] == 0 {
            place = .padding
            continue
          }
          guard input[start] == 0x1f else { return .trailingGarbage }
          inflateReset(stream)
        }
        place = .inMember
      case .inMember:
        let (used, verdict) = inflateSome(&input, start, count)
        start += used
        if let verdict { return verdict }
      }
    }
    return nil
  }

  /// Decompresses until the input is used up, the member ends, or something is wrong.
  private mutating func inflateSome(
    _ input: inout [UInt8], _ start: Int, _ count: Int
  ) -> (used: Int, verdict: GzipFile.Verdict?) {
    input.withUnsafeMutableBufferPointer { bytes in
      stream.pointee.next_in = bytes.baseAddress?.advanced(by: start)
      stream.pointee.avail_in = UInt32(count - start)
      defer { stream.pointee.next_in = nil }
      while true {
        let (code, produced) = inflateOnce()
        report.decompressedBytes += UInt64(produced)
        tail.append(output[..<produced])
        let used = count - start - Int(stream.pointee.avail_in)
        if report.decompressedBytes > limits.decompressedBytes { return (used, .limit) }
        switch code {
        case Z_STREAM_END:
          report.members += 1
          place = .between
          return (used, nil)
        case Z_OK, Z_BUF_ERROR:
          // A full output buffer may hide more; anything less means that zlib wants input.
          if stream.pointee.avail_in == 0, produced < output.count { return (used, nil) }
          // Cannot be, says zlib's contract; but a loop that trusts it would never end.
          if code == Z_BUF_ERROR, produced == 0 { return (used, .corrupt("no progress")) }
        default:
          // A second member whose header is wrong never was one.
          if report.members > 0, stream.pointee.total_out == 0, stream.pointee.total_in < 10 {
            return (used, .trailingGarbage)
          }
          let words = stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(code)"
          return (used, .corrupt(words))
        }
      }
    }
  }

  private mutating func inflateOnce() -> (code: Int32, produced: Int) {
    output.withUnsafeMutableBufferPointer { bytes in
      stream.pointee.next_out = bytes.baseAddress
      stream.pointee.avail_out = UInt32(bytes.count)
      let code = inflate(stream, Z_NO_FLUSH)
      stream.pointee.next_out = nil
      return (code, bytes.count - Int(stream.pointee.avail_out))
    }
  }
}

/// The last `capacity` bytes of everything that was appended.
struct TailBuffer {
  let capacity: Int
  private var kept: [UInt8] = []

  init(capacity: Int) { self.capacity = capacity }

  var bytes: [UInt8] { Array(kept.suffix(capacity)) }

  mutating func append(_ more: ArraySlice<UInt8>) {
    if more.count >= capacity {
      kept = Array(more.suffix(capacity))
      return
    }
    kept.append(contentsOf: more)
    // Cut only now and then, so that many small pieces cost no quadratic copying.
    if kept.count > 2 * capacity + 4096 { kept.removeFirst(kept.count - capacity) }
  }
}
