#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import Synchronization

/// Ends the groups of our programs when the daemon was ended itself and could do nothing any more (`kill -9`, out of
/// memory): a small process that is told which groups there are, and that hears our end as the end of its input.
///
/// A program dies with us in any case; the warden is there for what the program started. It is a shell because that is
/// the smallest thing that every system has, and it is given numbers only. Where there is none, only the programs
/// themselves die. What left the group (`setsid`) is not ended: no number leads to it, and orphans fall to the daemon's own
/// parents, not to the warden, whose children they never were. One that was ended is replaced at the next start of a program.
final class GroupWarden: Sendable {
  private struct State {
    /// The line to the warden; -1: there is none.
    var line: CInt = -1
    var pid: pid_t = 0
    var groups: Set<pid_t> = []
  }

  static let shared = GroupWarden()
  private let state = Mutex(State())

  /// `+ N` and `- N`. A group is never named after its leader was reaped, so its number cannot be another's. Signals
  /// that mean the daemon must not end it first.
  private static let script = """
    trap '' HUP INT QUIT TERM
    groups=' '
    while read -r sign group; do
      case $sign in
        +) groups="$groups$group " ;;
        -) groups="${groups%% "$group" *} ${groups#* "$group" }" ;;
      esac
    done
    for group in $groups; do kill -s KILL -- "-$group"; done 2>/dev/null
    """

  func watch(_ group: pid_t) {
    state.withLock { state in
      state.groups.insert(group)
      if state.line >= 0, Self.send("+ \(group)\n", state.line) { return }
      Self.end(&state)
      Self.start(&state)
    }
  }

  /// Before the leader is reaped.
  func forget(_ group: pid_t) {
    state.withLock { state in
      guard state.groups.remove(group) != nil, state.line >= 0 else { return }
      // One that does not hear must not keep a number that will be another's.
      if !Self.send("- \(group)\n", state.line) { Self.end(&state) }
    }
  }

  private static func start(_ state: inout State) {
    var ends: [CInt] = [-1, -1]
    let kind = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { return }
    defer { closeDescriptor(ends[1]) }
    let nowhere = open("/dev/null", O_RDWR | O_CLOEXEC)
    defer { closeDescriptor(nowhere) }
    let request = ProgramRequest(arguments: ["/bin/sh", "-c", script, "farwatch-warden"])
    guard nowhere >= 0,
      case .success(let pid) = SpawnedProcess.start(
        request, input: ends[1], output: nowhere, error: nowhere, dying: .after)
    else { return closeDescriptor(ends[0]) }
    (state.line, state.pid) = (ends[0], pid)
    for group in state.groups where !send("+ \(group)\n", ends[0]) { return end(&state) }
  }

  private static func end(_ state: inout State) {
    guard state.line >= 0 else { return }
    kill(state.pid, SIGKILL)
    closeDescriptor(state.line)
    state.line = -1
    var status: CInt = 0
    while waitpid(state.pid, &status, 0) < 0, errno == EINTR {}
  }

  /// Never waits: what does not fit was not heard.
  private static func send(_ text: String, _ line: CInt) -> Bool {
    let bytes = Array(text.utf8)
    let flags = CInt(MSG_NOSIGNAL | MSG_DONTWAIT)
    return sendBytes(line, bytes, bytes.count, flags) == bytes.count
  }
}

/// The system's `send`: inside of the type its own method has the name.
private func sendBytes(_ line: CInt, _ bytes: [UInt8], _ count: Int, _ flags: CInt) -> Int {
  send(line, bytes, count, flags)
}
