internal import AccessControl
internal import Configuration
internal import HTTPServer
internal import Logging
internal import Model
internal import Synchronization
internal import Threading

/// Keeps the door and the listener's certificates as their files say, without a restart: looked at every few seconds,
/// as certificates are renewed by programs that tell nobody.
final class ListenerAccess: Sendable {
  private struct State {
    var papers: WebPapers?
    var webFile: String?
    var server: HTTPServer?
    var problem: String?
    var isStopping = false
    var hasWarned = false
  }

  /// Between two looks at the files.
  private static let pause = Duration.seconds(5)

  let door: Door
  private let reloads: ReloadLog
  private let logger: Logger
  private let state = Mutex(State())
  private let bell = Bell()
  private let thread = Mutex<OwnThread?>(nil)

  init(_ reloads: ReloadLog, _ time: SystemTime, _ logger: Logger) {
    self.reloads = reloads
    self.logger = logger
    let start = time.monotonic
    door = Door(
      DoorSurroundings(
        isTrusted: { address in
          reloads.current.settings.trustedClients.contains { $0.contains(address) }
        },
        trustsThisMachine: { Self.outerName(reloads.current.settings) == nil },
        hosts: { Set([Self.outerName(reloads.current.settings)].compactMap { $0 }) },
        monotonic: { time.monotonic - start }))
  }

  /// Whether a crowd must not shut this address out: this machine, which asks whether we live, and `trusted_clients`.
  @Sendable func hasReservedPlace(_ address: String) -> Bool {
    address == "::1" || address.hasPrefix("127.")
      || reloads.current.settings.trustedClients.contains { $0.contains(address) }
  }

  /// TLS is on.
  var isEncrypted: Bool { state.withLock { $0.papers?.web.tls != nil } }

  /// Why the files on the disk are not in force; nil when they are.
  var problem: String? { state.withLock { $0.problem } }

  func start(_ papers: WebPapers, webFile: String?, _ server: HTTPServer) throws(StartFailure) {
    state.withLock { state in
      state.papers = papers
      state.webFile = webFile
      state.server = server
    }
    door.apply(papers.web, papers.access, secrets: papers.secrets)
    warnOfOpenDoor(papers)
    do throws(OwnThread.Failure) {
      let started = try OwnThread.start("web-files") { [self] in watch() }
      thread.withLock { $0 = started }
    } catch { throw StartFailure("\(error)") }
  }

  func stop() {
    state.withLock { $0.isStopping = true }
    bell.ring()
    let running = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    running?.join()
    state.withLock { $0.server = nil }
  }

  /// Puts other papers in force; what is wrong with them, in which case nothing changes.
  func apply(_ papers: WebPapers) -> [String] {
    defer { warnOfOpenDoor(papers) }
    let (server, before) = state.withLock { ($0.server, $0.papers) }
    guard papers != before else {
      state.withLock { $0.problem = nil }
      return []
    }
    do throws(HTTPServerError) {
      try server?.replaceTLS(papers.web.tls)
    } catch {
      state.withLock { $0.problem = error.description }
      return [error.description]
    }
    door.apply(papers.web, papers.access, secrets: papers.secrets)
    state.withLock { state in
      state.papers = papers
      state.problem = nil
    }
    return []
  }

  private func watch() {
    while true {
      _ = bell.wait(upTo: Self.pause)
      if state.withLock({ $0.isStopping }) { return }
      look()
    }
  }

  private func look() {
    let (webFile, before) = state.withLock { ($0.webFile, $0.problem) }
    let plan = reloads.current.settings.access
    guard webFile != nil || plan.webFile != nil || !plan.access.tokens.isEmpty else { return }
    do throws(StartFailure) {
      let papers = try WebPapers(plan, webFile: webFile)
      let isNew = state.withLock { $0.papers } != papers
      let problems = apply(papers)
      if problems.isEmpty, isNew { logger.info("the listener's files changed and are in force") }
      if let line = problems.first, line != before { refuse(line) }
    } catch {
      let line = error.lines.first ?? "the listener's files cannot be read"
      state.withLock { $0.problem = line }
      if line != before { refuse(line) }
    }
  }

  /// Said once, not every five seconds.
  private func refuse(_ line: String) {
    logger.error("the listener's files changed and are refused", metadata: ["problem": "\(line)"])
  }

  /// By which others reach the listener, as the operator says.
  private static func outerName(_ settings: Settings) -> String? {
    settings.externalURL.flatMap(outerHost(ofURL:))
  }

  /// Said once: whoever changed things from this machine must learn why he is refused.
  private func warnOfOpenDoor(_ papers: WebPapers) {
    let settings = reloads.current.settings
    guard papers.web.users.isEmpty, papers.access.tokens.isEmpty, Self.outerName(settings) != nil,
      !settings.trustedClients.contains(where: { $0.contains("127.0.0.1") }),
      state.withLock({ state in
        defer { state.hasWarned = true }
        return !state.hasWarned
      })
    else { return }
    logger.warning(
      "others are led here by external_url and nobody has a login: changes are refused from this machine too",
      metadata: [
        "cure":
          "a user or token under access; or 127.0.0.1 in trusted_clients, if no proxy here leads others to us"
      ])
  }
}
