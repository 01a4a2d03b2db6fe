import FoundationEssentials
import Glibc
import Model

@testable import Notifying

/// Random numbers that a printed seed brings back (SplitMix64).
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

let start = Timestamp(year: 2026, month: 1, day: 1)
let origin = MonotonicInstant(nanoseconds: 1_000_000_000)

/// Made once: finding primes takes a while in a debug build.
let testIdentity: SigningIdentity = {
  do {
    return try SigningIdentity.generate(commonName: "farwatch test", now: start)
  } catch {
    preconditionFailure("no signing identity: \(error)")
  }
}()

func event(
  _ status: AlertEvent.Status, _ alert: String = "LagHigh", episode: Int = 0, labels: Labels = [:],
  annotations: Labels = ["summary": "Lag is high"], value: Double = 73.25, topics: [String]? = nil
) -> AlertEvent {
  let began = start + .seconds(episode * 1000)
  return AlertEvent(
    status: status, identity: alert, startsAt: began,
    endsAt: status == .resolved ? began + .seconds(500) : nil,
    labels: labels.setting("alertname", to: alert), annotations: annotations, value: value,
    origin: AlertOrigin(
      group: "replication", alertName: alert, expression: "lag_seconds > 60", holdSeconds: 300,
      intervalSeconds: 30),
    decidedAt: began + .seconds(status == .resolved ? 500 : 300), topics: topics)
}

/// A dispatcher with a database and a clock around it.
struct World {
  var dispatcher: Dispatcher
  var settings: NotifyingSettings
  var database: [StateChange.Table: [String: [UInt8]]] = [:]
  var now = start
  var monotonic = origin
  private var nextTicket: UInt64 = 1
  private var seed: UInt64

  init(_ settings: NotifyingSettings, seed: UInt64 = 1) {
    self.settings = settings
    self.seed = seed
    let started = Dispatcher.start(
      settings: settings, identity: testIdentity, externalURL: "https://watch.example/base/", restoring: [],
      now: start, monotonic: origin, random: SeededRandom(seed: seed))
    dispatcher = started.dispatcher
    apply(started.changes)
  }

  var rows: [Dispatcher.StoredRow] {
    database.flatMap { table, rows in rows.map { (table, $0.key, $0.value) } }
  }

  func rowCount(_ table: StateChange.Table) -> Int { database[table]?.count ?? 0 }

  mutating func apply(_ changes: [StateChange]) {
    for change in changes { database[change.table, default: [:]][change.key] = change.value }
  }

  /// The process ends without a word and is started again from what the database holds.
  mutating func restart() {
    seed += 1
    let started = Dispatcher.start(
      settings: settings, identity: testIdentity, externalURL: "https://watch.example/base/", restoring: rows,
      now: now, monotonic: monotonic, random: SeededRandom(seed: seed))
    dispatcher = started.dispatcher
    apply(started.changes)
  }

  mutating func advance(_ seconds: Double) {
    now = now + .milliseconds(Int64(seconds * 1000))
    monotonic = monotonic + .milliseconds(Int64(seconds * 1000))
  }

  mutating func advance(to moment: MonotonicInstant) {
    now = now + (moment - monotonic)
    monotonic = moment
  }

  mutating func ticket() -> CommitTicket {
    defer { nextTicket += 1 }
    return CommitTicket(nextTicket)
  }

  /// Accepts and commits.
  mutating func page(_ events: AlertEvent...) {
    let ticket = ticket()
    apply(dispatcher.accept(events, ticket: ticket, now: now, monotonic: monotonic))
    dispatcher.committed(ticket, durable: true)
  }

  /// Accepts and commits notifications for the topic `pager`.
  mutating func tell(_ notifications: Notification...) {
    let ticket = ticket()
    apply(
      dispatcher.accept(
        notifications.map { ($0, ["pager"]) }, ticket: ticket, now: now, monotonic: monotonic))
    dispatcher.committed(ticket, durable: true)
  }

  /// The end of a turn: dead letters and fallbacks.
  mutating func tend() {
    let ticket = ticket()
    apply(dispatcher.tend(ticket: ticket, now: now, monotonic: monotonic))
    dispatcher.committed(ticket, durable: true)
  }

  func take() -> [Delivery] { dispatcher.takeDeliveries(now: now, monotonic: monotonic) }

  mutating func finish(_ delivery: Delivery, _ result: DeliveryResult) {
    apply(dispatcher.deliveryFinished(delivery.id, result: result, now: now, monotonic: monotonic))
  }

  /// Answers all that is and becomes ready with 200; returns the pages in the order sent.
  mutating func drain() -> [Page] {
    var pages: [Page] = []
    while true {
      let deliveries = take()
      if deliveries.isEmpty { return pages }
      for delivery in deliveries {
        if let page = delivery.page { pages.append(page) }
        finish(delivery, .answered(200))
      }
    }
  }

  var statistics: NotifyingStatistics { dispatcher.snapshot(now: now).statistics }

  var subscriptions: [NotifyingSnapshot.Subscription] { dispatcher.snapshot(now: now).subscriptions }

  /// Messages of the notices since the last call.
  func notices() -> [String] { dispatcher.takeNotices().map(\.message) }
}

extension Delivery {
  var page: Page? { if case .page(let page) = message { page } else { nil } }
  var handshake: HandshakeMessage? { if case .handshake(let handshake) = message { handshake } else { nil } }
  /// Status and alert, short enough to compare in a table.
  var label: String { page.map { "\($0.event.identity) \($0.event.status.rawValue)" } ?? "handshake" }
}

extension SubscriptionSettings {
  init(_ transport: SNSHTTPReceiver.Transport, _ endpoint: String) {
    self.init(SNSHTTPReceiver(transport, endpoint))
  }

  /// The receiver's own settings where it is told over HTTP.
  var http: SNSHTTPReceiver {
    get { receiver as? SNSHTTPReceiver ?? SNSHTTPReceiver(.http, "") }
    set { receiver = newValue }
  }
  var endpoint: String {
    get { http.endpoint }
    set { http.endpoint = newValue }
  }
  var raw: Bool {
    get { http.raw }
    set { http.raw = newValue }
  }
  var confirmation: SNSHTTPReceiver.Confirmation {
    get { http.confirmation }
    set { http.confirmation = newValue }
  }
}

/// One topic `pager` that hears everything; `endpoints` need no handshake.
func pager(_ endpoints: String..., adjust: (inout SubscriptionSettings) -> Void = { _ in })
  -> NotifyingSettings
{
  var settings = NotifyingSettings()
  let subscriptions = endpoints.map { endpoint in
    var subscription = SubscriptionSettings(.https, endpoint)
    subscription.confirmation = .skip
    adjust(&subscription)
    return subscription
  }
  settings.topics = [TopicSettings(name: "pager", subscriptions: subscriptions)]
  return settings
}

struct BenchError: Error { let text: String }

/// Runs `command` by the shell in a directory of its own that holds `files`; returns what it printed.
func run(_ command: String, files: [String: [UInt8]]) throws -> String {
  var template = Array("/tmp/farwatch-notifying.XXXXXX".utf8CString)
  guard let made = mkdtemp(&template) else { throw BenchError(text: "no directory") }
  let directory = String(cString: made)
  defer {
    for name in files.keys { unlink("\(directory)/\(name)") }
    rmdir(directory)
  }
  for (name, bytes) in files {
    guard let file = fopen("\(directory)/\(name)", "w") else { throw BenchError(text: "no file \(name)") }
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
  }
  guard let pipe = popen("cd \(directory) && { \(command) ; } 2>&1", "r") else {
    throw BenchError(text: "no shell")
  }
  var output: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 65_536)
  while true {
    let n = fread(&buffer, 1, buffer.count, pipe)
    if n == 0 { break }
    output += buffer[..<n]
  }
  let status = pclose(pipe)
  let text = String(decoding: output, as: UTF8.self)
  guard status == 0 else { throw BenchError(text: "\(command): status \(status): \(text)") }
  return text
}

extension Page {
  /// The alert of a page that tells of one.
  var event: AlertEvent { notification.alerts[0] }
}

extension Dispatcher {
  /// The news of single alerts, each to its own topics or to `pager`.
  func accept(
    _ events: [AlertEvent], ticket: CommitTicket, now: Timestamp, monotonic: MonotonicInstant
  ) -> [StateChange] {
    accept(
      events.map { (Notification($0), $0.topics ?? ["pager"]) }, ticket: ticket, now: now,
      monotonic: monotonic)
  }
}
