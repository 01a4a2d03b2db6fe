#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// A file that does not change any more, mapped into memory for as long as this lives.
///
/// The file may be unlinked meanwhile. Reading behind the end of one that somebody else has made shorter would kill the
/// process (SIGBUS): who keeps a mapping asks ``isWhole`` before it reads. What remains is a cut between the question
/// and the read, and a medium that fails to read a page; neither can be caught without a copy of everything. Nothing
/// in the house shortens a finished file.
///
/// `@unchecked Sendable`: the memory is mapped read-only and unmapped when the last reference goes.
package final class MappedFile: @unchecked Sendable {
  package let path: String
  package let bytes: UnsafeRawBufferPointer
  private let file: FileDescriptor

  package init(_ path: String) throws(IOFailure) {
    self.path = path
    file = try FileDescriptor(path, O_RDONLY | O_NONBLOCK)
    let status = try file.status()
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw IOFailure(path: path, operation: .read, code: 0, text: "not a regular file")
    }
    let size = Int(status.st_size)
    guard size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    let address = mmap(nil, size, PROT_READ, MAP_PRIVATE, file.raw, 0)
    guard let address, address != MAP_FAILED else { throw IOFailure(.read, path) }
    bytes = UnsafeRawBufferPointer(start: address, count: size)
  }

  /// Whether all that was mapped is in the file still. Costs a call of the system.
  package var isWhole: Bool {
    guard let status = try? file.status() else { return false }
    return Int(status.st_size) >= bytes.count
  }

  /// Tells the kernel that pages are read here and there, so that it fetches no neighbours in vain.
  package func expectRandomReads() {
    guard let base = bytes.baseAddress else { return }
    madvise(UnsafeMutableRawPointer(mutating: base), bytes.count, MADV_RANDOM)
  }

  deinit {
    guard let base = bytes.baseAddress else { return }
    munmap(UnsafeMutableRawPointer(mutating: base), bytes.count)
  }
}
