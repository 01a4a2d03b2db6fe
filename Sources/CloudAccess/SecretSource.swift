#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Where a secret stands: never in the configuration itself. Read at each use, so that a rotated one is taken up.
package enum SecretSource: Hashable, Sendable {
  case file(String)
  case environment(String)

  /// Names the place, never what is there.
  package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
  }

  private static let limit = 64 << 10

  /// The text without the white space around it. Blocks for as long as the file system does.
  package func read() throws(Failure) -> String {
    let text: String
    switch self {
    case .environment(let name):
      guard let value = getenv(name) else { throw Failure(description: "the variable \(name) is not set") }
      text = String(cString: value)
    case .file(let path): text = try Self.contents(of: path)
    }
    let trimmed = text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()
    guard !trimmed.isEmpty else { throw Failure(description: "\(place) is empty") }
    return String(trimmed)
  }

  private var place: String {
    switch self {
    case .file(let path): path
    case .environment(let name): "the variable \(name)"
    }
  }

  private static func contents(of path: String) throws(Failure) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw Failure(description: "\(path): \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: limit + 1)
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeMutableBytes { buffer in
        readDescriptor(descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done)
      }
      if count < 0, errno == EINTR { continue }
      if count < 0 { throw Failure(description: "\(path): \(String(cString: strerror(errno)))") }
      if count == 0 { break }
      done += count
    }
    guard done <= limit else { throw Failure(description: "\(path) has more than \(limit) bytes") }
    return String(decoding: bytes[..<done], as: UTF8.self)
  }
}

/// `read` of the system: inside of the type its own method has the name.
private func readDescriptor(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  read(descriptor, buffer, count)
}
