import Alerting
import CloudWatchAlarms

import Foundation
import HTTPClient
import Journal
import Model
import Notifying
import Paging
import Collecting
import Probing
import SampleStore
import StrictYAML
import Synchronization

@testable import Configuration
@testable import FarwatchApp

/// SplitMix64: a printed seed brings a day back.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

let dayStart = Timestamp(year: 2026, month: 1, day: 1)
/// Made once: finding primes takes a while in a debug build.
let simulationIdentity: SigningIdentity = {
  do {
    return try SigningIdentity.generate(commonName: "farwatch simulation", now: dayStart)
  } catch { preconditionFailure("no signing identity: \(error)") }
}()

/// Keeps the completion until the world says how the collection ends.
final class ScriptedCollector: Collector {
  let description: CollectorDescription
  let pending = Mutex<[@Sendable (Outcome) -> Void]>([])

  init(_ description: CollectorDescription) { self.description = description }

  func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    pending.withLock { $0.append(completion) }
  }
}

func checkSettings(_ name: String, _ region: String, adjust: (inout HTTPCheckSettings) -> Void = { _ in })
  -> HTTPCheckSettings
{
  var settings = HTTPCheckSettings(name: name, url: "http://\(region).test/")
  settings.region = region
  settings.interval = .seconds(5)
  settings.timeout = .seconds(1)
  settings.failures = 2
  settings.successes = 2
  settings.confirm = .milliseconds(500)
  adjust(&settings)
  return settings
}

func plan(_ settings: HTTPCheckSettings) -> TargetPlan {
  TargetPlan(settings) { ScriptedCollector(settings.description) }
}

let probeSuccess = MetricFamily.gauge("probe_success", "Whether the probe succeeded.")

func outcome(
  _ good: Bool, at time: Timestamp = dayStart, reason: FailureReason = .timeout,
  readings: [Reading]? = nil
) -> Outcome {
  Outcome(
    startedAt: time, finishedAt: time, took: .milliseconds(20),
    verdict: good ? .success : .failure(reason, detail: "scripted"),
    readings: readings ?? [Reading(probeSuccess, good)])
}

let pageRules = """
  groups:
    - name: regions
      interval: 30s
      rules:
        - alert: RegionDown
          expr: farwatch_region_state{state="down"} == 1
          labels: {severity: page}

  """

func ruleGroups(_ text: String) -> [RuleGroup] {
  let problems = Problems(file: "rules.yml")
  let loaded = RuleFile.read(text, file: "rules.yml", problems)
  precondition(problems.isEmpty, "\(problems.list)")
  return loaded.groups
}

func onePager() -> NotifyingSettings {
  var settings = NotifyingSettings()
  var receiver = SNSHTTPReceiver(.http, "http://pager.test/")
  receiver.confirmation = .skip
  let subscription = SubscriptionSettings(receiver)
  settings.topics = [TopicSettings(name: "pager", subscriptions: [subscription])]
  return settings
}

/// Every alert is told to `pager` by itself, at once.
func toPager() -> PagingSettings {
  var settings = PagingSettings()
  settings.routes = [RouteSettings(topic: "pager")]
  return settings
}

/// A deterministic day: the core in simulated time, with everything around it scripted.
final class CoreWorld {
  enum Answer { case takes, fails, hangs }

  struct PageSeen: Equatable {
    var at: Int64
    var messageID: String
    var subject: String
    var taken: Bool
    /// The text that SNS carries.
    var message = ""
    var topicARN = ""
  }

  var conductor: Conductor
  var store: SampleStore
  let time: SimulatedTime
  private var clock = SteadyClock()
  private let rules: String
  private let alarms: [Alarm]
  private let checks: [HTTPCheckSettings]
  private let settings: NotifyingSettings
  private let paging: PagingSettings
  private let seriesLimit: Int
  private let heartbeats: [HeartbeatSettings]
  private let proofs: ProofSettings
  private var agenda = Agenda<() -> Event?>()
  private var random: any RandomNumberGenerator

  /// What survives a crash.
  private(set) var database: [StateChange.Table: [String: [UInt8]]] = [:]
  private var unsaved: [StateChange] = []
  private var lastCommit = MonotonicInstant(nanoseconds: 0)
  private(set) var pages: [PageSeen] = []
  private(set) var trace: [String] = []
  /// When heartbeats left.
  private(set) var beats: [MonotonicInstant] = []

  // The script.
  var down: Set<String> = []
  var silent: Set<String> = []
  var receiver: () -> Answer = { .takes }
  /// Of one topic, where it differs from ``receiver``.
  var receivers: [String: Answer] = [:]
  var commitSucceeds: () -> Bool = { true }
  var commitTakes: Duration = .milliseconds(3)
  /// What becomes of a delivery, and when it is known; nil: as ``receiver`` says.
  var carry: ((Delivery) -> (after: Duration, result: DeliveryResult))?
  /// Asked before every single thing that the process does; when it says yes, the process dies there.
  var dies: () -> Bool = { false }
  /// Called after every commit that became durable.
  var afterCommit: () -> Void = {}

  init(
    regions: [String] = ["taiwan", "japan"], rules: String = pageRules,
    paging: PagingSettings = toPager(), notifying: NotifyingSettings = onePager(),
    seriesLimit: Int = 10_000, seed: UInt64 = 1, alarms: [Alarm] = [],
    heartbeats: [HeartbeatSettings] = [], proofs: ProofSettings = ProofSettings()
  ) {
    self.rules = rules
    self.alarms = alarms
    settings = notifying
    self.paging = paging
    self.seriesLimit = seriesLimit
    self.heartbeats = heartbeats
    self.proofs = proofs
    random = SeededGenerator(seed)
    checks = regions.map { checkSettings("api", $0) }
    time = SimulatedTime()
    store = SampleStore()
    let changes: [StateChange]
    ((conductor, store), changes) =
      Self.start(
        checks, rules, alarms, paging, notifying, seriesLimit, heartbeats, proofs, [:], time,
        random: SeededGenerator(seed))
    apply(changes)
  }

  private static func start(
    _ checks: [HTTPCheckSettings], _ rules: String, _ alarms: [Alarm],
    _ paging: PagingSettings, _ notifying: NotifyingSettings,
    _ seriesLimit: Int, _ heartbeats: [HeartbeatSettings], _ proofSettings: ProofSettings,
    _ database: [StateChange.Table: [String: [UInt8]]], _ time: SimulatedTime,
    random: any RandomNumberGenerator
  ) -> ((Conductor, SampleStore), [StateChange]) {
    func rows(_ table: StateChange.Table) -> [(key: String, value: [UInt8])] {
      (database[table] ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
    /// As the daemon reads them: the first two and the newest, here fewer so that a start is quick.
    func newest(_ rows: [(key: String, value: [UInt8])]) -> [(key: String, value: [UInt8])] {
      Array(rows.prefix(2)) + rows.dropFirst(2).suffix(50)
    }
    var storeSettings = SampleStoreSettings()
    storeSettings.seriesLimit = seriesLimit
    let store = SampleStore(storeSettings)
    let regions = checks.map { Settings.Region(name: $0.region, role: .active, share: nil) }
    let watchlist = Watchlist(store: store, restoring: rows(.checks), plan: RollUpPlan(regions: regions))
    _ = watchlist.replace(with: checks.map(plan), now: time.now, monotonic: time.monotonic)
    let engine = RuleEngine(
      groups: ruleGroups(rules), settings: RuleSettings(), reader: store, appender: RuleOutput(store),
      clock: time, restoring: rows(.alerts))
    let alarmEngine = AlarmEngine(
      alarms: alarms, settings: .init(region: "test"), reader: store, restoring: rows(.alarms), now: time.now)
    let desk = PagingDesk.start(
      settings: paging,
      restoring: [StateChange.Table.paged, .groups, .silences].flatMap { table in
        rows(table).map { (table, $0.key, $0.value) }
      }, at: Moment(now: time.now, monotonic: time.monotonic))
    let (dispatcher, started) = Dispatcher.start(
      settings: notifying, identity: simulationIdentity, externalURL: "http://watch.test",
      restoring: rows(.outbox).map { (.outbox, $0.key, $0.value) }
        + rows(.subscriptions).map { (.subscriptions, $0.key, $0.value) },
      now: time.now, monotonic: time.monotonic, random: random)
    var proofs = ProofBook(proofSettings, restoring: rows(.proofs))
    let changes =
      started
      + proofs.replace(settings: proofSettings, receivers: dispatcher.provableReceivers, now: time.now)
    let recorder = ReadingRecorder(store, base: .empty)
    let conductor = Conductor(
      watchlist: watchlist, engine: engine, alarms: alarmEngine, desk: desk, dispatcher: dispatcher,
      journal: JournalBook(restoring: newest(rows(.journal))),
      heartbeats: HeartbeatBook(heartbeats, restoring: rows(.proofs), monotonic: time.monotonic),
      proofs: proofs, vantage: "simulation", store: store, monotonic: time.monotonic,
      measureSelf: { conductor, now in recorder.record(conductor.proofs.readings, at: now) })
    return ((conductor, store), changes)
  }

  /// The process ends without a word and begins again from what was committed.
  func crash() {
    agenda = Agenda<() -> Event?>()
    unsaved = []
    lastCommit = time.monotonic
    clock = SteadyClock()
    let seed = random.next()
    let (made, changes) = Self.start(
      checks, rules, alarms, paging, settings, seriesLimit, heartbeats, proofs, database, time,
      random: SeededGenerator(seed))
    (conductor, store) = made
    apply(changes)
  }

  private func apply(_ changes: [StateChange]) {
    for change in changes { database[change.table, default: [:]][change.key] = change.value }
  }

  /// As the real one: what could not be written goes along with the next commit, or is tried again by itself.
  private func written(_ changes: [StateChange], _ durable: Bool) {
    unsaved += changes
    guard durable else {
      agenda.add(at: time.monotonic + .seconds(5)) { [weak self] in
        if let self, !unsaved.isEmpty { written([], commitSucceeds()) }
        return nil
      }
      return
    }
    apply(unsaved)
    unsaved = []
    afterCommit()
  }

  /// What is stored of `table`, in the order of keys.
  func stored(_ table: StateChange.Table) -> [(key: String, value: [UInt8])] {
    (database[table] ?? [:]).sorted { byteOrder($0.key, $1.key) }.map { ($0.key, $0.value) }
  }

  func rowCount(_ table: StateChange.Table) -> Int { database[table]?.count ?? 0 }

  // MARK: Time

  /// Lets `span` pass, turn by turn.
  func run(_ span: Duration) {
    let end = time.monotonic + span
    while true {
      let next = min(agenda.next ?? end, conductor.nextDeadline)
      if next > end { break }
      time.advance(to: max(next, time.monotonic + .milliseconds(1)))
      if time.monotonic > end { break }
      // Taken out first: what happens then may put more in.
      let due = agenda.take(upTo: time.monotonic)
      var events: [Event] = []
      var isDead = false
      for happens in due where !isDead {
        if let event = happens() { events.append(event) }
        isDead = dies()
      }
      if isDead { crash() } else { turn(events) }
    }
    time.advance(to: max(end, time.monotonic))
  }

  func turn(_ events: [Event]) {
    let now = clock.read(wall: time.now, monotonic: time.monotonic)
    conductor.movePast(by: clock.takeShift())
    for effect in conductor.turn(events, now: now, monotonic: time.monotonic) {
      if dies() {
        crash()
        return
      }
      perform(effect)
    }
  }

  private func perform(_ effect: Effect) {
    switch effect {
    case .collect(let collector, let key, let generation, _):
      let region = collector.description.labels["region"] ?? ""
      if silent.contains(region) { return }
      let wall = time.now
      schedule(
        .milliseconds(20), .collected(key, generation: generation, outcome(!down.contains(region), at: wall)))
    case .commit(let changes, let ticket):
      let durable = commitSucceeds()
      // One writer: commits end in the order in which they were asked for.
      lastCommit = max(lastCommit, time.monotonic + commitTakes)
      agenda.add(at: lastCommit) { [weak self] in
        self?.written(changes, durable)
        return .committed(ticket, durable: durable)
      }
    case .send(let delivery): send(delivery)
    case .beat(let attempt):
      beats.append(time.monotonic)
      schedule(.milliseconds(10), .beaten(attempt.id, .answered(200)))
    case .note(let notice): trace.append("\(time.monotonic.nanoseconds / 1_000_000) note \(notice.message)")
    }
  }

  private func send(_ delivery: Delivery) {
    if let carry {
      let (delay, result) = carry(delivery)
      schedule(delay, .delivered(delivery.id, result))
      return
    }
    let topic = delivery.topicARN.split(separator: ":").last.map(String.init) ?? ""
    let answer = receivers[topic] ?? receiver()
    if let body = try? delivery.makeRequest().http?.body,
      let message = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
    {
      let seen = PageSeen(
        at: time.monotonic.nanoseconds / 1_000_000, messageID: message["MessageId"] as? String ?? "",
        subject: message["Subject"] as? String ?? "", taken: answer == .takes,
        message: message["Message"] as? String ?? "", topicARN: message["TopicArn"] as? String ?? "")
      pages.append(seen)
      trace.append("\(seen.at) \(answer) \(String(decoding: body, as: UTF8.self))")
    }
    switch answer {
    case .takes: schedule(.milliseconds(15), .delivered(delivery.id, .answered(200)))
    case .fails: schedule(.milliseconds(15), .delivered(delivery.id, .answered(503)))
    case .hangs:
      schedule(.seconds(15), .delivered(delivery.id, .failed(.timeout, "no answer within 15 s")))
    }
  }

  private func schedule(_ delay: Duration, _ event: Event) {
    agenda.add(at: time.monotonic + delay) { event }
  }

  /// Pages that the receiver took, each once, in order of the first time.
  var told: [String] {
    var seen: Set<String> = []
    return pages.filter { $0.taken && seen.insert($0.messageID).inserted }.map(\.subject)
  }
}

/// Moves only when the world says so; the wall may jump.
final class SimulatedTime: TimeSource {
  private let state = Mutex((monotonic: MonotonicInstant(nanoseconds: 1_000_000_000), offset: Duration.zero))

  var monotonic: MonotonicInstant { state.withLock { $0.monotonic } }
  var now: Timestamp {
    state.withLock { dayStart + .nanoseconds($0.monotonic.nanoseconds) + $0.offset }
  }
  func advance(to moment: MonotonicInstant) { state.withLock { $0.monotonic = max($0.monotonic, moment) } }
  func step(_ change: Duration) { state.withLock { $0.offset += change } }
}
