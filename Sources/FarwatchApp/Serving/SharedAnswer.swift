internal import Model
internal import Synchronization
internal import Threading

/// An answer of the core that all who ask at about the same time share: however many look, the core is asked once.
final class SharedAnswer<Value: Sendable>: Sendable {
  /// One question under way.
  private final class Question: Sendable {
    struct State {
      /// nil: not answered yet.
      var answer: Value??
      var waiting: [Bell] = []
    }
    let state = Mutex(State())

    func end(_ answer: Value?) {
      let waiting = state.withLock { state in
        state.answer = .some(answer)
        return state.waiting
      }
      for bell in waiting { bell.ring() }
    }

    func wait(upTo limit: Duration) -> Value? {
      let bell = Bell()
      let known = state.withLock { state -> Value?? in
        if state.answer == nil { state.waiting.append(bell) }
        return state.answer
      }
      if let known { return known }
      _ = bell.wait(upTo: limit)
      return state.withLock { $0.answer ?? nil }
    }
  }

  private enum Way { case known(Value?), joins(Question), asks(Question) }

  private struct State {
    /// The newest, also where the core did not answer: then it is left alone for a while.
    var known: (answer: Value?, goodUntil: MonotonicInstant)?
    var question: Question?
  }

  /// For how long one is good: what takes the core long is asked for less often.
  private let goodFor: Duration
  private let time: any TimeSource
  private let state = Mutex(State())
  private static var costFactor: Int { 10 }
  private static var longestGood: Duration { .seconds(5) }
  /// For an answer that somebody else has asked for.
  private static var patience: Duration { .seconds(3) }

  init(goodFor: Duration, time: any TimeSource = SystemTime()) {
    self.goodFor = goodFor
    self.time = time
  }

  /// The answer as it was within the last moments, or a new one by `ask`; nil when the core did not answer in time.
  func get(_ ask: () -> Value?) -> Value? {
    let began = time.monotonic
    let way = state.withLock { state -> Way in
      if let known = state.known, began < known.goodUntil { return .known(known.answer) }
      if let question = state.question { return .joins(question) }
      let question = Question()
      state.question = question
      return .asks(question)
    }
    switch way {
    case .known(let answer): return answer
    case .joins(let question): return question.wait(upTo: Self.patience)
    case .asks(let question):
      let answer = ask()
      let ended = time.monotonic
      let good =
        answer == nil ? goodFor : max(goodFor, min(Self.longestGood, (ended - began) * Self.costFactor))
      state.withLock { state in
        // Forgotten meanwhile: it is good for those who asked before that, and for nobody else.
        guard state.question === question else { return }
        state.question = nil
        state.known = (answer, ended + good)
      }
      question.end(answer)
      return answer
    }
  }

  /// Something was changed by whoever looks next: he must see it.
  func forget() {
    state.withLock { state in
      state.known = nil
      state.question = nil
    }
  }
}
