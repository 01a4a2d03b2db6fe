import FarwatchTesting
import Model
import Readiness
import Testing

@testable import Drills

let noon = Timestamp(year: 2026, month: 1, day: 31, hour: 12)

func minutes(_ count: Int64) -> Duration { .seconds(count * 60) }

let shop = Workload(
  name: "shop", regions: ["taiwan", "japan"],
  data: [.init(name: "orders", link: "orders", backups: ["dump"])],
  writer: "orders", objectives: .init(recoveryPoint: .seconds(30), recoveryTime: .seconds(60)))
let blog = Workload(name: "blog", regions: ["taiwan", "japan"])

/// A book of two workloads, and the rows that a database would hold.
struct DrillWorld {
  var book: DrillBook
  private(set) var rows: [String: [UInt8]] = [:]
  private(set) var events: [DrillEvent] = []

  static var settings: DrillSettings {
    var settings = DrillSettings()
    settings.calendar = [.tabletop: .months(1)]
    settings.plans = [
      DrillPlan(
        workload: "shop",
        phases: [
          DrillPhase(name: "decided", within: minutes(15)), DrillPhase(name: "serving", within: minutes(30)),
        ],
        calendar: [.full: .months(12), .tabletop: .duration(.seconds(86_400))])
    ]
    return settings
  }

  init() { book = DrillBook(Self.settings, [shop, blog]) }

  mutating func keep(_ decisions: DrillBook.Decisions) {
    events += decisions.events
    for change in decisions.changes {
      #expect(change.table == .drills || change.value == nil)
      if change.table == .drills { rows[change.key] = change.value }
    }
  }

  @discardableResult
  mutating func start(
    _ workload: String = "shop", _ kind: DrillKind = .full, topic: String? = nil, at now: Timestamp = noon
  ) throws -> Drill {
    let (drill, decisions) = try book.start(
      DrillRequest(
        workload: workload, region: "taiwan", kind: kind, by: "mei", comment: "the usual", topic: topic),
      at: now)
    keep(decisions)
    return drill
  }

  /// What another process finds.
  func restarted() -> DrillBook {
    DrillBook(Self.settings, [shop, blog], restoring: rows.map { (key: $0.key, value: $0.value) })
  }
}

struct DrillBookTests {
  @Test func oneDrillAWorkloadAtATime() throws {
    var world = DrillWorld()
    let first = try world.start()
    #expect(first.id == "shop-20260131T120000Z" && first.expiresAt == noon + minutes(120))
    #expect(first.objectives.recoveryTime == 60_000)
    #expect(throws: DrillRefusal.conflict("drill \(first.id) of workload shop runs: stop it first")) {
      try world.start()
    }
    try world.start("blog", .tabletop)
    #expect(world.book.running.count == 2)
    #expect(world.book.rehearsed == ["shop": first.id], "nothing is broken in a tabletop")
    let refusal = DrillRefusal.invalid("drills of shop, blog run: say of which workload")
    #expect(throws: refusal) { try world.book.note("hello", of: nil, by: "mei", at: noon) }
    world.keep(try world.book.stop("shop", outcome: .passed, by: "mei", comment: "", at: noon).decisions)
    let next = try world.start()
    #expect(next.id == "shop-20260131T120000Z-2", "of the same second, and yet another")
    #expect(world.events.map(\.step) == [.started, .started, .stopped, .started])
  }

  @Test func whatCannotBeRightIsSaid() throws {
    var world = DrillWorld()
    func refusal(_ change: (inout DrillRequest) -> Void) -> String {
      var request = DrillRequest(workload: "shop", region: "taiwan", kind: .full, by: "mei")
      change(&request)
      do {
        _ = try world.book.start(request, at: noon)
        return "taken"
      } catch { return "\(error)" }
    }
    #expect(refusal { $0.workload = "shp" } == "no workload is called \"shp\": there are shop, blog")
    #expect(refusal { $0.region = "mars" } == "workload shop has no region \"mars\": it has taiwan, japan")
    #expect(refusal { $0.expires = .seconds(59) } == "a drill expires after 1m to 7d, not 59s")
    #expect(refusal { $0.comment = String(repeating: "x", count: 501) }.hasPrefix("`comment` is longer"))
    #expect(world.book.all.isEmpty)
    #expect(throws: DrillRefusal.notFound("no drill runs")) {
      try world.book.phase("decided", of: nil, by: "mei", at: noon)
    }
    try world.start()
    #expect(throws: DrillRefusal.invalid("the plan of shop has no phase \"x\": it has decided, serving")) {
      try world.book.phase("x", of: nil, by: "mei", at: noon)
    }
  }

  @Test func phasesAreHeldAgainstTheirTargets() throws {
    var world = DrillWorld()
    try world.start()
    world.keep(try world.book.phase("decided", of: "shop", by: "mei", at: noon + minutes(15)).decisions)
    #expect(throws: DrillRefusal.conflict("phase \"decided\" was reached at 2026-01-31T12:15:00.000Z")) {
      try world.book.phase("decided", of: "shop", by: "mei", at: noon + minutes(16))
    }
    world.keep(
      try world.book.phase("serving", of: nil, by: "mei", at: noon + minutes(30) + .milliseconds(1)).decisions
    )
    let phases = try #require(world.book.running.first).phases
    #expect(phases[0].isMet(startedAt: noon, now: noon + minutes(60)) == true)
    #expect(phases[1].isMet(startedAt: noon, now: noon + minutes(60)) == false)
    let open = Drill.Phase(name: "x", within: 1000)
    #expect(open.isMet(startedAt: noon, now: noon + .seconds(1)) == nil)
    #expect(open.isMet(startedAt: noon, now: noon + .seconds(2)) == false)
    // Without a plan any name will do.
    try world.start("blog", .partial)
    let talk = try world.book.phase("talked", of: "blog", by: "mei", at: noon).drill
    #expect(talk.phases.map(\.name) == ["talked"])
  }

  @Test func aDrillEndsByItselfAndSurvivesARestart() throws {
    var world = DrillWorld()
    let drill = try world.start()
    world.keep(try world.book.note("dns is slow", of: nil, by: "lin", at: noon + minutes(1)).decisions)
    world.keep(world.book.tend(noon + minutes(120) - .milliseconds(1)))
    #expect(world.book.nextExpiry == noon + minutes(120))
    var again = world.restarted()
    #expect(again.restoreProblems.isEmpty && again.all == world.book.all)
    #expect(again.running.first?.notes.map(\.text) == ["dns is slow"])
    let ended = again.tend(noon + minutes(120))
    #expect(ended.events.map(\.step) == [.expired])
    #expect(again.drill(drill.id)?.outcome == .expired && again.running.isEmpty)
    #expect(again.last(.full, of: "shop") == nil, "what nobody ended was not carried through")
    #expect(DrillBook(restoring: [("drill/x", Array("{".utf8))]).restoreProblems.count == 1)
  }

  @Test func theCalendarSaysWhenTheNextIsDue() throws {
    var world = DrillWorld()
    #expect(world.book.due(.tabletop, of: "blog") == nil, "the calendar was never looked at")
    world.keep(world.book.tend(noon))
    // A month after the last of January is the last of February.
    #expect(world.book.due(.tabletop, of: "blog") == Timestamp(year: 2026, month: 2, day: 28, hour: 12))
    #expect(world.book.due(.tabletop, of: "shop") == noon + .seconds(86_400), "the plan goes first")
    #expect(world.book.due(.partial, of: "shop") == nil)
    #expect(world.restarted().due(.full, of: "shop") == Timestamp(year: 2027, month: 1, day: 31, hour: 12))
    try world.start()
    world.keep(
      try world.book.stop("shop", outcome: .aborted, by: "", comment: "", at: noon + minutes(5)).decisions)
    #expect(world.book.last(.full, of: "shop") == nil)
    try world.start(at: noon + minutes(6))
    world.keep(
      try world.book.stop("shop", outcome: .failed, by: "", comment: "", at: noon + minutes(9)).decisions)
    #expect(world.book.last(.full, of: "shop") == noon + minutes(9))
    #expect(
      world.book.due(.full, of: "shop") == Timestamp(year: 2027, month: 1, day: 31, hour: 12, minute: 9))
    let readings = world.book.readings()
    let labels: Labels = ["workload": "shop", "kind": "full"]
    #expect(
      readings.first { $0.family == DrillFamilies.last && $0.labels == labels }?.value
        == (noon + minutes(9)).seconds)
    #expect(readings.first { $0.family == DrillFamilies.inProgress && $0.labels == labels }?.value == 0)
    #expect(
      !readings.contains { $0.family == DrillFamilies.last && $0.labels != labels }, "unknown is left out")
    #expect(
      DrillPeriod.months(3).next(after: Timestamp(year: 2027, month: 11, day: 30))
        == Timestamp(year: 2028, month: 2, day: 29))
  }

  /// Anything in any order: what holds always.
  @Test(arguments: 1...20)
  func anyOrderKeepsTheInvariants(seed: UInt64) throws {
    var random = SeededNumbers(seed: seed)
    var world = DrillWorld()
    var now = noon
    for _ in 0..<300 {
      now = now + .seconds(Int64.random(in: 0...1800, using: &random))
      let workload = ["shop", "blog", nil].randomElement(using: &random) ?? nil
      let outcome = Drill.Outcome.allCases.randomElement(using: &random) ?? .passed
      let kind = DrillKind.allCases.randomElement(using: &random) ?? .full
      let before = world.book
      do throws(DrillRefusal) {
        let decisions =
          switch Int.random(in: 0..<6, using: &random) {
          case 0:
            try world.book.start(
              DrillRequest(workload: workload ?? "x", region: "japan", kind: kind, by: "x"), at: now
            ).decisions
          case 1: try world.book.stop(workload, outcome: outcome, by: "", comment: "", at: now).decisions
          case 2: try world.book.note("n", of: workload, by: "", at: now).decisions
          case 3: try world.book.phase("decided", of: workload, by: "", at: now).decisions
          case 4: world.book.tend(now)
          default: page(&world.book, now, &random)
          }
        world.keep(decisions)
      } catch {
        #expect(world.book.all == before.all, "what is refused changes nothing (seed \(seed))")
      }
      #expect(Set(world.book.running.map(\.workload)).count == world.book.running.count, "seed \(seed)")
      #expect(world.book.all.allSatisfy { ($0.endedAt == nil) == ($0.outcome == nil) }, "seed \(seed)")
      #expect(world.restarted().all == world.book.all, "the rows say all (seed \(seed))")
      #expect(world.restarted().told == world.book.told, "seed \(seed)")
    }
    _ = world.book.tend(now + .seconds(8 * 86_400))
    #expect(world.book.running.isEmpty)
    #expect(world.book.told.values.allSatisfy { $0.isReturned }, "nothing stays a drill's (seed \(seed))")
  }

  private func page(
    _ book: inout DrillBook, _ now: Timestamp, _ random: inout SeededNumbers
  ) -> DrillBook.Decisions {
    let region = ["taiwan", "japan"].randomElement(using: &random) ?? ""
    var event = alert(["alertname": "A", "region": region], at: now)
    if Bool.random(using: &random) { event.status = .resolved }
    let given = Notification(event)
    let made = book.take(given, to: ["t"]) { _ in true }
    #expect(!made.sendings.isEmpty, "no page is ever swallowed")
    return made
  }
}

func alert(_ labels: Labels, at start: Timestamp, _ status: AlertEvent.Status = .firing) -> AlertEvent {
  AlertEvent(
    status: status, identity: labels.description, startsAt: start, endsAt: nil, labels: labels,
    annotations: ["summary": "it is bad"], value: 1,
    origin: AlertOrigin(group: "g", alertName: "A", expression: "x", holdSeconds: 0, intervalSeconds: 1),
    decidedAt: start)
}
