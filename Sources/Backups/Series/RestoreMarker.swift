#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import Model

private func readBytes(_ descriptor: Int32, _ buffer: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int {
  read(descriptor, buffer, count)
}

/// A file or object that a restore test leaves when it succeeded: its text tells when, or else its modification time.
enum RestoreMarker {
  /// Longest text that is read as a time.
  static let bytes = 64

  /// RFC 3339 or Unix seconds, with white space around it; nil for other text.
  static func moment(_ text: String) -> Timestamp? {
    let trimmed = String(
      text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    if let time = Timestamp(rfc3339: trimmed) { return time }
    guard let seconds = Double(trimmed), (1e9..<1e11).contains(seconds) else { return nil }
    return Timestamp(seconds: seconds)
  }

  /// What the file at `path` tells; nil when it is not there or not to be read. Blocks.
  static func read(_ path: String) -> Timestamp? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var facts = stat()
    guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { return nil }
    var text = [UInt8](repeating: 0, count: bytes + 1)
    let count = readBytes(descriptor, &text, text.count)
    if (1...bytes).contains(count), let told = moment(String(decoding: text[..<count], as: UTF8.self)) {
      return told
    }
    let (milliseconds, overflow) = Int64(facts.st_mtim.tv_sec).multipliedReportingOverflow(by: 1000)
    return overflow ? nil : Timestamp(milliseconds: milliseconds)
  }
}
