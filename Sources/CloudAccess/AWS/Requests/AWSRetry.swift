internal import Model

/// Whether and when a call is made again. Pure: time and chance come in.
package struct AWSRetry: Hashable, Sendable {
  package var attempts = 4
  package var firstPause: Duration = .milliseconds(200)
  package var longestPause: Duration = .seconds(5)

  package init() {}

  /// - Parameters:
  ///   - attempt: that just failed, from 1.
  ///   - left: of the time that the call has in all.
  ///   - chance: from 0 to 1; callers that failed together do not come back together.
  /// - Returns: nil when there is nothing to gain, or no time.
  package func pause(
    after failure: AWSFailure, attempt: Int, left: Duration, chance: Double
  ) -> Duration? {
    guard failure.isTransient, attempt < attempts else { return nil }
    let most = min(firstPause * (1 << min(max(attempt - 1, 0), 20)), longestPause)
    let pause = most * (0.25 + 0.75 * min(max(chance, 0), 1))
    // The try itself needs time as well.
    return pause * 2 < left ? pause : nil
  }

  /// A server that hangs must not have it all: another try may reach one that does not.
  package func timeout(attempt: Int, left: Duration) -> Duration {
    max(attempt < attempts ? left * 0.6 : left, .milliseconds(1))
  }
}
