internal import Model
internal import StatusView
internal import Synchronization
internal import Terminal
internal import Threading

/// `farwatch top`: asks on a thread of its own, and shows on the caller's.
package struct StatusTop: Sendable {
  private let farwatch: RunningFarwatch
  private let interval: Duration
  private let colour: Bool

  /// - Parameter interval: a duration such as `2s`.
  package init(_ login: Login, interval: String, colour: Bool) throws(AskingFailure) {
    guard let pause = DurationText.parse(interval), pause >= .milliseconds(200), pause <= .seconds(3600)
    else {
      throw AskingFailure(
        "--interval \"\(interval)\" is no duration such as 2s, or not from 200ms to 1h", isMisuse: true)
    }
    farwatch = RunningFarwatch(login)
    self.interval = pause
    self.colour = colour
  }

  /// Until the user has enough.
  package func run(environment: [String: String]) throws(AskingFailure) {
    if TerminalSession.isPossible(environment: environment) { try show() } else { printed() }
  }

  // MARK: On a terminal

  private typealias Answer = Result<StatusAnswer, AskingFailure>

  /// Newest answers, for the thread that shows them.
  private final class Board: Sendable {
    private let answers = Mutex<[Answer]>([])
    func put(_ answer: Answer) { answers.withLock { $0 = [answer] } }
    func take() -> [Answer] {
      answers.withLock { answers in
        defer { answers = [] }; return answers
      }
    }
  }

  private func show() throws(AskingFailure) {
    let session: TerminalSession
    do throws(TerminalSession.Failure) { session = try TerminalSession() } catch {
      throw AskingFailure(error.description)
    }
    defer { session.end() }
    let board = Board()
    do throws(OwnThread.Failure) {
      try OwnThread.detached("farwatch-top") { [self] in
        follow { answer in
          board.put(answer)
          session.wake()
        }
      }
    } catch { throw AskingFailure(error.description) }
    loop(session, board)
  }

  private func loop(_ session: TerminalSession, _ board: Board) {
    var screen = TopScreen(address: farwatch.address, colour: colour)
    var shown: [String] = []
    while true {
      let (columns, rows) = TerminalSession.size
      let size = TopScreen.Size(columns: columns, rows: rows)
      let frame = screen.frame(size, at: farwatch.now())
      if frame != shown { session.draw(frame, over: shown) }
      shown = frame
      for event in session.next(upTo: .seconds(1)) {
        switch event {
        case .ended: return
        case .keys(let keys):
          for key in keys {
            switch screen.press(key, size: size) {
            case .quit: return
            case .drawAnew: shown = []
            case .goOn: break
            }
          }
        case .woken:
          for answer in board.take() {
            switch answer {
            case .success(let status): screen.hear(status, at: farwatch.now())
            case .failure(let failure): screen.miss(failure.line)
            }
          }
        // What stood there is gone.
        case .resized: shown = []
        case .timeout: break
        }
      }
    }
  }

  /// Gives answers as they come, for ever: when Farwatch says that there is news, and now and then.
  private func follow(_ hear: (Answer) -> Void) {
    let bell = Bell()
    let follower = EventsFollower(farwatch, bell)
    let time = SystemTime()
    var pace = AskingPace(interval: interval)
    while true {
      pace.asked(at: time.monotonic)
      hear(answer())
      while true {
        follower.tend()
        if follower.takeNews() { pace.heardNews() }
        let left = pace.wait(at: time.monotonic, isFollowing: follower.isFollowing)
        if left <= .zero { break }
        _ = bell.wait(upTo: min(left, .seconds(1)))
      }
    }
  }

  private func answer() -> Answer {
    do throws(AskingFailure) { return .success(try farwatch.askStatus()) } catch { return .failure(error) }
  }

  // MARK: As lines

  /// Prints what has changed, until somebody ends the process.
  private func printed() {
    var last: StatusAnswer?
    var trouble: String?
    follow { answer in
      switch answer {
      case .success(var status):
        let lines = farwatch.lines(status, width: TerminalText.columns, colour: colour)
        // Time alone is no news.
        status.takenAt = nil
        let news = status.withoutAges
        if news != last || trouble != nil {
          TerminalSession.write((lines + ["", ""]).joined(separator: "\n"), to: 1)
        }
        last = news
        trouble = nil
      case .failure(let failure):
        if trouble != failure.line {
          TerminalSession.write("NOT CONNECTED: \(TerminalText.plain(failure.line))\n\n", to: 1)
        }
        trouble = failure.line
      }
    }
  }
}

extension StatusAnswer {
  /// Equal to another's while nothing but time has passed.
  fileprivate var withoutAges: StatusAnswer {
    var status = self
    for index in status.links.indices { status.links[index].exposureSeconds = nil }
    for index in status.readiness.indices { status.readiness[index].exposureSeconds = nil }
    status.told?.failover = nil
    for region in status.regions.indices {
      status.regions[region].traffic = nil
      for check in status.regions[region].checks.indices {
        status.regions[region].checks[check].latencySeconds = nil
      }
    }
    return status
  }
}
