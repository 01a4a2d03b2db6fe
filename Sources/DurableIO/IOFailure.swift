#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// A file operation that did not work: what was tried, on what, and the system's words for why.
package struct IOFailure: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Operation: String, Sendable {
    case open, read, write, sync, rename, lock, status, changeMode = "chmod", makeDirectory = "mkdir"
  }

  package let path: String
  package let operation: Operation
  /// `errno`, or 0 when the refusal is our own (a file over its limit, a directory in place of a file).
  package let code: Int32
  package let text: String

  /// Nothing is there, as opposed to something that cannot be had.
  package var isMissingFile: Bool { code == ENOENT }

  /// Something is there already.
  package var isExistingFile: Bool { code == EEXIST }

  package init(path: String, operation: Operation, code: Int32, text: String) {
    self.path = path
    self.operation = operation
    self.code = code
    self.text = text
  }

  /// Takes the calling thread's `errno`: to be made before any other call.
  init(_ operation: Operation, _ path: String) {
    let code = errno
    // glibc's strerror keeps its buffer per thread (2.32 and later); known codes are constants anyway.
    self.init(path: path, operation: operation, code: code, text: String(cString: strerror(code)))
  }

  /// `cannot open /var/lib/farwatch/lock: Permission denied`.
  package var description: String { "cannot \(operation.rawValue) \(path): \(text)" }
}
