#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Everything that comes on standard input, refused beyond `limit` bytes. Blocks until it ends.
package func readStandardInput(limit: Int) throws(IOFailure) -> [UInt8] {
  try readStream("/dev/stdin", limit: limit)
}

/// Everything that a file or a pipe has, refused beyond `limit` bytes. Blocks until it ends: for commands alone.
package func readStream(_ path: String, limit: Int) throws(IOFailure) -> [UInt8] {
  let bytes = try FileDescriptor(path, O_RDONLY).readAll(limit: limit)
  guard bytes.count <= limit else {
    throw IOFailure(path: path, operation: .read, code: 0, text: "larger than the limit of \(limit) bytes")
  }
  return bytes
}

/// Writes a report that nothing depends on: in place, so that a pipe or a terminal may take it too, and not durably.
package func writeReport(_ bytes: [UInt8], to path: String) throws(IOFailure) {
  try FileDescriptor(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644).writeAll(bytes)
}
