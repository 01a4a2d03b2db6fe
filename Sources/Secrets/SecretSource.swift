#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Where a secret stands: never in the configuration itself. Read at each use, so that a rotated one is taken up.
package enum SecretSource: Hashable, Sendable {
  /// A file of at most 64 KiB.
  case file(String)
  /// An environment variable of this process.
  case environment(String)

  /// Names the place, never what is there.
  package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
  }

  private static let limit = 64 << 10

  /// The text without the white space around it, never empty. Blocks for as long as the file system does.
  package func read() throws(Failure) -> String {
    let text = String(decoding: try bytes(), as: UTF8.self)
    let trimmed = text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()
    guard !trimmed.isEmpty else { throw Failure(description: "\(place) is empty") }
    return String(trimmed)
  }

  /// What stands before the first end of a line, white space and all; it may be empty. Blocks like ``read()``.
  package func readFirstLine() throws(Failure) -> String {
    let line = try bytes().prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
    return String(decoding: line, as: UTF8.self)
  }

  private var place: String {
    switch self {
    case .file(let path): path
    case .environment(let name): "environment variable \(name)"
    }
  }

  private func bytes() throws(Failure) -> [UInt8] {
    switch self {
    case .environment(let name):
      guard let value = getenv(name) else { throw Failure(description: "\(place) is not set") }
      return Array(String(cString: value).utf8)
    case .file(let path): return try Self.contents(of: path)
    }
  }

  private static func contents(of path: String) throws(Failure) -> [UInt8] {
    // A pipe that nobody writes to must not hold anybody up.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw unreadable(path) }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: limit + 1)
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeMutableBytes { buffer in
        readDescriptor(descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done)
      }
      if count < 0, errno == EINTR { continue }
      if count < 0 { throw unreadable(path) }
      if count == 0 { break }
      done += count
    }
    guard done <= limit else { throw Failure(description: "\(path) is longer than 64 KiB") }
    return Array(bytes[..<done])
  }

  private static func unreadable(_ path: String) -> Failure {
    Failure(description: "cannot read \(path): \(String(cString: strerror(errno)))")
  }
}

/// `read` of the system: inside of the type its own method has the name.
private func readDescriptor(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  read(descriptor, buffer, count)
}
