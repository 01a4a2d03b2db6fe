#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// One line on standard error that says how far something long is: only on a terminal, gone when it is over.
package struct ProgressLine {
  private let isOn: Bool
  private let write: (String) -> Void
  private let now: () -> Duration
  private var shownAt: Duration?
  private let startedAt: Duration
  private var isShown = false
  /// What takes less is over before it could be read.
  private static let patience: Duration = .milliseconds(400)
  private static let between: Duration = .milliseconds(100)

  package init(environment: [String: String]) {
    self.init(
      isOn: isatty(STDERR_FILENO) == 1 && !ColourChoice.isDumb(environment), now: monotonicTime,
      write: { TerminalSession.write($0, to: STDERR_FILENO) })
  }

  init(isOn: Bool, now: @escaping () -> Duration, write: @escaping (String) -> Void) {
    self.isOn = isOn
    self.now = now
    self.write = write
    startedAt = now()
  }

  /// Says `text`, if there is time to read it.
  package mutating func show(_ text: @autoclosure () -> String) {
    guard isOn else { return }
    let time = now()
    guard time - startedAt >= Self.patience, shownAt.map({ time - $0 >= Self.between }) ?? true else {
      return
    }
    shownAt = time
    isShown = true
    write("\r\(TerminalText.cell(text(), limit: 79))\u{1b}[K")
  }

  /// Takes the line away: to be called before anything else is written, and at the end.
  package mutating func clear() {
    guard isShown else { return }
    isShown = false
    write("\r\u{1b}[K")
  }
}

private func monotonicTime() -> Duration {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
}
