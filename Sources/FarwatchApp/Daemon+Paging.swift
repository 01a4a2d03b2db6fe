internal import Alerting
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
    let notifying = daemon.reloads.current.settings.notifying
    return RoutingText.write(topics: notifying.topics.map(\.name), routes: notifying.routes)
  }

  func snapshot() -> PagingSnapshot? { daemon.loop.ask { $0.pagingSnapshot(now: $1.now) } }

  func post(_ alerts: [PostedAlert]) throws(PagingRefusal) {
    try change { $0.post(alerts, at: $1) }
    // On a full disk they are paged all the same, and whoever posts them does it again.
    if daemon.settle() == .busy { throw .busy }
  }

  func setSilence(_ silence: SilenceRequest) throws(PagingRefusal) -> String {
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
    daemon.loop.ask { $0.firing(choice, now: $1.now) }
  }

  /// Runs `body` on the core's thread.
  private func change<Answer: Sendable>(
    _ body: @escaping @Sendable (Conductor, TurnTime) -> Result<Answer, PagingRefusal>
  ) throws(PagingRefusal) -> Answer {
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

/// The alerts of rules are all that it knows until paging decides here.
extension Conductor {
  fileprivate static let unavailable = PagingRefusal.invalid("this Farwatch does not decide about pages yet")

  fileprivate func pagingSnapshot(now: Timestamp) -> PagingSnapshot {
    let alerts = engine.snapshot().groups.flatMap(\.rules).flatMap(\.alerts).filter { $0.state == .firing }
    return PagingSnapshot(
      alerts: alerts.map { alert in
        PagedAlert(
          identity: alert.identity, fingerprint: fingerprintText(alert.labels), source: .rule,
          status: .firing,
          labels: alert.labels, annotations: alert.annotations, startsAt: alert.activeAt, endsAt: nil,
          updatedAt: now, generatorURL: "")
      }, groups: [], silences: [])
  }

  fileprivate func post(_ alerts: [PostedAlert], at time: TurnTime) -> Result<Void, PagingRefusal> {
    .failure(Self.unavailable)
  }

  fileprivate func setSilence(_ silence: SilenceRequest, at time: TurnTime) -> Result<String, PagingRefusal> {
    .failure(Self.unavailable)
  }

  fileprivate func expireSilence(_ id: String, at time: TurnTime) -> Result<Void, PagingRefusal> {
    .failure(.notFound("silence not found"))
  }

  fileprivate func acknowledge(
    _ choice: AlertChoice, by: String, comment: String, at time: TurnTime
  ) -> Result<[String], PagingRefusal> { .failure(Self.unavailable) }

  fileprivate func unacknowledge(
    _ choice: AlertChoice, by: String, at time: TurnTime
  ) -> Result<[String], PagingRefusal> { .failure(Self.unavailable) }

  fileprivate func firing(_ choice: AlertChoice, now: Timestamp) -> [PagedAlert] {
    let all = pagingSnapshot(now: now).alerts
    switch choice {
    case .fingerprints(let wanted):
      let wanted = Set(wanted)
      return all.filter { wanted.contains($0.fingerprint) }
    case .thread(let thread, let until):
      return all.filter { $0.identity == thread && $0.startsAt <= until }
    }
  }
}

/// 16 hexadecimal digits, as Alertmanager shows a fingerprint.
private func fingerprintText(_ labels: Labels) -> String {
  let digits = String(labels.fingerprint, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}
