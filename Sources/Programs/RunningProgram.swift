#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import Model
internal import Threading

/// One program from its start to the moment when it and all that it started are gone. Confined to one thread.
///
/// Invariants:
/// - Every descriptor here is close-on-exec and is closed by ``close()``, which `deinit` calls as well.
/// - The program leads a process group of its own. The group is signalled only before its leader is reaped, so the
///   number cannot have been given to others.
final class RunningProgram {
  /// What the loop does next.
  private enum Stage { case running, terminated, killed, ended }

  private let request: ProgramRequest
  private let pid: pid_t
  /// Waits for the program's end, because Swift does not see `pidfd_open`, and tells it through ``endTeller``.
  private let waiter: OwnThread
  /// Its other end is closed when the program ends.
  private var endTeller: CInt
  private var input: CInt
  private var outputs: [CInt]
  private var unsent: ArraySlice<UInt8>
  private var result = ProgramResult(.cancelled)
  private var stage = Stage.running
  private var deadline: MonotonicInstant
  private let clock = SystemTime()

  /// How long a program has between SIGTERM and SIGKILL.
  static let grace = Duration.seconds(2)

  /// Starts the program.
  static func start(_ request: ProgramRequest) -> Result<RunningProgram, SpawnedProcess.Failure> {
    var pipes: [Pipe] = []
    for _ in 0..<4 {
      guard let pipe = Pipe.open() else {
        for pipe in pipes { pipe.close() }
        return .failure(.init(reason: .limit, detail: "no descriptor left"))
      }
      pipes.append(pipe)
    }
    let started = SpawnedProcess.start(
      request, input: pipes[0].reading, output: pipes[1].writing, error: pipes[2].writing, dying: .withThread)
    guard case .success(let pid) = started else {
      for pipe in pipes { pipe.close() }
      return .failure(started.failure ?? .init(reason: .other, detail: "it did not start"))
    }
    for end in [pipes[0].reading, pipes[1].writing, pipes[2].writing] { closeDescriptor(end) }
    let (own, teller) = ([pipes[0].writing, pipes[1].reading, pipes[2].reading], pipes[3])
    do throws(OwnThread.Failure) {
      let waiter = try OwnThread.start("farwatch-wait") {
        var facts = siginfo_t()
        // Left as a zombie: as long as it is one, nobody else gets its number.
        while waitid(P_PID, id_t(bitPattern: pid), &facts, WEXITED | WNOWAIT) < 0, errno == EINTR {}
        closeDescriptor(teller.writing)
      }
      return .success(RunningProgram(request, pid, waiter, teller.reading, own))
    } catch {
      kill(-pid, SIGKILL)
      SpawnedProcess.reap(pid)
      for end in own { closeDescriptor(end) }
      teller.close()
      return .failure(.init(reason: .limit, detail: error.description))
    }
  }

  private init(
    _ request: ProgramRequest, _ pid: pid_t, _ waiter: OwnThread, _ endTeller: CInt, _ descriptors: [CInt]
  ) {
    self.request = request
    self.pid = pid
    self.waiter = waiter
    self.endTeller = endTeller
    input = descriptors[0]
    outputs = [descriptors[1], descriptors[2]]
    for descriptor in descriptors { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
    unsent = request.standardInput[...]
    deadline = clock.monotonic + request.timeout
  }

  deinit { close() }

  /// Serves the program until it and its group have ended. `stop` is readable when it must end at once.
  func run(stop: CInt) -> ProgramResult {
    sendInput()
    while stage != .ended {
      var waits = [pollfd(fd: endTeller, events: Int16(POLLIN), revents: 0)]
      // Negative numbers are passed over by poll.
      waits.append(pollfd(fd: input, events: Int16(POLLOUT), revents: 0))
      for output in outputs { waits.append(pollfd(fd: output, events: Int16(POLLIN), revents: 0)) }
      waits.append(pollfd(fd: stage == .running ? stop : -1, events: Int16(POLLIN), revents: 0))
      let left = deadline - clock.monotonic
      let count = poll(&waits, nfds_t(waits.count), CInt(clamping: max(0, left.milliseconds &+ 1)))
      if count < 0, errno != EINTR { break }
      if count > 0 {
        if waits[1].revents != 0 { sendInput() }
        for place in outputs.indices where waits[2 + place].revents != 0 { receive(place) }
        if waits[0].revents != 0 {
          programEnded()
          break
        }
        if waits[4].revents != 0 { terminate(.cancelled) }
      }
      if clock.monotonic >= deadline { overdue() }
    }
    close()
    return result
  }

  private func overdue() {
    switch stage {
    case .running: terminate(.timedOut)
    case .terminated:
      stage = .killed
      deadline = clock.monotonic + .seconds(3600)
      kill(-pid, SIGKILL)
    case .killed, .ended: deadline = clock.monotonic + .seconds(3600)
    }
  }

  private func terminate(_ ending: ProgramResult.Ending) {
    result.ending = ending
    stage = .terminated
    deadline = clock.monotonic + Self.grace
    kill(-pid, SIGTERM)
    // One that is stopped hears nothing else.
    kill(-pid, SIGCONT)
  }

  /// The leader is dead but not yet reaped: its group still bears its number. What it left behind ends with it.
  private func programEnded() {
    kill(-pid, SIGKILL)
    // As much as a pipe holds; one that fled the group and writes for ever is not listened to.
    for place in outputs.indices { for _ in 0..<8 { receive(place) } }
    waiter.join()
    let status = SpawnedProcess.reap(pid)
    if stage == .running {
      let signal = status & 0x7f
      result.ending = signal == 0 ? .exited((status >> 8) & 0xff) : .killed(signal: signal)
    }
    stage = .ended
  }

  private func sendInput() {
    while input >= 0 {
      guard !unsent.isEmpty else { break }
      let count = unsent.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
      if count > 0 {
        unsent = unsent.dropFirst(count)
      } else if errno == EAGAIN {
        return
      } else if errno != EINTR {
        // A program that does not want to read all of it may still do its work.
        break
      }
    }
    closeDescriptor(input)
    input = -1
  }

  private func receive(_ place: Int) {
    var buffer = [UInt8](repeating: 0, count: 8192)
    while outputs[place] >= 0 {
      let count = read(outputs[place], &buffer, buffer.count)
      if count > 0 {
        keep(buffer[..<count], of: place)
        // The clock and the other descriptors are looked at between two reads of a flood.
        return
      }
      if count < 0, errno == EAGAIN { return }
      if count < 0, errno == EINTR { continue }
      closeDescriptor(outputs[place])
      outputs[place] = -1
    }
  }

  private func keep(_ bytes: ArraySlice<UInt8>, of place: Int) {
    let kept = place == 0 ? result.output.count : result.errorOutput.count
    let part = bytes.prefix(max(0, request.outputLimit - kept))
    if place == 0 { result.output += part } else { result.errorOutput += part }
  }

  private func close() {
    if stage != .ended {
      kill(-pid, SIGKILL)
      waiter.join()
      SpawnedProcess.reap(pid)
      stage = .ended
    }
    for descriptor in [endTeller, input] + outputs { closeDescriptor(descriptor) }
    endTeller = -1
    input = -1
    outputs = [-1, -1]
  }
}

extension Result {
  fileprivate var failure: Failure? { if case .failure(let failure) = self { failure } else { nil } }
}
