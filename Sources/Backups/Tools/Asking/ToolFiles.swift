internal import Model

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// The small files that a collection needs: secrets and the marker of a restore test. Blocks.
enum ToolFiles {
  private static let limit = 64 << 10
  /// Clocks of the machines that test restores may be this far ahead.
  private static let skewAllowed = Duration.seconds(120)

  /// The variables of the tool.
  static func environment(_ program: ToolProgram) -> Result<[String: String], ToolTrouble> {
    var all = program.environment
    for (name, secret) in program.secrets.sorted(by: { $0.key < $1.key }) {
      switch secret {
      case .environment(let variable):
        guard let value = getenv(variable).map({ String(cString: $0) }), !value.isEmpty else {
          return .failure(
            ToolTrouble(.configuration, "the variable \(variable) is not in Farwatch's environment"))
        }
        all[name] = value
      case .file(let path):
        switch read(path) {
        case .success(let file): all[name] = line(file.bytes)
        case .failure(let code):
          return .failure(ToolTrouble(reason(code), "the secret's file \(path): \(text(code))"))
        }
        if all[name]?.isEmpty ?? true {
          return .failure(ToolTrouble(.configuration, "the secret's file \(path) is empty"))
        }
      }
    }
    return .success(all)
  }

  /// When a restore was tested; a success of nil: the file is not there.
  static func marker(_ path: String, now: Timestamp) -> Result<Timestamp?, ToolTrouble> {
    switch read(path) {
    case .failure(let code) where code == ENOENT: return .success(nil)
    case .failure(let code):
      return .failure(ToolTrouble(reason(code), "the restore marker \(path): \(text(code))"))
    case .success(let file):
      let words = line(file.bytes)
      let written = Timestamp(rfc3339: words) ?? OrderedJSON.string(words).epoch
      let time = written ?? file.modified
      if time > now + skewAllowed {
        return .failure(
          ToolTrouble(.body, "the restore marker \(path) has a time in the future: \(time.rfc3339)"))
      }
      return .success(time)
    }
  }

  private static func read(_ path: String) -> Content {
    // A pipe would wait for a writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return .failure(errno) }
    defer { close(descriptor) }
    var facts = stat()
    guard fstat(descriptor, &facts) == 0 else { return .failure(errno) }
    guard facts.st_mode & S_IFMT == S_IFREG else { return .failure(EINVAL) }
    var bytes = [UInt8](repeating: 0, count: limit)
    var count = 0
    while count < limit {
      let got = bytes.withUnsafeMutableBytes { buffer in
        readBytes(descriptor, buffer.baseAddress?.advanced(by: count), limit - count)
      }
      if got < 0, errno == EINTR { continue }
      if got < 0 { return .failure(errno) }
      if got == 0 { break }
      count += got
    }
    let modified = Timestamp(
      milliseconds: Int64(facts.st_mtim.tv_sec) &* 1000 &+ Int64(facts.st_mtim.tv_nsec / 1_000_000))
    return .success((bytes: Array(bytes.prefix(count)), modified: modified))
  }

  private enum Content {
    case success((bytes: [UInt8], modified: Timestamp))
    case failure(CInt)
  }

  /// The first line, without blanks around it.
  private static func line(_ bytes: [UInt8]) -> String {
    let first = bytes.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == 0x0a }.first ?? []
    let blanks: [UInt8] = [0x20, 0x09, 0x0d]
    let trimmed = first.drop { blanks.contains($0) }.reversed().drop { blanks.contains($0) }.reversed()
    return String(decoding: Array(trimmed), as: UTF8.self)
  }

  private static func text(_ code: CInt) -> String { String(cString: strerror(code)) }

  private static func reason(_ code: CInt) -> FailureReason {
    switch code {
    case ENOENT, ENOTDIR: .missing
    case EACCES, EPERM: .permission
    default: .io
    }
  }
}

/// The system's `read`.
private func readBytes(_ descriptor: CInt, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  read(descriptor, buffer, count)
}
