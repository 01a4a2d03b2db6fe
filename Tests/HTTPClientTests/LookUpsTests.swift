import FarwatchTesting
import Model
import Testing

@testable import HTTPClient

@Suite struct LookUpsTests {
  private static func at(_ seconds: Double) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: Int64(seconds * 1e9))
  }
  private static func name(_ host: String) -> LookUps.Name { LookUps.Name(host: host, family: .any) }
  private static let good = LookUps.Answer.success(["192.0.2.1"])

  private var lookUps = LookUps()

  /// Asks with 10 s of time; the names begun by it.
  private mutating func ask(
    _ host: String, _ asker: UInt64, at seconds: Double, mayRemember: Bool = true
  ) -> [String] {
    let refusal = lookUps.ask(
      Self.name(host), as: asker, timeout: .seconds(10), mayRemember: mayRemember, now: Self.at(seconds))
    #expect(refusal == nil)
    return lookUps.proceed(Self.at(seconds)).begun.map(\.host)
  }

  @Test mutating func oneLookUpServesAllWhoAskForTheName() {
    #expect(ask("a", 1, at: 0) == ["a"])
    #expect(ask("a", 2, at: 1) == [])
    #expect(ask("b", 3, at: 1) == ["b"])
    #expect(
      lookUps.ask(
        LookUps.Name(host: "a", family: .ipv6), as: 4, timeout: .seconds(10), mayRemember: true,
        now: Self.at(1)) == nil)
    #expect(lookUps.proceed(Self.at(1)).begun == [LookUps.Name(host: "a", family: .ipv6)], "another question")
    let steps = lookUps.ended(Self.name("a"), Self.good, now: Self.at(1.5))
    #expect(steps.told.map(\.asker) == [1, 2])
    #expect(steps.told.allSatisfy { $0.answer == Self.good })
    #expect(lookUps.statistics.shared == 1 && lookUps.statistics.begun == 3)
    #expect(ask("a", 5, at: 1.6) == ["a"], "an answer is not used for who asks later")
  }

  @Test mutating func namesThatNobodyAnswersLeaveHalfOfTheThreadsToOthers() {
    lookUps = LookUps(.init(threads: 8))
    // All threads are taken by dead names that nothing is known of: those who come later hear that it is our line.
    for number in 1...30 { _ = ask("dead\(number)", UInt64(number), at: 0) }
    #expect(lookUps.statistics.running == 8)
    #expect(ask("fine", 100, at: 0) == [])
    let steps = lookUps.proceed(Self.at(5))
    #expect(steps.told.count == 23, "the 22 dead ones in line and the fine one")
    for told in steps.told {
      guard case .failure(let failure) = told.answer else { Issue.record("told addresses"); continue }
      #expect(failure.reason == .limit)
    }
    #expect(lookUps.proceed(Self.at(10)).told.count == 8)
    for number in 1...8 {
      _ = lookUps.ended(Self.name("dead\(number)"), .failure(HTTPFailure(.dns, "")), now: Self.at(11))
    }
    #expect(lookUps.statistics.running == 0 && lookUps.statistics.suspects == 8)
    // Now they are known.
    for number in 1...8 { _ = ask("dead\(number)", UInt64(200 + number), at: 12) }
    #expect(lookUps.statistics.running == 4 && lookUps.statistics.waiting == 4)
    for number in 1...4 { #expect(ask("fine\(number)", UInt64(300 + number), at: 12) == ["fine\(number)"]) }
    #expect(ask("fine5", 305, at: 12) == [])
    #expect(lookUps.ended(Self.name("fine1"), Self.good, now: Self.at(12.1)).begun == [Self.name("fine5")])
  }

  @Test mutating func aSuspectHasItsTurnAndIsClearedByAQuickAnswer() {
    lookUps = LookUps(.init(threads: 1))
    #expect(ask("slow", 1, at: 0) == ["slow"])
    #expect(lookUps.proceed(Self.at(2)).told.isEmpty)
    #expect(lookUps.statistics.suspects == 1)
    #expect(lookUps.ended(Self.name("slow"), Self.good, now: Self.at(3)).told.count == 1)
    #expect(ask("quick", 2, at: 4) == ["quick"])
    #expect(ask("next", 3, at: 4) == [])
    #expect(ask("slow", 4, at: 4.1) == [])
    // None of the suspects is under way, so that it goes before one that came earlier.
    #expect(lookUps.ended(Self.name("quick"), Self.good, now: Self.at(4.2)).begun == [Self.name("slow")])
    #expect(lookUps.ended(Self.name("slow"), Self.good, now: Self.at(4.3)).begun == [Self.name("next")])
    #expect(lookUps.statistics.suspects == 0)
  }

  @Test mutating func theLastGoodAnswerStandsInForFiveMinutes() {
    _ = ask("a", 1, at: 0)
    _ = lookUps.ended(Self.name("a"), Self.good, now: Self.at(0.1))
    // It hangs.
    _ = ask("a", 2, at: 20)
    _ = ask("a", 3, at: 20, mayRemember: false)
    #expect(lookUps.proceed(Self.at(24.9)).told.isEmpty)
    var steps = lookUps.proceed(Self.at(25))
    #expect(steps.told.map(\.asker) == [2] && steps.told.allSatisfy { $0.answer == Self.good })
    steps = lookUps.proceed(Self.at(30))
    #expect(steps.told.map(\.asker) == [3])
    #expect(steps.told.allSatisfy { Self.reason($0.answer) == .timeout })
    // The same look-up still hangs, and then the memory is too old.
    _ = ask("a", 4, at: 294)
    #expect(lookUps.proceed(Self.at(299)).told.map(\.asker) == [4])
    _ = ask("a", 5, at: 296)
    #expect(lookUps.proceed(Self.at(301)).told.isEmpty)
    #expect(lookUps.proceed(Self.at(306)).told.allSatisfy { Self.reason($0.answer) == .timeout })
    let statistics = lookUps.statistics
    #expect(statistics.remembered == 2 && statistics.timedOut == 2 && statistics.begun == 2)
    // What the resolver says in the end is said, and does not undo what was good.
    _ = ask("a", 6, at: 307)
    steps = lookUps.ended(Self.name("a"), .failure(HTTPFailure(.dns, "no such name")), now: Self.at(308))
    #expect(steps.told.map { Self.reason($0.answer) } == [.dns])
  }

  private static func reason(_ answer: LookUps.Answer) -> FailureReason? {
    if case .failure(let failure) = answer { failure.reason } else { nil }
  }

  @Test mutating func aMemoryServesAlsoWhereNoThreadIsFree() {
    lookUps = LookUps(.init(threads: 1))
    _ = ask("a", 1, at: 0)
    _ = lookUps.ended(Self.name("a"), Self.good, now: Self.at(0.1))
    _ = ask("dead", 2, at: 1)
    #expect(ask("a", 3, at: 2) == [])
    #expect(lookUps.proceed(Self.at(7)).told.map(\.answer) == [Self.good, Self.good].prefix(1).map { $0 })
    #expect(lookUps.statistics.remembered == 1 && lookUps.statistics.notBegun == 0)
    // And where the system gives no thread.
    _ = lookUps.ended(Self.name("dead"), Self.good, now: Self.at(8))
    #expect(ask("a", 4, at: 9) == ["a"])
    _ = ask("a", 5, at: 9, mayRemember: false)
    let steps = lookUps.refused(Self.name("a"), "no thread", now: Self.at(9))
    #expect(steps.told.map(\.asker) == [4, 5])
    #expect(steps.told.map { Self.reason($0.answer) } == [nil, .limit])
    #expect(lookUps.statistics.running == 0)
  }

  @Test mutating func askersAndNamesHaveALimit() {
    lookUps = LookUps(.init(threads: 2, askers: 3, names: 4))
    for asker in 1...3 { _ = ask("a", UInt64(asker), at: 0) }
    let refused = lookUps.ask(
      Self.name("a"), as: 9, timeout: .seconds(1), mayRemember: true, now: Self.at(0))
    #expect(refused.flatMap(Self.reason) == .limit)
    _ = lookUps.ended(Self.name("a"), Self.good, now: Self.at(0.1))
    // Names come and go; "a" is forgotten for the ones asked later.
    for number in 1...10 {
      let host = "n\(number)"
      #expect(ask(host, UInt64(10 + number), at: Double(number)) == [host])
      _ = lookUps.ended(Self.name(host), Self.good, now: Self.at(Double(number) + 0.1))
    }
    #expect(ask("a", 30, at: 20) == ["a"])
    #expect(Self.reason(lookUps.proceed(Self.at(30)).told.first?.answer ?? Self.good) == .timeout)
    #expect(lookUps.knownNames <= 4)
  }

  /// Whatever happens: everybody is told exactly once and in time, and the limits hold.
  @Test func anyOrderOfEvents() {
    let seed: UInt64 = 20_261_121
    var numbers = SeededNumbers(seed: seed)
    var lookUps = LookUps(.init(threads: 6, askers: 60, names: 20))
    var now = Self.at(0)
    var asked: [UInt64: MonotonicInstant] = [:]
    var running: Set<LookUps.Name> = []
    var asker: UInt64 = 0
    func take(_ steps: LookUps.Steps, _ step: Int) {
      for (id, _) in steps.told {
        #expect(asked.removeValue(forKey: id) != nil, "seed \(seed), step \(step): \(id) told twice")
      }
      for name in steps.begun {
        #expect(running.insert(name).inserted, "seed \(seed), step \(step): begun twice")
      }
      #expect(running.count <= 6)
      #expect(running.count == lookUps.statistics.running)
    }
    for step in 0..<20_000 {
      now = now + .milliseconds(Int64.random(in: 0...300, using: &numbers))
      switch Int.random(in: 0..<4, using: &numbers) {
      case 0, 1:
        asker += 1
        let timeout = Duration.milliseconds(Int64.random(in: 0...8000, using: &numbers))
        let name = Self.name("n\(Int.random(in: 0..<40, using: &numbers))")
        if lookUps.ask(name, as: asker, timeout: timeout, mayRemember: asker % 2 == 0, now: now) == nil {
          asked[asker] = now + max(timeout, .milliseconds(2))
        }
        take(lookUps.proceed(now), step)
      case 2:
        guard let name = running.sorted(by: { $0.host < $1.host }).randomElement(using: &numbers) else {
          continue
        }
        running.remove(name)
        let answer = Bool.random(using: &numbers) ? Self.good : .failure(HTTPFailure(.dns, ""))
        take(lookUps.ended(name, answer, now: now), step)
      default:
        take(lookUps.proceed(now), step)
        #expect(asked.values.allSatisfy { $0 > now }, "seed \(seed), step \(step): somebody was forgotten")
      }
    }
    for name in running {
      running.remove(name)
      take(lookUps.ended(name, Self.good, now: now), -1)
    }
    take(lookUps.proceed(now + .seconds(20)), -2)
    #expect(asked.isEmpty)
  }
}
