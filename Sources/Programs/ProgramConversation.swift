#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
package import Model

/// A program that is spoken with through its standard input and output until one of the two ends it.
///
/// Its calls block up to their deadline: for a thread or queue of one's own, one at a time. What the program writes to
/// standard error is kept up to a limit and never stops it.
package final class ProgramConversation {
  package enum Trouble: Error, Hashable, Sendable {
    case notStarted(FailureReason, String)
    /// It closed its output; ``ProgramConversation/complaints`` may say why.
    case ended
    case timedOut
  }

  private let pid: pid_t
  private var input: CInt
  private var output: CInt
  private var errors: CInt
  private var received: [UInt8] = []
  private var result = ProgramResult(.cancelled)
  private let errorLimit: Int
  private let clock = SystemTime()

  /// Starts the program. Standard input and time-out of the request are not heeded.
  package init(_ request: ProgramRequest) throws(Trouble) {
    var pipes: [Pipe] = []
    for _ in 0..<3 {
      guard let pipe = Pipe.open() else {
        for pipe in pipes { pipe.close() }
        throw .notStarted(.limit, "no descriptor left")
      }
      pipes.append(pipe)
    }
    switch SpawnedProcess.start(
      request, input: pipes[0].reading, output: pipes[1].writing, error: pipes[2].writing, dying: .withDaemon)
    {
    case .failure(let why):
      for pipe in pipes { pipe.close() }
      throw .notStarted(why.reason, why.detail)
    case .success(let pid): self.pid = pid
    }
    for end in [pipes[0].reading, pipes[1].writing, pipes[2].writing] { closeDescriptor(end) }
    (input, output, errors) = (pipes[0].writing, pipes[1].reading, pipes[2].reading)
    errorLimit = request.outputLimit
    for descriptor in [input, output, errors] { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
  }

  deinit { end() }

  /// The lines that it wrote to standard error, printable and without those that hold no letter.
  package var complaints: [String] {
    result.errorOutput.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }).compactMap { line in
      let text = String(decoding: line, as: UTF8.self).unicodeScalars
        .filter { $0.value >= 0x20 && $0.value != 0x7f }.prefix(200)
      return text.contains { $0.properties.isAlphabetic } ? String(String.UnicodeScalarView(text)) : nil
    }
  }

  package func send(_ bytes: [UInt8], until deadline: MonotonicInstant) throws(Trouble) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno == EAGAIN {
        try wait(until: deadline, toSend: true)
      } else if errno != EINTR {
        // What it had to say before it went may still be under way.
        drainErrors(until: deadline)
        throw .ended
      }
    }
  }

  /// Exactly `count` bytes.
  package func receive(_ count: Int, until deadline: MonotonicInstant) throws(Trouble) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while received.count < count {
      let got = read(output, &buffer, buffer.count)
      if got > 0 {
        received += buffer[..<got]
      } else if got == 0 {
        drainErrors(until: deadline)
        throw .ended
      } else if errno == EAGAIN {
        try wait(until: deadline, toSend: false)
      } else if errno != EINTR {
        throw .ended
      }
    }
    defer { received.removeFirst(count) }
    return Array(received.prefix(count))
  }

  /// Ends the program and all that it started. Later calls do nothing.
  package func end() {
    guard input >= 0 else { return }
    for descriptor in [input, output, errors] { closeDescriptor(descriptor) }
    (input, output, errors) = (-1, -1, -1)
    // Not reaped yet, so that the group still bears its number.
    kill(-pid, SIGKILL)
    SpawnedProcess.reap(pid)
  }

  private func wait(until deadline: MonotonicInstant, toSend: Bool) throws(Trouble) {
    let left = deadline - clock.monotonic
    guard left > .zero else { throw .timedOut }
    var waits = [
      pollfd(fd: toSend ? input : output, events: Int16(toSend ? POLLOUT : POLLIN), revents: 0),
      pollfd(fd: errors, events: Int16(POLLIN), revents: 0),
    ]
    poll(&waits, nfds_t(waits.count), CInt(clamping: left.milliseconds &+ 1))
    if waits[1].revents != 0 { receiveErrors() }
  }

  /// Reads standard error to its end, for half a second at most.
  private func drainErrors(until deadline: MonotonicInstant) {
    let end = min(deadline, clock.monotonic + .milliseconds(500))
    while errors >= 0, clock.monotonic < end {
      var waits = [pollfd(fd: errors, events: Int16(POLLIN), revents: 0)]
      poll(&waits, 1, CInt(clamping: max(0, (end - clock.monotonic).milliseconds)))
      if waits[0].revents != 0 { receiveErrors() }
    }
  }

  private func receiveErrors() {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(errors, &buffer, buffer.count)
    if count > 0 {
      result.errorOutput += buffer[..<min(count, max(0, errorLimit - result.errorOutput.count))]
    } else if count == 0 || errno != EAGAIN && errno != EINTR {
      closeDescriptor(errors)
      errors = -1
    }
  }
}
