import Configuration
import FarwatchTesting
import Model
import Paging

@testable import FarwatchApp
@testable import Notifying

/// A ``CoreWorld`` in which everything goes wrong, and the oracle that watches it.
final class ChaosDay {
  static let regions = ["japan", "taiwan"]
  let world: CoreWorld
  let ledger = ChaosLedger()
  private(set) var deaths = 0
  private var random: SeededNumbers
  private var failures: [String: Failure] = [:]
  private var isCalm = false
  /// Things that the process still does before it dies.
  private var life = 200

  // The truth.
  /// Since when a region is down.
  private var downSince: [String: Timestamp] = [:]
  /// Posted alerts, posted again and again, as Prometheus does.
  private var posted: [Labels: Posted] = [:]

  private struct Posted {
    /// When it began, as its poster says: some name one moment for ever.
    var startsAt: Timestamp
    var firesSince: Timestamp
    /// When it is over.
    var endsAt: Timestamp?
  }

  /// How a receiver fails.
  private enum Failure: CaseIterable {
    case none, slow, hangs, error, tooMany, redirects, garbage, noTLS, refused, breaksOff, takesAndBreaksOff
  }

  init(seed: UInt64) {
    random = SeededNumbers(seed: seed)
    world = CoreWorld(
      regions: Self.regions, rules: Self.rules, paging: Self.paging, notifying: Self.receivers, seed: seed)
    world.carry = { [unowned self] in carry($0) }
    world.dies = { [unowned self] in
      guard !isCalm else { return false }
      life -= 1
      guard life < 0 else { return false }
      life = Int.random(in: 0..<220, using: &random)
      deaths += 1
      ledger.died()
      return true
    }
    world.afterCommit = { [unowned self] in
      for row in world.stored(.outbox) { ledger.promised.insert(row.key) }
    }
  }

  var problems: [String] { ledger.problems }

  // MARK: The world

  /// A few seconds to a minute in which something changes.
  func pass() throws {
    switch roll(12) {
    case 0, 1: turn("japan")
    case 2, 3: turn("taiwan")
    case 4, 5, 6: change(Labels([Label("alertname", "Queue"), Label("shard", String(roll(6)))]))
    case 7: change(Labels([Label("alertname", "Batch"), Label("job", String(roll(3)))]))
    case 8: silence()
    case 9: acknowledge()
    default: break
    }
    for topic in ["pager", "pager2", "chat", "lead", "spare"] where roll(4) == 0 {
      failures[topic] = Failure.allCases.randomElement(using: &random)
    }
    world.commitTakes = .milliseconds(Int64(roll(4) == 0 ? roll(3000) : 3))
    for _ in 0...roll(4) {
      postAll()
      world.run(.milliseconds(Int64(roll(12_000))))
    }
    if roll(20) == 0 { try calm() }
  }

  /// Receivers work again and nothing changes for a while: then everybody knows how things stand.
  private func calm() throws {
    isCalm = true
    defer { isCalm = false }
    failures = [:]
    world.commitTakes = .milliseconds(3)
    for _ in 0..<4 {
      postAll()
      world.run(.seconds(40))
    }
    for region in downSince.keys {
      let labels: Labels = ["alertname": "RegionDown", "region": region]
      for receiver in ["pager", "pager2"] { ledger.expectFiring(receiver, labels) }
    }
    for (labels, alert) in posted {
      if alert.endsAt != nil {
        ledger.expectOver("chat", labels)
      } else {
        ledger.expectFiring("chat", labels)
      }
    }
  }

  /// All gets well; then nothing is known to fire anywhere, and nothing is kept.
  func end() throws {
    for region in downSince.keys { turn(region) }
    for labels in posted.keys where posted[labels]?.endsAt == nil { change(labels) }
    try calm()
    ledger.expectAllOver()
    ledger.expectPromises()
    for table in [StateChange.Table.outbox, .alerts, .paged, .groups] where world.rowCount(table) > 0 {
      ledger.problems.append("rows are left in \(table): \(world.stored(table).map(\.key))")
    }
    let statistics = world.conductor.dispatcher.snapshot(now: world.time.now).statistics
    if statistics.gaveUp > 0 || !statistics.dropped.values.allSatisfy({ $0 == 0 }) {
      ledger.problems.append("pages were given up or dropped")
    }
  }

  private func turn(_ region: String) {
    if world.down.remove(region) != nil {
      downSince[region] = nil
    } else {
      world.down.insert(region)
      downSince[region] = world.time.now
    }
  }

  private func change(_ labels: Labels) {
    if posted[labels] != nil, posted[labels]?.endsAt == nil {
      posted[labels]?.endsAt = world.time.now
    } else {
      let now = world.time.now
      let namesOneMoment = labels["shard"] == "0" || labels["job"] == "0"
      let startsAt = namesOneMoment ? posted[labels]?.startsAt ?? now : now
      posted[labels] = Posted(startsAt: startsAt, firesSince: now)
    }
  }

  private func postAll() {
    let alerts = posted.sorted { $0.key.description < $1.key.description }.map { labels, alert in
      PostedAlert(
        labels: labels, annotations: .empty, startsAt: alert.startsAt,
        endsAt: alert.endsAt ?? world.time.now + .seconds(240), generatorURL: "http://prometheus.test/")
    }
    world.turn([.call { conductor, time in _ = conductor.desk.post(alerts, at: time.moment) }])
  }

  private func silence() {
    let region = Self.regions[roll(2)]
    let ends = world.time.now + .seconds(Int64(10 + roll(60)))
    world.turn([
      .call { conductor, time in
        _ = try? conductor.desk.set(
          SilenceDraft(
            matchers: [LabelMatcher("region", equals: region)], endsAt: ends, createdBy: "t", comment: "t"),
          at: time.moment)
      }
    ])
  }

  private func acknowledge() {
    world.turn([
      .call { conductor, time in
        let identities = conductor.desk.snapshot(at: time.moment).alerts.map(\.identity).sorted()
        _ = conductor.desk.acknowledge(Array(identities.prefix(1)), by: "t", comment: "", at: time.moment)
      }
    ])
  }

  private func roll(_ sides: Int) -> Int { Int.random(in: 0..<sides, using: &random) }

  // MARK: Receivers

  private func carry(_ delivery: Delivery) -> (after: Duration, result: DeliveryResult) {
    guard case .page(let page) = delivery.message,
      let known = world.conductor.dispatcher.receivers.first(where: {
        $0.value.row.subscriptionARN == delivery.subscriptionARN
      }), let endpoint = known.value.place?.settings.name
    else { return (.milliseconds(10), .failed(.other, "no page")) }
    judgeEnds(page)
    let soon = Duration.milliseconds(Int64(5 + roll(40)))
    func take(answered: Bool) {
      ledger.take(page, endpoint, row: OutboxRow.key(subscription: known.key, messageID: page.messageID))
      if !answered { ledger.answerLost(page, endpoint) }
    }
    switch isCalm ? .none : failures[endpoint] ?? .none {
    case .none:
      take(answered: true)
      return (soon, .answered(200))
    case .slow:
      take(answered: true)
      return (.milliseconds(Int64(roll(9000))), .answered(202))
    case .hangs: return (.seconds(15), .failed(.timeout, "no answer"))
    case .error: return (soon, .answered(500))
    case .tooMany: return (soon, .answered(429, retryAfter: .seconds(Int64(1 + roll(30)))))
    case .redirects: return (soon, .answered(301))
    case .garbage: return (soon, .failed(.protocolError, "no HTTP"))
    case .noTLS: return (soon, .failed(.tlsHandshake, "wrong version"))
    case .refused: return (.milliseconds(1), .failed(.refused, "refused"))
    case .breaksOff: return (soon, .failed(.reset, "closed"))
    case .takesAndBreaksOff:
      take(answered: false)
      return (soon, .failed(.reset, "closed after it was taken"))
    }
  }

  /// What a page says to be over must be over, or have been when the page was made.
  private func judgeEnds(_ page: Page) {
    for alert in page.notification.resolved {
      let isFalse: Bool
      if let region = alert.labels["region"] {
        isFalse = downSince[region].map { $0 <= alert.startsAt } ?? false
      } else if let truth = posted[alert.labels], truth.endsAt == nil {
        isFalse = alert.endsAt.map { truth.firesSince < $0 } ?? true
      } else {
        isFalse = false
      }
      if isFalse { ledger.problems.append("told to be over and is not: \(alert.labels)") }
    }
  }

  // MARK: Configuration

  private static let rules = """
    groups:
      - name: regions
        interval: 5s
        rules:
          - alert: CheckFailing
            expr: probe_success == 0
            labels: {severity: ticket}
          - alert: RegionDown
            expr: farwatch_region_state{state="down"} == 1
            labels: {severity: page}

    """

  private static let paging: PagingSettings = {
    var settings = PagingSettings()
    var pager = RouteSettings(match: [LabelMatcher("severity", equals: "page")], topic: "pager")
    pager.escalation = [EscalationStep(after: .seconds(60), topic: "lead")]
    pager.repeatInterval = .seconds(200)
    var queue = RouteSettings(match: [LabelMatcher("alertname", equals: "Queue")], topic: "chat")
    queue.grouping = .by(["alertname"])
    queue.groupWait = .seconds(3)
    queue.groupInterval = .seconds(8)
    let batch = RouteSettings(match: [LabelMatcher("alertname", equals: "Batch")], topic: "chat")
    var tickets = RouteSettings(match: [LabelMatcher("severity", equals: "ticket")], topic: "chat")
    tickets.grouping = .by(["region"])
    tickets.groupWait = .seconds(2)
    tickets.groupInterval = .seconds(10)
    settings.routes = [pager, queue, batch, tickets]
    settings.inhibitions = [
      InhibitionRule(
        source: [LabelMatcher("alertname", equals: "RegionDown")],
        target: [LabelMatcher("alertname", equals: "CheckFailing")], equal: ["region"], wait: .seconds(6))
    ]
    return settings
  }()

  private static let receivers: NotifyingSettings = {
    var settings = NotifyingSettings()
    func subscription(_ name: String) -> SubscriptionSettings {
      var receiver = SNSHTTPReceiver(.http, "http://\(name).test/")
      receiver.confirmation = .skip
      var subscription = SubscriptionSettings(receiver)
      subscription.name = name
      subscription.retry.maxDelay = .seconds(20)
      return subscription
    }
    var second = subscription("pager2")
    second.fallback = "spare"
    second.fallbackAfter = .seconds(20)
    settings.topics = [
      TopicSettings(name: "pager", subscriptions: [subscription("pager"), second]),
      TopicSettings(name: "chat", subscriptions: [subscription("chat")]),
      TopicSettings(name: "lead", subscriptions: [subscription("lead")]),
      TopicSettings(name: "spare", subscriptions: [subscription("spare")]),
    ]
    return settings
  }()
}

extension TurnTime {
  fileprivate var moment: Moment { Moment(now: now, monotonic: monotonic) }
}
