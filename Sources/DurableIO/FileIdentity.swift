#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Tells a file or directory from another one that came to its name.
package struct FileIdentity: Hashable, Sendable {
  private let device: UInt64
  private let number: UInt64
  package let size: Int

  /// What stands at `path`, a link as itself; nil when nothing does.
  package init?(_ path: String) throws(IOFailure) {
    var facts = stat()
    guard lstat(path, &facts) == 0 else {
      let failure = IOFailure(.status, path)
      if failure.isMissingFile { return nil }
      throw failure
    }
    self.init(facts)
  }

  fileprivate init(_ facts: stat) {
    device = UInt64(facts.st_dev)
    number = UInt64(facts.st_ino)
    size = Int(facts.st_size)
  }

  /// Whether both are one file, whatever was written to it in between.
  package func isSameFile(as other: FileIdentity) -> Bool {
    device == other.device && number == other.number
  }
}

extension Folder {
  /// Whether anything has this name: a directory, a dangling link, or a file that may not be read, too.
  package static func exists(_ path: String) -> Bool {
    var facts = stat()
    return lstat(path, &facts) == 0
  }
}

extension GrowingFile {
  /// Whether the file was removed, moved or replaced: what is written goes where no name leads to.
  package var isGone: Bool {
    var facts = stat()
    guard fstat(raw, &facts) == 0, facts.st_nlink > 0 else { return true }
    do {
      guard let named = try FileIdentity(path) else { return true }
      return !named.isSameFile(as: FileIdentity(facts))
    } catch {
      // The directory may not be searched at the moment: nothing is known to be wrong.
      return false
    }
  }
}
