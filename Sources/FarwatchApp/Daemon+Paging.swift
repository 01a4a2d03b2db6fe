internal import AlertmanagerAPI
internal import Configuration
internal import Model
internal import Notifying
internal import Paging
internal import StateDatabase
internal import Synchronization
internal import Threading

extension Daemon: PagingDaemonFace {
  var paging: any PagingFace { DaemonPaging(daemon: self) }
  var wallClock: Timestamp { time.now }

  /// What became of the core's changes.
  enum Settling { case written, notWritten, busy }

  /// Waits until what the core has changed so far is on the disk.
  ///
  /// The question makes sure that the turn with the change has handed it over, the empty commit that it was written.
  func settle() -> Settling {
    guard loop.ask({ _, _ in true }) == true else { return .busy }
    let ended = Bell()
    let isGood = Mutex(false)
    database.commit([]) { result in
      if case .success = result { isGood.withLock { $0 = true } }
      ended.ring()
    }
    return ended.wait(upTo: .seconds(2)) && isGood.withLock { $0 } ? .written : .notWritten
  }
}

/// Paging as the API sees it: asks the core, and answers when what was changed is durable.
struct DaemonPaging: PagingFace {
  let daemon: Daemon

  var facts: DaemonFacts {
    let settings = daemon.reloads.current.settings
    return DaemonFacts(
      name: settings.vantage, version: Version.text, startedAt: daemon.startedAt,
      topics: settings.notifying.topics.map(\.name))
  }

  func configurationText() -> String {
    let settings = daemon.reloads.current.settings
    return RoutingText.write(topics: settings.notifying.topics.map(\.name), paging: settings.paging)
  }

  func snapshot() -> PagingSnapshot? {
    daemon.sharedPaging.get { daemon.loop.ask { $0.pagingSnapshot(now: $1) } }
  }

  func post(_ alerts: [PostedAlert]) throws(PagingRefusal) {
    // Others post all the time: who looks at the status may see it a moment later.
    try change(isOperator: false) { $0.post(alerts, at: $1) }
    // On a full disk they are paged all the same, and whoever posts them does it again.
    if daemon.settle() == .busy { throw .busy }
  }

  func setSilence(_ silence: SilenceDraft) throws(PagingRefusal) -> String {
    let id = try change { $0.setSilence(silence, at: $1) }
    try requireDurable()
    return id
  }

  func expireSilence(id: String) throws(PagingRefusal) {
    try change { $0.expireSilence(id, at: $1) }
    try requireDurable()
  }

  func acknowledge(
    _ choice: AlertChoice, by: String, comment: String
  ) throws(PagingRefusal) -> [String] {
    let changed = try change { $0.acknowledge(choice, by: by, comment: comment, at: $1) }
    try requireDurable()
    return changed
  }

  func unacknowledge(_ choice: AlertChoice, by: String) throws(PagingRefusal) -> [String] {
    let changed = try change { $0.unacknowledge(choice, by: by, at: $1) }
    try requireDurable()
    return changed
  }

  func firing(_ choice: AlertChoice) -> [PagedAlert]? {
    daemon.loop.ask { $0.firing(choice, now: $1) }
  }

  /// Runs `body` on the core's thread.
  private func change<Answer: Sendable>(
    isOperator: Bool = true,
    _ body: @escaping @Sendable (Conductor, TurnTime) -> Result<Answer, PagingRefusal>
  ) throws(PagingRefusal) -> Answer {
    defer {
      daemon.sharedPaging.forget()
      if isOperator { daemon.sharedStatus.forget() }
    }
    guard let result = daemon.loop.ask(body) else { throw .busy }
    return try result.get()
  }

  private func requireDurable() throws(PagingRefusal) {
    switch daemon.settle() {
    case .written: return
    case .notWritten: throw .notDurable
    case .busy: throw .busy
    }
  }
}

// MARK: What the core answers, on its thread

extension Conductor {
  func pagingSnapshot(now: TurnTime) -> PagingSnapshot {
    var snapshot = desk.snapshot(at: Moment(now))
    for place in snapshot.alerts.indices {
      snapshot.alerts[place].tellings = dispatcher.tellings(of: snapshot.alerts[place])
    }
    return snapshot
  }

  fileprivate func post(_ alerts: [PostedAlert], at time: TurnTime) -> Result<Void, PagingRefusal> {
    let refused = desk.post(alerts, at: Moment(time))
    return refused == 0
      ? .success(()) : .failure(.full("\(refused) alerts are too many: posted_alert_limit is reached"))
  }

  fileprivate func setSilence(_ silence: SilenceDraft, at time: TurnTime) -> Result<String, PagingRefusal> {
    do throws(SilenceProblem) {
      return .success(try desk.set(silence, at: Moment(time)))
    } catch { return .failure(PagingRefusal(error)) }
  }

  fileprivate func expireSilence(_ id: String, at time: TurnTime) -> Result<Void, PagingRefusal> {
    do throws(SilenceProblem) {
      return .success(try desk.expireSilence(id, at: Moment(time)))
    } catch { return .failure(PagingRefusal(error)) }
  }

  fileprivate func acknowledge(
    _ choice: AlertChoice, by: String, comment: String, at time: TurnTime
  ) -> Result<[String], PagingRefusal> {
    let chosen = firing(choice, now: time)
    if chosen.isEmpty { return .failure(.notFound("no such alert fires")) }
    _ = desk.acknowledge(chosen.map(\.identity), by: by, comment: comment, at: Moment(time))
    return .success(chosen.map(\.fingerprint))
  }

  fileprivate func unacknowledge(
    _ choice: AlertChoice, by: String, at time: TurnTime
  ) -> Result<[String], PagingRefusal> {
    let chosen = firing(choice, now: time).filter { $0.acknowledgement != nil }
    if chosen.isEmpty { return .failure(.notFound("no such alert is acknowledged")) }
    _ = desk.unacknowledge(chosen.map(\.identity), by: by, at: Moment(time))
    return .success(chosen.map(\.fingerprint))
  }

  fileprivate func firing(_ choice: AlertChoice, now: TurnTime) -> [PagedAlert] {
    switch choice {
    case .fingerprints(let wanted):
      let wanted = Set(wanted)
      return desk.firing(now: Moment(now)) { wanted.contains($0.labels.fingerprintText) }
    case .thread(let thread, let until):
      let members = desk.members(ofThread: thread)
      return desk.firing(now: Moment(now)) { members.contains($0.identity) && $0.startsAt <= until }
    }
  }
}

extension Moment {
  init(_ time: TurnTime) { self.init(now: time.now, monotonic: time.monotonic) }
}

extension PagingRefusal {
  fileprivate init(_ problem: SilenceProblem) {
    self =
      switch problem {
      case .notFound: .notFound("silence not found")
      case .invalid(let why): .invalid(why)
      case .limit(let why): .full(why)
      }
  }
}
