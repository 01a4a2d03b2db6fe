internal import Dispatch
internal import Synchronization
internal import Threading

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// The terminal of this process taken over for a full screen, and given back as it was: at ``end()``, which every way
/// out passes, also that of the signals that end a process. One at a time.
package final class TerminalSession: Sendable {
  package struct Failure: Error, Sendable, CustomStringConvertible { package let description: String }

  package enum Event: Sendable {
    case keys([Key])
    case resized
    /// A letter of somebody else: see ``wake()``.
    case woken
    /// SIGTERM, SIGINT, SIGHUP or SIGQUIT, or the terminal is gone.
    case ended
    case timeout
  }

  /// Both ends are terminals, and not one that takes lines only.
  package static func isPossible(environment: [String: String]) -> Bool {
    isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 && !ColourChoice.isDumb(environment)
  }

  private enum Letter: Sendable { case signal(CInt), wake }

  private let letters: Letterbox<Letter>
  private let before: termios
  private let reader = Mutex(KeyReader())
  private let sources: Mutex<[any DispatchSourceSignal]>

  /// Alternate screen, cursor hidden, and back.
  private static let enter = "\u{1b}[?1049h\u{1b}[?25l\u{1b}[H\u{1b}[2J"
  private static let leave = "\u{1b}[0m\u{1b}[?25h\u{1b}[?1049l"

  package init() throws(Failure) {
    var settings = termios()
    guard tcgetattr(STDIN_FILENO, &settings) == 0 else {
      throw Failure(description: "standard input is no terminal")
    }
    before = settings
    letters = try Letterbox { Failure(description: $0) }

    let queue = DispatchQueue(label: "farwatch.terminal.signals")
    var made: [any DispatchSourceSignal] = []
    let registered = DispatchGroup()
    for number in [SIGWINCH, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGTSTP] {
      // The default of SIGWINCH is to be ignored, too.
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler { [letters] in letters.post(.signal(number)) }
      registered.enter()
      source.setRegistrationHandler { registered.leave() }
      source.resume()
      made.append(source)
    }
    // Until then a signal is ignored.
    registered.wait()
    signal(SIGPIPE, SIG_IGN)
    sources = Mutex(made)
    takeOver()
  }

  private func takeOver() {
    var settings = before
    // Signals stay the terminal's business: ^C ends and ^Z stops as everywhere.
    settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
    tcsetattr(STDIN_FILENO, TCSADRAIN, &settings)
    Self.write(Self.enter, to: STDOUT_FILENO)
  }

  private func giveBack() {
    Self.write(Self.leave, to: STDOUT_FILENO)
    var settings = before
    tcsetattr(STDIN_FILENO, TCSADRAIN, &settings)
  }

  /// The terminal as it was. To be called once.
  package func end() {
    sources.withLock { for source in $0 { source.cancel() } }
    giveBack()
  }

  /// Columns and rows; 80 and 24 where the terminal does not say.
  package static var size: (columns: Int, rows: Int) {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
      return (80, 24)
    }
    return (Int(size.ws_col), Int(size.ws_row))
  }

  /// The screen in one write, each line over the one that was there: nothing flickers.
  ///
  /// - Parameter shown: what stands there; empty where that is not known.
  package func draw(_ lines: [String], over shown: [String]) {
    Self.write(Self.frame(lines, over: shown), to: STDOUT_FILENO)
  }

  /// What makes `lines` of `shown`: only lines that differ are written where their number stayed.
  package static func frame(_ lines: [String], over shown: [String]) -> String {
    guard lines.count == shown.count else {
      var frame = "\u{1b}[H"
      for (index, line) in lines.enumerated() { frame += (index == 0 ? "" : "\r\n") + line + "\u{1b}[K" }
      return frame + "\u{1b}[J"
    }
    var frame = ""
    for (index, line) in lines.enumerated() where line != shown[index] {
      frame += "\u{1b}[\(index + 1);1H" + line + "\u{1b}[K"
    }
    return frame
  }

  /// Ends the wait of ``next(upTo:)``. Any thread.
  package func wake() { letters.post(.wake) }

  /// What happens next, at the latest after `limit`.
  package func next(upTo limit: Duration) -> [Event] {
    var waiting = [
      pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
      pollfd(fd: letters.descriptor, events: Int16(POLLIN), revents: 0),
    ]
    let (seconds, attoseconds) = limit.components
    let milliseconds = min(max(seconds, 0), 3600) * 1000 + max(attoseconds, 0) / 1_000_000_000_000_000
    let found = poll(&waiting, 2, CInt(milliseconds))
    if found < 0 { return errno == EINTR ? [] : [.ended] }
    if found == 0 { return [.timeout] }
    var events: [Event] = []
    for letter in letters.empty() {
      switch letter {
      case .wake: events.append(.woken)
      case .signal(SIGWINCH): events.append(.resized)
      case .signal(SIGTSTP):
        stop()
        events.append(.resized)
      case .signal: events.append(.ended)
      }
    }
    if waiting[0].revents != 0 { events.append(readKeys()) }
    return events
  }

  private func readKeys() -> Event {
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = read(STDIN_FILENO, &bytes, bytes.count)
    if count < 0, errno == EINTR || errno == EAGAIN { return .keys([]) }
    guard count > 0 else { return .ended }
    return .keys(reader.withLock { $0.read(bytes[..<count]) })
  }

  /// ^Z: the shell gets its terminal, and we go on where we were when it lets us. SIGSTOP, because Dispatch has its hand
  /// on the other.
  private func stop() {
    giveBack()
    kill(getpid(), SIGSTOP)
    takeOver()
  }

  /// All of `text`, or as much as is taken.
  package static func write(_ text: String, to descriptor: CInt) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { writeDescriptor(descriptor, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR { continue }
      if written <= 0 { return }
      rest = rest.dropFirst(written)
    }
  }
}

/// `write` of the system: inside of the type its own method has the name.
private func writeDescriptor(_ descriptor: CInt, _ buffer: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, buffer, count)
}
