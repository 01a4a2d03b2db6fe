#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import CProcessStart
internal import Model
internal import Synchronization

/// Starts a program: no shell, a process group of its own, none of our descriptors, and an end when ours comes.
enum SpawnedProcess {
  /// When a program ends that nobody ends.
  enum Dying {
    /// With the thread that starts it, at the latest; what it started, with the daemon.
    case withThread
    /// With the daemon, by the hand of ``GroupWarden``: for programs that change threads.
    case withDaemon
    /// After us.
    case after
  }

  struct Failure: Error {
    let reason: FailureReason
    let detail: String
  }

  static func start(
    _ request: ProgramRequest, input: CInt, output: CInt, error: CInt, dying: Dying
  ) -> Result<pid_t, Failure> {
    guard let path = request.arguments.first, !path.isEmpty else {
      return .failure(Failure(reason: .configuration, detail: "no program is named"))
    }
    let environment = mergedEnvironment(request.environment)
    let texts = request.arguments + environment
    // C would cut the text there, and the program would get another one than was meant.
    guard !texts.contains(where: { $0.utf8.contains(0) }) else {
      return .failure(Failure(reason: .configuration, detail: "an argument holds a NUL byte"))
    }
    let leaks = leaks()
    var argv: [UnsafeMutablePointer<CChar>?] = request.arguments.map { strdup($0) } + [nil]
    var envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
    defer { for text in argv + envp { free(text) } }
    var pid: pid_t = 0
    let code = path.withCString { path in
      argv.withUnsafeMutableBufferPointer { argv in
        envp.withUnsafeMutableBufferPointer { envp in
          leaks.withUnsafeBufferPointer { leaks in
            var start = farwatch_process_start()
            start.path = path
            start.arguments = UnsafePointer(argv.baseAddress)
            start.environment = UnsafePointer(envp.baseAddress)
            (start.input, start.output, start.error) = (input, output, error)
            start.leaks = leaks.baseAddress
            start.leak_count = CInt(leaks.count)
            start.dies_with_thread = dying == .withThread ? 1 : 0
            return Pipe.spawning.withLock { _ in farwatch_process_start(&start, &pid) }
          }
        }
      }
    }
    guard code == 0 else {
      return .failure(Failure(reason: reason(code), detail: "\(path): \(errorText(code))"))
    }
    // The warden itself outlives us.
    if dying != .after { GroupWarden.shared.watch(pid) }
    return .success(pid)
  }

  /// Waits for the end of one that was started here, so that its number is free again, and tells how it ended.
  @discardableResult static func reap(_ pid: pid_t) -> CInt {
    GroupWarden.shared.forget(pid)
    var status: CInt = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    return status
  }

  /// `PATH` is the daemon's; nothing else of its environment is passed on, for it may hold secrets.
  private static func mergedEnvironment(_ given: [String: String]) -> [String] {
    var merged = given
    if merged["PATH"] == nil {
      merged["PATH"] = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
    }
    return merged.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
  }

  /// Descriptors that some library opened without close-on-exec. One that is opened or closed meanwhile is no error:
  /// closing a number that is not open is passed over.
  private static func leaks() -> [CInt] {
    guard let folder = opendir("/proc/self/fd") else { return [] }
    defer { closedir(folder) }
    var found: [CInt] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard let number = CInt(name), number > 2 else { continue }
      let flags = fcntl(number, F_GETFD)
      if flags >= 0, flags & FD_CLOEXEC == 0 { found.append(number) }
    }
    return found
  }

  private static func reason(_ code: CInt) -> FailureReason {
    switch code {
    case ENOENT, ENOTDIR: .missing
    case EACCES, EPERM: .permission
    case EAGAIN, ENOMEM, EMFILE, ENFILE: .limit
    case ENOEXEC, E2BIG, ELOOP, ENAMETOOLONG, EISDIR: .configuration
    default: .other
    }
  }
}
