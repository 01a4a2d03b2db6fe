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
        isTrusted: { address, isProxied in
          if reloads.current.settings.trustedClients.contains(where: { $0.contains(address) }) { return true }
          // Behind a proxy everybody comes from this machine.
          return !isProxied && (address == "::1" || address.hasPrefix("127."))
        },
        hosts: { Set([reloads.current.settings.externalURL.flatMap(Self.host(of:))].compactMap { $0 }) },
        monotonic: { time.monotonic - start }))
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

  /// `farwatch.example` of `https://farwatch.example:8443/path`.
  private static func host(of url: String) -> String? {
    guard let start = url.firstRange(of: "://")?.upperBound else { return nil }
    let authority = url[start...].prefix { $0 != "/" }
    let host = authority.hasPrefix("[") ? authority : authority.prefix { $0 != ":" }
    return host.isEmpty ? nil : host.lowercased()
  }
}
