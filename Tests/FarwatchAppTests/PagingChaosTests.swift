import Configuration
import FarwatchTesting
import Model
import Paging
import Testing

@testable import FarwatchApp
@testable import Notifying

/// Days on which the process dies at any point, many hundred times, while its receivers fail in every way that
/// receivers fail.
///
/// The oracle knows the world and what receivers were told, nothing of the core: whoever is to hear of an alert knows
/// how it stands once the world is calm; nobody is told an end that did not happen; a message is repeated only under
/// its own name, and only for a death or an answer that was lost; under another only when a death came before it could be
/// stored.
@Suite struct PagingChaosTests {
  private static let known: [UInt64] = [
    // A single alert came back with the beginning of its last episode, and its page was thrown away as a repeat.
    16_654_585_650_571_966_970,
    // A reminder was told to a fallback after the end.
    7_131_007_591_749_553_629,
    // A page left before it could be stored, and a death made the process forget it.
    16_764_825_761_764_875_907,
  ]

  @Test(arguments: known + (0..<6).map { _ in UInt64.random(in: 1 ... .max) })
  func nothingIsLostRepeatedOrInvented(seed: UInt64) throws {
    print("PagingChaosTests seed \(seed)")
    let day = ChaosDay(seed: seed)
    while day.deaths < 90 { try day.pass() }
    try day.end()
    #expect(day.problems.isEmpty, "seed \(seed): \(day.problems.prefix(5).joined(separator: "\n"))")
    #expect(day.ledger.taken > 25, "seed \(seed): too little happened to prove anything")
  }

  /// A page of a group that was told before the disk answered. If it was stored in the end, a death changes nothing; if
  /// not, nobody knows of it any more: it is told once more, under another name.
  @Test(arguments: [false, true]) func aDeathForgetsWhatWasNotStored(isStored: Bool) throws {
    var paging = toPager()
    paging.routes[0].grouping = .by(["alertname"])
    paging.routes[0].groupWait = .seconds(5)
    let world = CoreWorld(paging: paging)
    world.run(.seconds(20))
    let alert = PostedAlert(
      labels: ["alertname": "Queue"], annotations: .empty, startsAt: world.time.now, endsAt: nil,
      generatorURL: "http://prometheus.test/")
    func post(_ alert: PostedAlert) {
      world.turn([
        .call { conductor, time in
          _ = conductor.desk.post([alert], at: Moment(now: time.now, monotonic: time.monotonic))
        }
      ])
    }
    post(alert)
    world.run(.seconds(2))
    world.commitTakes = .seconds(4)
    while world.pages.isEmpty { world.run(.milliseconds(10)) }
    #expect(world.conductor.dispatcher.snapshot(now: dayStart).statistics.undurable == 1)
    world.run(.seconds(isStored ? 4 : 1))
    world.crash()
    world.commitTakes = .milliseconds(3)
    post(alert)
    world.run(.seconds(600))
    #expect(world.told.count == (isStored ? 1 : 2), "\(world.pages)")
    var end = alert
    end.endsAt = world.time.now
    post(end)
    world.run(.seconds(600))
    #expect(world.told.count == (isStored ? 2 : 3) && world.told.last?.hasPrefix("OK") == true)
    #expect(world.rowCount(.outbox) == 0 && world.rowCount(.paged) == 0 && world.rowCount(.groups) == 0)
  }
}
