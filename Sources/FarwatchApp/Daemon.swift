internal import AccessControl
internal import Alerting
internal import CheckIns
internal import CloudWatchAlarms
internal import Configuration
internal import Dispatch
internal import Drills
internal import DurableIO
internal import Exposition
internal import HTTPClient
internal import HTTPServer
internal import Journal
internal import Logging
internal import Model
internal import Notifying
internal import Paging
internal import ProcessMemory
internal import PrometheusAPI
internal import Readiness
internal import SampleStore
internal import StateDatabase
internal import StatusPage
internal import Synchronization
internal import Threading

/// One running Farwatch: the core, its carriers, its listener and its state directory.
package final class Daemon: Sendable {
  let configurationFile: String
  /// Given on the command line, in place of the one that the configuration names.
  private let webFile: String?
  private let logger: Logger
  let time = SystemTime()
  let startedAt = SystemTime().now
  private let lock: LockFile
  let database: StateDatabase
  let identity: SigningIdentity
  let acknowledgeLink: AcknowledgeLink
  let store: SampleStore
  private let trends: Trends
  /// What is looked at often, asked of the core once for everybody.
  let sharedStatus = SharedAnswer<StatusSnapshot>(goodFor: .milliseconds(500))
  let sharedPaging = SharedAnswer<PagingSnapshot>(goodFor: .milliseconds(50))
  private let pages: PageRenderer
  private let collectors: CollectorFactory
  private let deliveries: DeliveryCarrier
  let loop: CoreLoop
  private let feeds: Feeds
  private let server: HTTPServer
  private let endpoints: EndpointBox
  private let access: ListenerAccess
  private let streams: EventStreams
  let answers = AnswerThreads()
  let reloads: ReloadLog
  let queries: QueryThreads
  /// Taken while a question about the journal reads the database: one at a time, or they would shut out all others.
  let reading = Mutex(false)
  private let stopped = Mutex(false)

  /// Reads the configuration, takes the state directory, and watches from the moment it returns.
  package init(
    configurationFile: String, webFile: String? = nil, logLevel: String
  ) throws(StartFailure) {
    ProcessMemory.shareHeaps()
    self.configurationFile = configurationFile
    self.webFile = webFile
    let logger = Logger(label: "farwatch") { label in
      LogfmtHandler(label: label, level: Logger.Level(rawValue: logLevel) ?? .info)
    }
    self.logger = logger
    let loaded = try LoadedConfiguration(file: configurationFile)
    let settings = loaded.settings
    let papers = try WebPapers(settings.access, webFile: webFile)
    let state = try StateDirectory(settings.stateDirectory, logger)
    lock = state.lock
    database = state.database
    identity = state.identity
    acknowledgeLink = state.acknowledgeLink
    var storeSettings = SampleStoreSettings()
    storeSettings.retention = settings.store.retention
    storeSettings.seriesLimit = settings.store.seriesLimit
    storeSettings.diskLimit = settings.store.sizeLimit
    let opened = SampleStore.open(
      "\(settings.stateDirectory)/samples", storeSettings, now: time.now, monotonic: time.monotonic)
    store = opened.store
    trends = Trends(store)
    for finding in opened.findings { logger.note(Notice(finding)) }
    pages = PageRenderer(store)
    collectors = CollectorFactory()
    deliveries = DeliveryCarrier()
    loop = CoreLoop(time: time)
    feeds = Feeds(loop: loop, clients: collectors.clients)
    endpoints = EndpointBox()
    reloads = ReloadLog(at: time.now, settings: settings, text: loaded.text)
    access = ListenerAccess(reloads, time, logger)
    queries = QueryThreads(QuerySettings(settings.query))
    streams = EventStreams(most: settings.eventStreams)
    do {
      var listening = HTTPServerSettings(settings)
      listening.hasReservedPlace = access.hasReservedPlace
      server = try HTTPServer(listening, tls: papers.web.tls) { line in
        logger.debug("http server", metadata: ["detail": "\(line)"])
      } handler: { [endpoints, door = access.door] in
        door.answer($0) { request, _ in endpoints.answer(request) }
      }
      try access.start(papers, webFile: webFile, server)
    } catch {
      store.close()
      database.close()
      lock.release()
      throw StartFailure("\(error)")
    }
    try startCore(loaded, state.rows)
    do {
      try feeds.apply(settings)
    } catch {
      stop()
      throw error
    }
    streams.start(self)
    endpoints.open(Endpoints(daemon: self, streams: streams, threads: answers))
    loaded.log(to: logger)
    logger.info(
      "watching",
      metadata: [
        "url": "\(baseURL)", "checks": "\(settings.checks.count)", "links": "\(settings.links.count)",
        "backups": "\(settings.backups.count)", "others": "\(settings.measurements.count)",
        "rules": "\(loaded.ruleCount)",
        "alarms": "\(loaded.alarms.count)",
      ])
  }

  /// Where the listener is reached on this machine.
  package var baseURL: String { "\(access.isEncrypted ? "https" : "http")://\(server.boundAddress)" }

  private func externalURL(_ settings: Settings) -> String { settings.externalURL ?? baseURL }

  private func startCore(_ loaded: LoadedConfiguration, _ rows: StoredRows) throws(StartFailure) {
    let monotonic = time.monotonic
    let board = try collectors.checkIns
    board.restore(rows.checkIns)
    try commitAndWait(loaded.settings.expectCheckIns(board, at: time.now))
    let watchlist = Watchlist(
      store: store, restoring: rows.checks, plan: RollUpPlan(loaded.settings))
    _ = watchlist.replace(
      with: try collectors.plans(for: loaded.settings), now: time.now, monotonic: monotonic)
    var ruleSettings = RuleSettings()
    ruleSettings.externalLabels = loaded.settings.externalLabels
    ruleSettings.externalURL = externalURL(loaded.settings)
    ruleSettings.policies = loaded.settings.alertPolicies
    let engine = RuleEngine(
      groups: loaded.groups, settings: ruleSettings, reader: store, appender: RuleOutput(store), clock: time,
      restoring: rows.alerts)
    for problem in engine.restoreProblems {
      logger.error("stored alert cannot be read", metadata: ["problem": "\(problem)"])
    }
    let alarms = AlarmEngine(
      alarms: loaded.alarms,
      settings: .init(
        region: loaded.settings.notifying.arnRegion, account: loaded.settings.notifying.account),
      reader: store,
      restoring: rows.alarms, now: time.now)
    for problem in alarms.restoreProblems {
      logger.error("stored alarm cannot be read", metadata: ["problem": "\(problem)"])
    }
    let desk = PagingDesk.start(
      settings: loaded.settings.paging, restoring: rows.paging,
      at: Moment(now: time.now, monotonic: monotonic))
    for problem in desk.restoreProblems {
      logger.error("stored state of paging cannot be read", metadata: ["problem": "\(problem)"])
    }
    let (dispatcher, changes) = Dispatcher.start(
      settings: loaded.settings.notifying, identity: identity, externalURL: externalURL(loaded.settings),
      acknowledgeLink: acknowledgeLink, restoring: rows.notifying, now: time.now, monotonic: monotonic)
    var proofs = ProofBook(loaded.settings.proofs, restoring: rows.proofs)
    try commitAndWait(
      changes
        + proofs.replace(
          settings: loaded.settings.proofs, receivers: dispatcher.provableReceivers, now: time.now))
    let journal = JournalBook(settings: loaded.settings.journal, restoring: rows.journal)
    for problem in journal.restoreProblems {
      logger.error("the journal is damaged", metadata: ["problem": "\(problem)"])
    }
    // In the log it is a witness that whoever changes the database does not reach.
    logger.info(
      "the journal goes on", metadata: ["entry": "\(journal.head.sequence)", "hash": "\(journal.head.hash)"])
    let selfMetrics = SelfMetrics(
      store: store,
      sources: .init(
        pages: pages, server: server, database: database, loop: loop, feeds: feeds, reloads: reloads,
        resolver: collectors.resolver, access: access, queries: queries, streams: streams, answers: answers))
    let readiness = ReadinessDesk(loaded.settings.workloads, restoring: rows.readiness, store: store)
    for problem in readiness.book.restoreProblems {
      logger.error("a stored failover cannot be read", metadata: ["problem": "\(problem)"])
    }
    let drills = DrillDesk(
      loaded.settings.drills, loaded.settings.workloads, restoring: rows.drills, store: store)
    for problem in drills.book.restoreProblems {
      logger.error("a stored drill cannot be read", metadata: ["problem": "\(problem)"])
    }
    let memory = MemoryUpkeep()
    let conductor = Conductor(
      watchlist: watchlist, engine: engine, alarms: alarms, desk: desk, dispatcher: dispatcher,
      journal: journal,
      heartbeats: HeartbeatBook(loaded.settings.heartbeats, restoring: rows.proofs, monotonic: monotonic),
      proofs: proofs, readiness: readiness, drills: drills, vantage: loaded.settings.vantage, store: store,
      monotonic: monotonic,
      measureSelf: { conductor, now in
        selfMetrics.record(conductor, now: now)
        memory.tend(isReady: conductor.isReady)
      })
    conductor.record(JournalEntry(at: time.now, kind: .started, detail: ["version": Version.text]))
    let carriers = CoreLoop.Carriers(
      commit: commit, send: { [deliveries] in deliveries.send($0) },
      beat: { [deliveries] in deliveries.beat($0, $1) },
      note: { [logger] in logger.note($0) })
    do {
      try loop.start(conductor, carriers)
    } catch { throw StartFailure("\(error)") }
  }

  /// What must be durable before anything is sent, such as the token of a subscription to be confirmed.
  private func commitAndWait(_ changes: [StateChange]) throws(StartFailure) {
    guard !changes.isEmpty else { return }
    let done = DispatchSemaphore(value: 0)
    let failure = Mutex<StateDatabaseError?>(nil)
    database.commit(changes) { result in
      if case .failure(let error) = result { failure.withLock { $0 = error } }
      done.signal()
    }
    done.wait()
    if let error = failure.withLock({ $0 }) { throw StartFailure("\(error)") }
  }

  private var commit: @Sendable ([StateChange], @escaping @Sendable (Bool) -> Void) -> Void {
    { [database, logger] changes, completion in
      database.commit(changes) { result in
        switch result {
        case .success: completion(true)
        case .failure(let error):
          logger.error("state could not be made durable", metadata: ["error": "\(error)"])
          completion(false)
        }
      }
    }
  }

  /// Ends everything in order: no new work, then what is on its way, then the state. Blocks; again is nothing.
  package func stop() {
    let first = stopped.withLock { stopped in
      defer { stopped = true }
      return !stopped
    }
    guard first else { return }
    access.stop()
    streams.stop()
    server.stop()
    answers.stop()
    feeds.stop()
    _ = loop.ask { $0.record(JournalEntry(at: $1.now, kind: .stopped)) }
    loop.stop()
    deliveries.stop()
    collectors.stop()
    store.close()
    for finding in store.takeFindings() { logger.note(Notice(finding)) }
    database.close()
    lock.release()
    logger.info("stopped")
  }

  /// Reads the configuration again. On any problem nothing changes; returns what is wrong.
  @discardableResult
  package func reload() -> [String] {
    defer { sharedStatus.forget() }
    let loaded: LoadedConfiguration
    let plans: [TargetPlan]
    let papers: WebPapers
    do {
      loaded = try LoadedConfiguration(file: configurationFile)
      plans = try collectors.plans(for: loaded.settings)
      papers = try WebPapers(loaded.settings.access, webFile: webFile)
      try reloads.current.settings.checkUnchangeable(against: loaded.settings)
      try checkKeepsWatching(loaded.settings)
      try feeds.apply(loaded.settings)
    } catch {
      reloads.failed(error.lines)
      for line in error.lines { logger.error("configuration refused", metadata: ["problem": "\(line)"]) }
      return error.lines
    }
    let identity = identity
    let externalURL = externalURL(loaded.settings)
    let done = loop.ask(within: .seconds(10)) { conductor, turnTime in
      conductor.replace(
        targets: plans, plan: RollUpPlan(loaded.settings), workloads: loaded.settings.workloads,
        drills: loaded.settings.drills, groups: loaded.groups,
        policies: loaded.settings.alertPolicies, alarms: loaded.alarms, paging: loaded.settings.paging,
        notifying: loaded.settings.notifying,
        heartbeats: loaded.settings.heartbeats, proofs: loaded.settings.proofs,
        journal: loaded.settings.journal, identity: identity,
        externalURL: externalURL, at: turnTime)
      return true
    }
    guard done == true else {
      let line = "the core did not take the new configuration within 10 s"
      reloads.failed([line])
      return [line]
    }
    for line in access.apply(papers) { logger.error("listener", metadata: ["problem": "\(line)"]) }
    if let board = try? collectors.checkIns {
      commit(loaded.settings.expectCheckIns(board, at: time.now)) { _ in }
    }
    reloads.succeeded(loaded.settings, at: time.now, text: loaded.text)
    queries.apply(QuerySettings(loaded.settings.query))
    streams.allow(loaded.settings.eventStreams)
    loaded.log(to: logger)
    logger.info("configuration reloaded", metadata: ["rules": "\(loaded.ruleCount)"])
    return []
  }

  /// An empty file starts, so that its page can say what to do; it must not end what is watched, for it may have been cut
  /// off while it was written.
  private func checkKeepsWatching(_ settings: Settings) throws(StartFailure) {
    guard settings.regions.isEmpty, !reloads.current.settings.regions.isEmpty else { return }
    throw StartFailure("\(configurationFile): no `regions`: this would end all that is watched")
  }

  /// `farwatch run`: works until SIGTERM or SIGINT.
  package static func run(
    configurationFile: String, webFile: String? = nil, logLevel: String
  ) throws(StartFailure) {
    let ended = DispatchSemaphore(value: 0)
    let reloads = SignalledReloads()
    // Before the start: a SIGHUP meanwhile must not end the process, as it does by default.
    let signals = Signals(stop: { ended.signal() }, reload: { reloads.signalled() })
    let daemon = try Daemon(configurationFile: configurationFile, webFile: webFile, logLevel: logLevel)
    reloads.started(daemon)
    ended.wait()
    signals.end()
    daemon.stop()
  }
}

/// Reloads asked for by signal; one that comes during the start is made up for, as the file may have been read
/// before it changed.
private final class SignalledReloads: Sendable {
  private let state = Mutex<(daemon: Daemon?, isDue: Bool)>((nil, false))

  func signalled() {
    let daemon = state.withLock { state in
      if state.daemon == nil { state.isDue = true }
      return state.daemon
    }
    daemon?.reload()
  }

  func started(_ daemon: Daemon) {
    let isDue = state.withLock { state in
      state.daemon = daemon
      return state.isDue
    }
    if isDue { daemon.reload() }
  }
}

// MARK: What the endpoints ask

extension Daemon: DaemonFace {
  func status() -> StatusSnapshot? {
    sharedStatus.get {
      let reloads = reloads.current
      let startedAt = startedAt
      guard var status = loop.ask({ $0.snapshot(at: $1, startedAt: startedAt, reloads: reloads) }) else {
        return nil
      }
      trends.fill(&status)
      return status
    }
  }

  func metricsPage(_ format: ExpositionFormat) -> MetricsPage { pages.render(format) }

  var isAlive: Bool { loop.silence < .seconds(5) }

  var isReady: Bool { loop.isReady }

  func events(_ query: EventsQuery) -> EventsOutcome {
    guard let view = loop.ask({ conductor, _ in conductor.journalView }) else { return .busy }
    let reads = Mutex(false)
    defer { if reads.withLock({ $0 }) { reading.withLock { $0 = false } } }
    do throws(EventsTrouble) {
      return .answer(
        try EventsSearch(query: query, clock: time).run(newest: view.newest) { () throws(EventsTrouble) in
          let isFree = reading.withLock { isReading in
            defer { isReading = true }
            return !isReading
          }
          guard isFree else { throw .busy }
          reads.withLock { $0 = true }
          return try EventsTrouble.reading { () throws(StateDatabaseError) in
            try StateReader(path: database.path)
          }
        })
    } catch {
      switch error {
      case .busy: return .busy
      case .failed(let why): return .failed("\(why)")
      }
    }
  }

  func write(_ request: HTTPServerRequest) -> HTTPServerResponse? { feeds.write(request) }

  /// Answers once the visit is durable, or after two seconds: what was heard is heard.
  func checkIn(_ visit: CheckInVisit) -> CheckInBoard.Answer {
    guard let board = try? collectors.checkIns else { return .unknown }
    let bell = Bell()
    let answer = board.take(visit, at: time.now) { commit([$0]) { _ in bell.ring() } }
    if answer == .noted { _ = bell.wait(upTo: .seconds(2)) }
    return answer
  }

  func proofs() -> [ProofStanding]? { loop.ask { $0.proofs.standings($1.now) } }

  func prove(_ choice: ProofChoice) -> [ProofStanding]? {
    defer { sharedStatus.forget() }
    return loop.ask { $0.prove(choice, at: Moment($1)) }
  }

  func visit(_ visit: SubscriptionVisit) -> SNSAnswer? {
    defer { sharedStatus.forget() }
    guard let answer = loop.ask({ $0.answer(visit, now: $1.now) }) else { return nil }
    // Who is told "confirmed" may rely on it.
    return settle() == .busy ? nil : answer
  }

  func signingCertificate(named name: String) -> String? {
    identity.document(at: "/\(name)")?.pem
  }
}

extension Logger {
  fileprivate func note(_ notice: Notice) {
    log(
      level: Level(rawValue: notice.level.rawValue) ?? .error, Message(stringLiteral: notice.message),
      metadata: notice.metadata.mapValues { .string($0) })
  }
}

extension LoadedConfiguration {
  /// What an operator should know although the configuration is in force.
  fileprivate func log(to logger: Logger) {
    for line in warnings { logger.warning("configuration", metadata: ["warning": "\(line)"]) }
  }
}

extension HTTPServerSettings {
  fileprivate init(_ settings: Settings) {
    self.init(address: settings.listen)
    perIPConnectionLimit = settings.connectionsPerAddress
    reservedConnections = 16
    // A Prometheus posts 64 alerts at once, with annotations of any length.
    maxBodyBytes = 8 << 20
  }
}

extension Settings {
  /// Has the board wait for the jobs that check in; what is to be stored for that.
  fileprivate func expectCheckIns(_ board: CheckInBoard, at now: Timestamp) -> [StateChange] {
    let jobs = checks.compactMap { $0 as? CheckInSettings }
    let slugs = jobs.compactMap { job in job.slug.map { (slug: $0, id: job.id) } }
    return board.expect(jobs.map(\.id), slugs: slugs, at: now)
  }
}
