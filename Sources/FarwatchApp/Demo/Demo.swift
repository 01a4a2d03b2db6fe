internal import Dispatch
internal import Foundation
internal import HTTPServer
internal import Model
internal import StatusPage
internal import Synchronization

/// `farwatch demo`: a small world on loopback around a daemon that is told nothing about it being one.
package enum Demo {
  /// Runs until SIGINT or SIGTERM, or with `once` until the first failure was paged and recovered from.
  package static func run(once: Bool, port: UInt16) throws(StartFailure) {
    let world: DemoWorld
    do {
      world = try DemoWorld(port: port)
    } catch let failure as StartFailure {
      throw failure
    } catch {
      throw StartFailure("cannot make the demo's world: \(error)")
    }
    let ended = DispatchSemaphore(value: 0)
    let interrupted = Mutex(false)
    let signals = Signals(
      stop: {
        interrupted.withLock { $0 = true }
        ended.signal()
        world.interrupt()
      }, reload: {})
    world.describe()
    let story = Thread {
      world.play(once: once)
      if once { ended.signal() }
    }
    story.name = "demo"
    story.start()
    ended.wait()
    signals.end()
    let told = world.stop()
    if once, !interrupted.withLock({ $0 }), !told {
      throw StartFailure("the page, or its recovery, did not arrive")
    }
  }
}

/// Two regions, a backup folder, a pager, and the daemon that watches them.
private final class DemoWorld: Sendable {
  private let regions: [DemoRegion]
  private let backups: DemoBackups
  private let pager: DemoPager
  private let daemon: Daemon
  private let folder: String
  private let time = SystemTime()
  private let arrivals = Mailbox<DemoPager.Page>()
  private let isOver = Mutex(false)
  /// States that the pager was told, in order.
  private let told = Mutex<[String]>([])

  init(port: UInt16) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "farwatch-demo-\(getpid())").path
    self.folder = folder
    try? FileManager.default.removeItem(atPath: folder)
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    regions = [
      try DemoRegion("taiwan", DemoBucket(delay: .zero)),
      try DemoRegion("japan", DemoBucket(delay: .milliseconds(1200))),
    ]
    backups = try DemoBackups(folder: "\(folder)/backups")
    try backups.writeOne()
    let arrivals = arrivals
    pager = try DemoPager { arrivals.post($0) }
    let files = DemoFiles(
      listen: "127.0.0.1:\(port)", folder: folder, regions: regions.map { ($0.name, $0.address) },
      pager: pager.endpoint)
    try files.configuration.write(toFile: "\(folder)/farwatch.yml", atomically: true, encoding: .utf8)
    try files.rules.write(toFile: "\(folder)/rules.yml", atomically: true, encoding: .utf8)
    do {
      daemon = try Daemon(configurationFile: "\(folder)/farwatch.yml", logLevel: "error")
    } catch let failure {
      // Something else may have the usual port: the demo does not insist on it.
      guard port != 0, failure.lines.contains(where: { $0.contains("listening there") }) else {
        throw failure
      }
      try files.on("127.0.0.1:0").configuration
        .write(toFile: "\(folder)/farwatch.yml", atomically: true, encoding: .utf8)
      daemon = try Daemon(configurationFile: "\(folder)/farwatch.yml", logLevel: "error")
    }
  }

  func describe() {
    say(
      """

      Farwatch watches a small world of its own:
        status page      \(daemon.baseURL)/
        metrics          \(daemon.baseURL)/metrics
        regions          \(regions.map { "\($0.name) \($0.healthURL)" }.joined(separator: ", "))
        backup folder    \(backups.folder)
        pager            \(pager.endpoint)
        configuration    \(folder)/farwatch.yml

      """)
  }

  /// The story: healthy, one region gone, the page, the region back, the recovery, and then quiet with fresh backups.
  func play(once: Bool) {
    guard wait(for: .seconds(6)) else { return }
    let victim = regions[1]
    say("\(clock()) Breaking region \(victim.name): from now on it refuses connections.")
    let broken = time.monotonic
    victim.breakDown()
    guard awaitPage(since: broken) else { return }
    guard wait(for: .seconds(4)) else { return }
    do {
      try victim.recover()
    } catch {
      say("\(clock()) Region \(victim.name) could not be brought back: \(error)")
      return
    }
    say("\(clock()) Region \(victim.name) answers again.")
    guard awaitPage(since: time.monotonic) else { return }
    if once { return }
    say("\(clock()) That is the whole way of a page. Farwatch goes on watching; Ctrl-C ends it.")
    while wait(for: .seconds(30)) {}
  }

  /// Prints the next page; false when the demo is over or nothing came for 30 seconds.
  private func awaitPage(since fault: MonotonicInstant) -> Bool {
    let patience = time.monotonic + .seconds(30)
    while time.monotonic < patience, !isOver.withLock({ $0 }) {
      for page in arrivals.take(waitingUpTo: .milliseconds(200)) {
        let took = StatusPage.text(page.receivedAt - fault)
        told.withLock { $0.append(page.state) }
        let isOver = page.state == "OK"
        let words = isOver ? [] : page.description.split(separator: "\n").map(String.init)
        let signature = page.signatureIsValid ? "valid" : "NOT VALID"
        let lines =
          [page.subject] + words + [page.reason, "MessageId \(page.messageID), signature \(signature)"]
        say("\(clock()) Page received, \(took) after the change:")
        for line in lines { say("             | \(line)") }
        if !isOver { tellWhatIsFolded() }
        return true
      }
    }
    return false
  }

  /// Alerts that fire and that nobody is paged for, because the page has told of their cause.
  private func tellWhatIsFolded() {
    for alert in daemon.status()?.alerts ?? [] {
      guard let cause = alert.paging?.inhibitedBy.first else { continue }
      say("\(clock()) No page for \(alert.name) (\(alert.summary)): \(cause) has been paged and inhibits it.")
    }
  }

  /// Lets time pass with fresh backups arriving; false when the demo is over.
  private func wait(for duration: Duration) -> Bool {
    let end = time.monotonic + duration
    var nextBackup = time.monotonic + .seconds(5)
    while time.monotonic < end {
      if isOver.withLock({ $0 }) { return false }
      if time.monotonic >= nextBackup {
        try? backups.writeOne()
        nextBackup = time.monotonic + .seconds(5)
      }
      Thread.sleep(forTimeInterval: 0.1)
    }
    return true
  }

  func interrupt() { isOver.withLock { $0 = true } }

  /// Ends everything; whether the pager was told of the failure and of the recovery.
  func stop() -> Bool {
    interrupt()
    daemon.stop()
    pager.stop()
    for region in regions { region.breakDown() }
    try? FileManager.default.removeItem(atPath: folder)
    say("\(clock()) Ended.")
    return told.withLock { $0 == ["ALARM", "OK"] }
  }

  private func clock() -> String {
    let c = time.now.civil
    return "\(padded(c.hour, 2)):\(padded(c.minute, 2)):\(padded(c.second, 2)).\(padded(c.millisecond, 3))"
  }

  private func say(_ text: String) {
    print(text)
    fflush(nil)
  }
}
