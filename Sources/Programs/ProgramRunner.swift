internal import Model
internal import Secrets
internal import Synchronization
internal import Threading

/// Runs programs beside each other, each on a thread of its own, up to a limit.
///
/// Completions run on those threads: they hand over and return. One program that hangs holds up no other, until the
/// limit is reached; then a request is refused with the reason `limit` and its owner tries again.
package final class ProgramRunner: Sendable {
  private struct State {
    var running = 0
    var isStopped = false
    var idle: Bell?
  }

  private let state = Mutex(State())
  private let limit: Int
  /// Its reading end tells of the end of the writing one, which is closed when the runner is stopped.
  private let stopBell: Pipe?

  package init(limit: Int = 64) {
    self.limit = limit
    stopBell = Pipe.open()
  }

  deinit {
    closeDescriptor(stopBell?.reading ?? -1)
    if !state.withLock({ $0.isStopped }) { closeDescriptor(stopBell?.writing ?? -1) }
  }

  /// Begins to run a program. `completion` is called exactly once, possibly before this returns.
  package func start(_ request: ProgramRequest, _ completion: @escaping @Sendable (ProgramResult) -> Void) {
    let refusal: ProgramResult.Ending? = state.withLock { state in
      if state.isStopped { return .cancelled }
      guard state.running < limit else {
        return .notStarted(.limit, "\(limit) programs are already running")
      }
      state.running += 1
      return nil
    }
    if let refusal { return completion(ProgramResult(refusal)) }
    do throws(OwnThread.Failure) {
      try OwnThread.detached("farwatch-exec") { [self] in
        completion(run(request))
        finishedOne()
      }
    } catch {
      finishedOne()
      completion(ProgramResult(.notStarted(.limit, error.description)))
    }
  }

  /// Ends what runs and waits for it; later requests are cancelled.
  package func stop() {
    let idle = Bell()
    let isBusy = state.withLock { state in
      if !state.isStopped { closeDescriptor(stopBell?.writing ?? -1) }
      state.isStopped = true
      state.idle = idle
      return state.running > 0
    }
    // Each has its grace and is killed then; nothing here lasts longer.
    if isBusy { _ = idle.wait(upTo: RunningProgram.grace + .seconds(3)) }
  }

  private func run(_ request: ProgramRequest) -> ProgramResult {
    var request = request
    var secrets: [String] = []
    for (name, source) in request.secrets.sorted(by: { $0.key < $1.key }) {
      func refusal(_ why: String) -> ProgramResult {
        ProgramResult(.notStarted(.configuration, "the variable \(name): \(why)"))
      }
      do throws(SecretSource.Failure) {
        let secret = try source.read()
        guard secret.utf8.count >= OutputRedaction.shortest else {
          return refusal("a secret needs \(OutputRedaction.shortest) bytes at least")
        }
        secrets.append(secret)
        request.environment[name] = secret
      } catch { return refusal(error.description) }
    }
    switch RunningProgram.start(request) {
    case .success(let program):
      var result = program.run(stop: stopBell?.reading ?? -1)
      let redaction = OutputRedaction(of: secrets)
      result.output = redaction.applied(to: result.output, limit: request.outputLimit)
      result.errorOutput = redaction.applied(to: result.errorOutput, limit: request.outputLimit)
      return result
    case .failure(let why): return ProgramResult(.notStarted(why.reason, why.detail))
    }
  }

  private func finishedOne() {
    let idle = state.withLock { state in
      state.running -= 1
      return state.running == 0 ? state.idle : nil
    }
    idle?.ring()
  }
}
