import FarwatchTesting
import Model
import Testing
import Turns

@Suite struct ServerTurnsTests {
  private typealias Turns = ServerTurns<String, Int>

  /// Askers are told apart by their identity.
  private final class Asker {
    var id: ObjectIdentifier { ObjectIdentifier(self) }
  }

  private let asker = Asker()
  private let other = Asker()

  private func at(_ seconds: Double) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: Int64(seconds * 1e9))
  }

  private func add(
    _ run: Int, to turns: inout Turns, at server: String, by asker: Asker? = nil, timeout: Double = 10,
    _ now: Double
  ) -> Bool {
    turns.add(run, at: server, asker: (asker ?? self.asker).id, timeout: .seconds(timeout), at(now))
  }

  private func next(_ turns: inout Turns, _ now: Double) -> String {
    switch turns.next(at(now)) {
    case (let server, .begin(let ticket))?: "\(server) \(ticket.run)"
    case (let server, .tooLate(let ticket, let hindrance))?: "\(server) \(ticket.run) \(hindrance)"
    case nil: "none"
    }
  }

  private func expired(_ turns: inout Turns, _ now: Double) -> [String] {
    turns.expire(at(now)).map { expired in
      switch expired {
      case .waiting(let ticket, let hindrance): "\(ticket.run) \(hindrance)"
      case .underWay(let ticket): "\(ticket.run) under way"
      }
    }
  }

  @Test func oneRunAtAServerAndAsManyServersAsThereAreSlots() {
    var turns = Turns(limit: 2)
    for (run, server) in [(1, "a"), (2, "a"), (3, "b"), (4, "c")] {
      #expect(add(run, to: &turns, at: server, 0))
    }
    #expect([next(&turns, 0), next(&turns, 0), next(&turns, 0)] == ["a 1", "b 3", "none"])
    #expect(turns.load.inFlight == 2 && turns.load.waiting == 1 && turns.earliestDeadline == at(10))
    turns.end(at: "a", timedOut: false, at(1))
    #expect([next(&turns, 1), next(&turns, 1)] == ["c 4", "none"], "first come, first served")
    turns.end(at: "b", timedOut: false, at(1))
    #expect(next(&turns, 1) == "a 2")
    #expect(turns.load.mostInFlight == 2)
    #expect(turns.holds(at: "a") { $0 == 2 } && !turns.holds(at: "b") { _ in true })
    #expect(Set(turns.tickets.map(\.run)) == [2, 4])
  }

  @Test func theNinthOfOneAskerIsTurnedAwayAndAnothersIsNot() {
    var turns = Turns(limit: 2)
    for run in 0...8 { #expect(add(run, to: &turns, at: "a", 0)) }
    #expect(!add(8, to: &turns, at: "a", 0), "eight wait behind the first")
    #expect(next(&turns, 0) == "a 0")
    #expect(!add(8, to: &turns, at: "a", 0))
    #expect(add(9, to: &turns, at: "a", by: other, 0) && add(10, to: &turns, at: "b", 0))
  }

  @Test func whatWouldBeginTooLateIsNotBegunAndBlamesNobodyForOurQueue() {
    var turns = Turns(limit: 1)
    _ = add(1, to: &turns, at: "a", timeout: 60, 0)
    #expect(next(&turns, 0) == "a 1")
    _ = add(2, to: &turns, at: "b", 0)
    _ = add(3, to: &turns, at: "b", 2)
    turns.end(at: "a", timedOut: false, at(6))
    #expect(next(&turns, 6) == "b 2 slots", "four of its ten seconds are left")
    #expect(next(&turns, 6) == "b 3", "six are")
    // The server answered what was in front, only late.
    _ = add(4, to: &turns, at: "b", by: other, 6)
    turns.end(at: "b", timedOut: false, at(12))
    #expect(next(&turns, 12) == "b 4 otherRuns")
    // Run out of time in the line, for want of a slot.
    _ = add(5, to: &turns, at: "a", timeout: 60, 20)
    _ = add(6, to: &turns, at: "b", 20)
    #expect(next(&turns, 20) == "a 5")
    #expect(expired(&turns, 29.9).isEmpty)
    #expect(expired(&turns, 30) == ["6 slots"])
    #expect(turns.load.waiting == 0)
  }

  @Test func silenceBehindAnotherRunIsTheServersAndIsToldOfBoth() {
    var turns = Turns(limit: 8)
    turns.retain("a")
    _ = add(1, to: &turns, at: "a", 0)
    #expect(next(&turns, 0) == "a 1")
    _ = add(2, to: &turns, at: "a", by: other, 0.1)
    _ = add(3, to: &turns, at: "a", by: other, 6)
    #expect(expired(&turns, 10) == ["1 under way"])
    turns.end(at: "a", timedOut: true, at(10))
    #expect(next(&turns, 10) == "a 2 silence", "nearly all of its time the server said nothing")
    #expect(next(&turns, 10) == "a 3", "six seconds left")
    // What waits for a minute behind what has a minute.
    turns.end(at: "a", timedOut: false, at(11))
    _ = add(4, to: &turns, at: "a", timeout: 60, 20)
    #expect(next(&turns, 20) == "a 4")
    _ = add(5, to: &turns, at: "a", by: other, timeout: 5, 30)
    #expect(expired(&turns, 35) == ["5 otherRuns"], "what is under way may still be answered")
    _ = add(8, to: &turns, at: "a", by: other, timeout: 12, 68)
    #expect(expired(&turns, 80) == ["8 silence", "4 under way"], "both run out at once")
    // Slow is not silent: it is answered in the end, and who gave up before that was not asked.
    turns.retain("slow")
    _ = add(20, to: &turns, at: "slow", timeout: 10, 40)
    #expect(next(&turns, 40) == "slow 20")
    _ = add(21, to: &turns, at: "slow", by: other, timeout: 5, 40)
    _ = add(22, to: &turns, at: "slow", by: other, timeout: 10, 41)
    #expect(expired(&turns, 45) == ["21 otherRuns"])
    turns.end(at: "slow", timedOut: false, at(49))
    #expect(next(&turns, 49) == "slow 22 otherRuns")
    // An old silence is no evidence for what came later.
    turns.end(at: "a", timedOut: true, at(80))
    _ = add(6, to: &turns, at: "b", timeout: 9, 80)
    for run in 0..<8 {
      _ = add(100 + run, to: &turns, at: "c\(run)", timeout: 100, 80)
    }
    while next(&turns, 80) != "none" {}
    _ = add(7, to: &turns, at: "a", 81)
    #expect(expired(&turns, 91).contains("7 slots"))
  }

  @Test func whoHangsHoldsHalfOfTheSlotsAtMost() {
    var turns = Turns(limit: 4)
    func hang(_ now: Double) -> Int {
      for server in 0..<4 { _ = add(server, to: &turns, at: "hung\(server)", timeout: 10, now) }
      var begun = 0
      while next(&turns, now) != "none" { begun += 1 }
      return begun
    }
    #expect(hang(0) == 4)
    for server in 0..<4 { turns.end(at: "hung\(server)", timedOut: true, at(10)) }
    for server in 0..<4 { turns.retain("hung\(server)") }
    // Forgotten: nobody kept them.
    #expect(hang(10) == 4)
    for server in 0..<4 { turns.end(at: "hung\(server)", timedOut: true, at(20)) }
    #expect(hang(20) == 2, "half of them")
    _ = add(1, to: &turns, at: "good", 20)
    #expect(next(&turns, 20) == "good 1")
  }

  @Test func aRunMovesToTheServerThatItsFileNames() {
    var turns = Turns(limit: 4)
    _ = add(1, to: &turns, at: "file", 0)
    #expect(next(&turns, 0) == "file 1")
    _ = add(2, to: &turns, at: "a", by: other, 1)
    _ = add(3, to: &turns, at: "a", by: other, 1)
    #expect(next(&turns, 1) == "a 2")
    turns.move(from: "file", to: "a")
    #expect(next(&turns, 1) == "none", "one at a server")
    turns.end(at: "a", timedOut: false, at(2))
    #expect(next(&turns, 2) == "a 1", "in front of who came later")
    #expect(expired(&turns, 10) == ["1 under way"])
    turns.move(from: "nowhere", to: "a")
    turns.end(at: "nowhere", timedOut: true, at(2))
  }

  @Test func whateverHappensOneRunIsUnderWayAtAServerAndEachIsToldOfOnce() {
    let seed = UInt64.random(in: .min ... .max)
    var numbers = SeededNumbers(seed: seed)
    var turns = Turns(limit: 5)
    var open: Set<Int> = []
    var underWay: [String: Int] = [:]
    var now = 0.0
    func name() -> String { "s\(Int.random(in: 0..<12, using: &numbers))" }
    func close(_ run: Int) { #expect(open.remove(run) != nil, "told of twice, seed \(seed)") }
    for run in 0..<20_000 {
      now += Double.random(in: 0..<0.4, using: &numbers)
      switch Int.random(in: 0..<6, using: &numbers) {
      case 0, 1, 2:
        if add(run, to: &turns, at: name(), timeout: .random(in: 0.1..<5, using: &numbers), now) {
          open.insert(run)
        }
      case 3:
        guard let (server, run) = underWay.randomElement(using: &numbers) else { break }
        underWay[server] = nil
        turns.end(at: server, timedOut: numbers.chance(30), at(now))
        close(run)
      case 4:
        guard let server = underWay.keys.randomElement(using: &numbers) else { break }
        let other = name()
        guard other != server else { break }
        underWay[server] = nil
        turns.move(from: server, to: other)
      default:
        let server = name()
        if numbers.chance(50) { turns.retain(server) } else { turns.release(server) }
      }
      for expired in turns.expire(at(now)) {
        switch expired {
        case .waiting(let ticket, _): close(ticket.run)
        case .underWay(let ticket):
          guard let server = underWay.first(where: { $0.value == ticket.run })?.key else {
            Issue.record("not under way, seed \(seed)")
            continue
          }
          underWay[server] = nil
          turns.end(at: server, timedOut: true, at(now))
          close(ticket.run)
        }
      }
      while let (server, turn) = turns.next(at(now)) {
        switch turn {
        case .begin(let ticket):
          #expect(underWay.updateValue(ticket.run, forKey: server) == nil, "two at once, seed \(seed)")
        case .tooLate(let ticket, _): close(ticket.run)
        }
      }
      #expect(underWay.count <= 5 && turns.load.inFlight == underWay.count, "seed \(seed)")
    }
    #expect(Set(turns.tickets.map(\.run)) == open, "seed \(seed)")
  }
}
