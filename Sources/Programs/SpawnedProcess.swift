#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import Model
internal import Synchronization

/// Starts a program by `posix_spawn`: no shell, a process group of its own, and none of our descriptors.
enum SpawnedProcess {
  struct Failure: Error {
    let reason: FailureReason
    let detail: String
  }

  static func start(
    _ request: ProgramRequest, input: CInt, output: CInt, error: CInt
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
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, error, 2)
    for descriptor in leaks() { posix_spawn_file_actions_addclose(&actions, descriptor) }

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // Our threads block all signals and ignore some; a child must not inherit that, or it would not hear SIGTERM.
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    var all = sigset_t()
    sigfillset(&all)
    sigdelset(&all, SIGKILL)
    sigdelset(&all, SIGSTOP)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))

    var argv: [UnsafeMutablePointer<CChar>?] = request.arguments.map { strdup($0) } + [nil]
    var envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
    defer { for text in argv + envp { free(text) } }
    var pid: pid_t = 0
    let code = Pipe.spawning.withLock { _ in posix_spawn(&pid, path, &actions, &attributes, &argv, &envp) }
    guard code == 0 else {
      return .failure(Failure(reason: reason(code), detail: "\(path): \(errorText(code))"))
    }
    return .success(pid)
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
