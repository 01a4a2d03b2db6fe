internal import Collecting
internal import Dispatch
internal import Model
internal import Programs
internal import Synchronization

/// Runs a backup tool, one question after the other, and tells what it said.
///
/// The time-out is of the whole collection. A tool that cannot be ended (one that sudo made another's, or that hangs in
/// the kernel) is reported at the time-out and at every later collection, and never joined by a second one.
final class ToolBackupCollector<Dialogue: ToolDialogue>: Collector {
  let description: CollectorDescription
  private let basics: BackupBasics
  private let program: ToolProgram
  private let marker: String?
  private let runner: ProgramRunner
  private let time: any TimeSource
  /// Reads files, which may hang on a dead mount.
  private let reading: DispatchQueue
  private let state: Mutex<State>

  private struct State {
    var dialogue: Dialogue
    var memory: ToolBackupState
    var occupancy = Occupancy()
  }

  init<Settings: ToolBackupSettings>(
    _ settings: Settings, _ dialogue: Dialogue, runner: ProgramRunner, time: any TimeSource
  ) {
    description = settings.description
    basics = settings.basics
    program = settings.program
    marker = settings.rules.restoreMarker
    self.runner = runner
    self.time = time
    reading = DispatchQueue(label: "farwatch.backup.tool")
    state = Mutex(State(dialogue: dialogue, memory: ToolBackupState(basics, settings.rules)))
  }

  func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let pass = OneAnswer(startedAt: time.now, started: time.monotonic, completion)
    if let age = state.withLock({ $0.occupancy.enter(pass) }) {
      let detail = "\(program.path) has been running for \(age) and cannot be ended; no second one is started"
      reading.async { self.fail(pass, ToolTrouble(.overrun, detail)) }
      return
    }
    reading.async { self.begin(pass) }
    // The runner stops a program at the time-out; this is for what it cannot stop.
    let guarded = basics.timeout + .seconds(3)
    DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(Int(clamping: guarded.milliseconds))) {
      [weak self] in
      self?.fail(pass, ToolTrouble(.timeout, "the tool did not end in time and cannot be stopped"))
    }
  }

  // MARK: - One pass

  private func begin(_ pass: OneAnswer) {
    switch ToolFiles.environment(program) {
    case .failure(let trouble): end(pass) { self.fail(pass, trouble) }
    case .success(let environment):
      let tested = marker.map { ToolFiles.marker($0, now: time.now) }
      state.withLock { $0.dialogue.begin(at: pass.startedAt) }
      ask(pass, environment, tested)
    }
  }

  private func ask(
    _ pass: OneAnswer, _ environment: [String: String], _ tested: Result<Timestamp?, ToolTrouble>?
  ) {
    guard let question = state.withLock({ $0.dialogue.next() }) else {
      conclude(pass, tested)
      return
    }
    let left = basics.timeout - (time.monotonic - pass.started)
    guard left > .zero else {
      let late = ToolTrouble(.timeout, "`\(question.name)`: no time was left for it")
      state.withLock { $0.dialogue.heard(.failure(late), to: question) }
      ask(pass, environment, tested)
      return
    }
    var request = ProgramRequest(arguments: program.runAs + [program.path] + question.arguments)
    request.environment = environment
    request.timeout = left
    request.outputLimit = program.outputLimit
    let secrets = program.secrets.keys.compactMap { environment[$0] }
    runner.start(request) { result in
      var reply = ToolReply.from(result, question, limit: self.program.outputLimit)
      if case .success(var said) = reply {
        // What a tool says in anger may hold what it was given.
        for secret in secrets where secret.utf8.count >= 4 {
          said.errors = said.errors.replacing(secret, with: "***")
        }
        reply = .success(said)
      }
      self.state.withLock { $0.dialogue.heard(reply, to: question) }
      self.ask(pass, environment, tested)
    }
  }

  private func conclude(_ pass: OneAnswer, _ tested: Result<Timestamp?, ToolTrouble>?) {
    let now = time.now
    let told: Result<(verdict: Outcome.Verdict, readings: [Reading]), ToolTrouble> = state.withLock { state in
      switch state.dialogue.findings(basics, at: now) {
      case .failure(let trouble): return .failure(trouble)
      case .success(let findings): return .success(state.memory.readings(findings, marker: tested, at: now))
      }
    }
    end(pass) {
      switch told {
      case .failure(let trouble): self.fail(pass, trouble)
      case .success(let (verdict, readings)): self.finish(pass, verdict, readings)
      }
    }
  }

  private func end(_ pass: OneAnswer, _ answer: () -> Void) {
    state.withLock { $0.occupancy.leave() }
    answer()
  }

  private func fail(_ pass: OneAnswer, _ trouble: ToolTrouble) {
    guard !pass.isOver else { return }
    let readings = state.withLock { $0.memory.absence }
    finish(pass, .failure(trouble.reason, detail: "\(description.name): \(trouble.detail)"), readings)
  }

  private func finish(_ pass: OneAnswer, _ verdict: Outcome.Verdict, _ readings: [Reading]) {
    pass.finish(
      Outcome(
        startedAt: pass.startedAt, finishedAt: time.now, took: time.monotonic - pass.started,
        verdict: verdict,
        readings: readings))
  }
}
