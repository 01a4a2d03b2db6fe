import FarwatchTesting
import Model
import Testing

@testable import Collecting

struct QuorumTests {
  private func vote(_ name: String, _ health: RegionHealth, fresh: Bool = true) -> Quorum.Vote {
    Quorum.Vote(name, health, isFresh: fresh)
  }

  private func judge(
    _ own: RegionHealth, _ peers: [Quorum.Vote], _ quorum: Quorum = Quorum(), isOffline: Bool = false
  ) -> Quorum.Finding {
    quorum.judge(own: vote("own", own), peers: peers, isOffline: isOffline)
  }

  @Test func twoThatAgreeCallItDownAndOneAloneIsABrokenPath() {
    #expect(judge(.down, [vote("a", .down), vote("b", .up)]).verdict == .targetDown)
    #expect(judge(.up, [vote("a", .down), vote("b", .down)]).health == .down)
    let alone = judge(.down, [vote("a", .up), vote("b", .up)])
    #expect(alone.verdict == .pathBroken && alone.health == .degraded && alone.fresh == 3)
    #expect(judge(.up, [vote("a", .up), vote("b", .down)]).verdict == .up)
    #expect(judge(.up, [vote("a", .up)]).health == .up)
  }

  @Test func whoIsStaleLeavesTheDenominatorAndTooFewAreUnknown() {
    let lonely = judge(.up, [vote("a", .down, fresh: false), vote("b", .up, fresh: false)])
    #expect(lonely.health == .unknown && lonely.verdict == .unknown && lonely.fresh == 1)
    let cut = judge(.down, [vote("a", .up, fresh: false)])
    #expect(cut.health == .unknown && cut.verdict == .watcherBroken)
    #expect(judge(.down, [vote("a", .unknown), vote("b", .down)]).health == .down)
  }

  @Test func aWatcherThatIsOfflineHasNoVote() {
    let offline = judge(.down, [vote("a", .up), vote("b", .up)], isOffline: true)
    #expect(offline.health == .up && offline.verdict == .watcherBroken && offline.fresh == 2)
    #expect(judge(.unknown, [vote("a", .down), vote("b", .down)], isOffline: true).verdict == .targetDown)
  }

  @Test func theShareRuleIsRoute53s() {
    let quorum = Quorum(rule: .healthyShare(0.18, atLeast: 2))
    let ten = { (up: Int) in (0..<9).map { self.vote("p\($0)", $0 < up ? .up : .down) } }
    // 1 of 10 is no more than 18 %, 2 of 10 are.
    #expect(judge(.down, ten(1), quorum).health == .down)
    #expect(judge(.down, ten(2), quorum).verdict == .pathBroken)
    #expect(judge(.up, [], quorum).health == .unknown)
  }

  @Test func onlyThatAPeersClockMovesOnCounts() {
    var board = PeerBoard()
    board.keepOnly(["us"])
    let start = Timestamp(milliseconds: 1_700_000_000_000)
    // An hour behind ours, which does not matter.
    let theirs = start - .seconds(3600)
    board.take(["taiwan": (.up, theirs)], of: "us", isOffline: false, at: start)
    #expect(board.votes(on: "taiwan", freshFor: .seconds(30), at: start + .seconds(30))[0].isFresh)
    board.take(["taiwan": (.down, theirs)], of: "us", isOffline: false, at: start + .seconds(31))
    let hung = board.votes(on: "taiwan", freshFor: .seconds(30), at: start + .seconds(31))[0]
    #expect(!hung.isFresh, "its page answers, and nobody looks behind it")
    board.take(
      ["taiwan": (.down, theirs + .seconds(31))], of: "us", isOffline: false, at: start + .seconds(32))
    #expect(
      board.votes(on: "taiwan", freshFor: .seconds(30), at: start + .seconds(33)) == [vote("us", .down)])
    board.take(
      ["taiwan": (.down, theirs + .seconds(40))], of: "us", isOffline: true, at: start + .seconds(41))
    #expect(!board.votes(on: "taiwan", freshFor: .seconds(30), at: start + .seconds(41))[0].isFresh)
    board.keepOnly([])
    #expect(board.votes(on: "taiwan", freshFor: .seconds(30), at: start + .seconds(41)).isEmpty)
  }
}
