import FarwatchTesting
import Foundation

/// A program on a real pseudo terminal of 80 columns and 24 rows, led through by steps.
enum PseudoTerminal {
  struct Result: Decodable {
    /// Everything that it wrote.
    var output: String
    /// Whether the terminal's settings were at the end what they were before.
    var restored: Bool
    /// Exit code; negative: the signal that ended it.
    var code: Int
    /// Why a step was not reached.
    var fault: String?
  }

  enum Step {
    /// Until `text` is written, counted from the last step that waited.
    case wait(String)
    case send(String)
    case resize(rows: Int, columns: Int)
    case signal(Int32)
    /// Makes an empty file, for who waits outside.
    case touch(String)

    fileprivate var words: [String] {
      switch self {
      case .wait(let text): ["wait", text]
      case .send(let text): ["send", text]
      case .resize(let rows, let columns): ["resize", "\(rows)", "\(columns)"]
      case .signal(let number): ["signal", "\(number)"]
      case .touch(let path): ["touch", path]
      }
    }
  }

  static func run(
    _ arguments: [String], environment: [String: String] = ["TERM": "xterm"], _ steps: [Step]
  ) async throws -> Result {
    let asked = try JSONEncoder().encode([arguments] + steps.map(\.words))
    let said = try await ChildProcess.run(
      ["python3", "-c", script, String(decoding: asked, as: UTF8.self)],
      environment: ["NO_COLOR": ""].merging(environment) { $1 }, timeout: .seconds(120))
    return try JSONDecoder().decode(Result.self, from: Data(said.utf8))
  }

  /// The child waits at a pipe until the terminal has its size.
  private static let script = """
    import fcntl, json, os, pty, select, signal, struct, sys, termios, time
    arguments, *steps = json.loads(sys.argv[1])
    gate, opened = os.pipe()
    pid, terminal = pty.fork()
    if pid == 0:
        os.read(gate, 1)
        os.execvp(arguments[0], arguments)
    def size(rows, columns):
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    size(24, 80)
    before = termios.tcgetattr(terminal)
    os.write(opened, b"x")
    output, seen, fault = b"", 0, None
    def take(limit):
        global output
        if not select.select([terminal], [], [], limit)[0]: return True
        try: data = os.read(terminal, 65536)
        except OSError: return False
        output += data
        return bool(data)
    for step in steps:
        if step[0] == "wait":
            wanted, end = step[1].encode(), time.monotonic() + 60
            while wanted not in output[seen:]:
                if time.monotonic() > end or not take(1): fault = "never written: " + step[1]; break
            else: seen = output.index(wanted, seen) + len(wanted)
        elif step[0] == "send": os.write(terminal, step[1].encode())
        elif step[0] == "resize": size(int(step[1]), int(step[2]))
        elif step[0] == "touch": open(step[1], "w").close()
        elif step[0] == "signal":
            end = time.monotonic() + 30
            # What goes on has stopped before.
            while int(step[1]) == signal.SIGCONT and time.monotonic() < end:
                if open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0] == "T": break
                take(0.02)
            os.kill(pid, int(step[1]))
        if fault: os.kill(pid, signal.SIGKILL); break
    end = time.monotonic() + 30
    after = before
    while time.monotonic() < end:
        # Once nobody has it open its settings cannot be asked for.
        try: after = termios.tcgetattr(terminal)
        except termios.error: pass
        if not take(0.05): break
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT): break
    else: os.kill(pid, signal.SIGKILL)
    try: after = termios.tcgetattr(terminal)
    except termios.error: pass
    while select.select([terminal], [], [], 0)[0] and take(0): pass
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    print(json.dumps({"output": output.decode("utf-8", "replace"), "restored": after == before, "code": code, "fault": fault}))
    """
}
