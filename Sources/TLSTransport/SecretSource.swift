internal import Glibc
internal import Model

/// A password, and where it comes from. It is read anew for every connection, so that a rotated one works.
package enum SecretSource: Hashable, Sendable {
  /// A file of at most 4 KiB; white space around the password does not count.
  case file(String)
  /// An environment variable of this process.
  case environment(String)

  package func read() throws(StreamFailure) -> String {
    switch self {
    case .environment(let name):
      guard let value = getenv(name) else {
        throw StreamFailure(.configuration, "environment variable \(name) is not set")
      }
      return String(cString: value)
    case .file(let path):
      let descriptor = open(path, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else {
        throw StreamFailure(.configuration, "cannot read \(path): \(String(cString: strerror(errno)))")
      }
      defer { close(descriptor) }
      var bytes = [UInt8](repeating: 0, count: 4097)
      let count = Glibc.read(descriptor, &bytes, bytes.count)
      guard count > 0, count < bytes.count else {
        throw StreamFailure(.configuration, "\(path) is empty, unreadable or longer than 4 KiB")
      }
      let text = String(decoding: bytes[..<count], as: UTF8.self)
      return String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
  }
}
