import FarwatchTesting
import Testing

/// A short day of `farwatch-bench BINARY paging-chaos`.
@Suite(.serialized) struct PagingChaosTests {
  @Test(.timeLimit(.minutes(4))) func twentyDeathsLoseRepeatAndInventNothing() async throws {
    let seed = UInt64.random(in: 1 ... .max)
    print("PagingChaosTests seed \(seed)")
    let chaos = try PagingChaos(binary: FarwatchProcess.binary, seed: seed)
    let verdict = try await chaos.run(kills: 20)
    #expect(verdict.problems.isEmpty, "seed \(seed), \(chaos.log)")
    #expect(verdict.kills == 20 && verdict.messages > 10 && verdict.refused > 0, "seed \(seed): \(verdict)")
  }
}
