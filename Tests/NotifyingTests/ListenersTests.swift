import Model
import Testing

@testable import Notifying

@Suite struct ListenersTests {
  @Test func whatNobodyHearsIsCountedAndLogged() {
    var settings = pager("https://a.example/")
    settings.topics.append(TopicSettings(name: "empty"))
    var world = World(settings)
    world.page(event(.firing), event(.firing, "B", topics: ["empty"]))
    #expect(world.statistics.withoutSubscriber == 1)
    #expect(world.statistics.accepted == 1)
    #expect(world.notices() == ["alert has no subscriber: nobody is told"])
  }
}

@Suite struct RetryPolicyTests {
  private func seconds(_ policy: RetryPolicy, _ retries: ClosedRange<Int>) -> [Double?] {
    retries.map { policy.delay(beforeRetry: $0)?.inSeconds }
  }

  @Test func theFourPhasesFollowEachOther() {
    var policy = RetryPolicy()
    policy.noDelayRetries = 2
    policy.minDelayRetries = 1
    policy.backoffRetries = 4
    policy.maxDelayRetries = 2
    policy.minDelay = .seconds(10)
    policy.maxDelay = .seconds(50)
    policy.growth = .linear
    #expect(seconds(policy, 1...10) == [0, 0, 10, 20, 30, 40, 50, 50, 50, nil])
  }

  @Test(
    arguments: [
      (.linear, [20, 30, 40, 50]), (.arithmetic, [14, 22, 34, 50]),
      (.geometric, [14.953, 22.361, 33.437, 50]), (.exponential, [12.667, 18, 28.667, 50]),
    ] as [(RetryPolicy.Growth, [Double])])
  func growthEndsAtTheLongestDelay(growth: RetryPolicy.Growth, expected: [Double]) {
    var policy = RetryPolicy()
    policy.noDelayRetries = 0
    policy.minDelayRetries = 0
    policy.backoffRetries = 4
    policy.minDelay = .seconds(10)
    policy.maxDelay = .seconds(50)
    policy.growth = growth
    #expect(seconds(policy, 1...4) == expected)
  }

  @Test func theDefaultNeverEndsAndSNSDoes() {
    #expect(seconds(RetryPolicy(), 1...3) == [0, 1, 1])
    #expect(RetryPolicy().delay(beforeRetry: 1_000_000) == .seconds(60))
    #expect(seconds(.sns, 1...4) == [20, 20, 20, nil])
  }

  @Test(arguments: RetryPolicy.Growth.allCases)
  func oddNumbersDoNotTrap(growth: RetryPolicy.Growth) {
    var policy = RetryPolicy()
    policy.growth = growth
    policy.minDelay = .zero
    policy.backoffRetries = 100_000
    #expect(policy.delay(beforeRetry: 0) == .zero)
    #expect(policy.delay(beforeRetry: 50_000).map { $0 >= .zero && $0 <= policy.maxDelay } == true)
    policy.maxDelay = .seconds(-5)
    policy.noDelayRetries = -1
    #expect(policy.delay(beforeRetry: 9) == .zero)
  }

  @Test(
    arguments: [
      ("120", 120), ("Thu, 01 Jan 2026 00:00:30 GMT", 30), ("Wed, 31 Dec 2025 00:00:00 GMT", nil), ("0", nil),
      ("-1", nil), ("soon", nil), ("9999999999999", 86_400), ("Thu, 32 Jan 2026 00:00:30 GMT", nil),
    ] as [(String, Int?)])
  func retryAfterIsSecondsOrADate(text: String, expected: Int?) {
    #expect(RetryAfter.parse(text, now: start) == expected.map { .seconds($0) })
  }
}
