internal import DurableIO
internal import Model

/// Reports as files.
package enum DrillFiles {
  /// Writes a file whole or not at all; its path.
  package static func write(
    _ bytes: [UInt8], directory: String, name: String
  ) throws(AskingFailure) -> String {
    // The daemon made the name, but which daemon was asked is not certain.
    guard !name.contains("/"), !name.hasPrefix(".") else {
      throw AskingFailure("\(quoted(name)) is no name of a file")
    }
    let path = "\(directory)/\(name)"
    do {
      try makeDirectory(directory, mode: 0o755)
      try AtomicFile.replace(path, with: bytes, mode: 0o644)
    } catch { throw AskingFailure("\(path) cannot be written: \(error)") }
    return path
  }
}
