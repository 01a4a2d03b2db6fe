import Model
import Testing

@testable import Notifying

/// The reason in the page that ends an alert, for each way to end. The alert lasts from 0:00 to 8:20.
@Suite struct EndingTextTests {
  private func reason(_ cause: AlertEnding.Cause, _ adjust: (inout AlertEnding) -> Void = { _ in }) -> String
  {
    var event = event(.resolved, value: 7)
    var ending = AlertEnding(cause, ceasedAt: start + .seconds(490))
    adjust(&ending)
    event.ending = ending
    return EndingText(event: event, expression: "lag > 5").text
  }

  @Test func theHoldDownIsNotTheTimeThatItHeld() {
    #expect(
      reason(.ceased) { $0.keeper = .holdDown }
        == "Rule no longer holds: lag > 5 held from 2026-01-01T00:00:00Z to 2026-01-01T00:08:10Z; "
        + "last value 7. It was kept firing for 10s more, to 2026-01-01T00:08:20Z, by its policy's hold_down."
    )
    #expect(reason(.ceased) { $0.keeper = .keepFiringFor }.hasSuffix(", by keep_firing_for."))
    #expect(reason(.ceased) { $0.keeper = .missingData }.hasSuffix(", while its data was missing."))
    #expect(!reason(.ceased) { $0.ceasedAt = start + .seconds(500) }.contains("kept firing"))
  }

  /// As of an alert that another program posted.
  @Test func nothingIsSaidOfWhatIsNotKnown() {
    var event = event(.resolved, value: .nan)
    event.ending = AlertEnding(.ceased)
    #expect(
      EndingText(event: event, expression: "").text
        == "It is over: it fired from 2026-01-01T00:00:00Z to 2026-01-01T00:08:20Z.")
  }

  @Test func silenceIsNotHealth() {
    let silent = reason(.seriesGone) { $0.lastSampleAt = start + .seconds(200) }
    #expect(silent.hasPrefix("No data: the series behind this alert is gone: nothing measures it any more;"))
    #expect(silent.contains("newest sample is of 2026-01-01T00:03:20Z"))
    let ended = reason(.seriesGone) { $0.seriesWereEnded = true }
    #expect(ended.hasPrefix("No data: the series behind this alert was ended, as when its check is removed."))
    let removed = reason(.ruleRemoved) { $0.ceasedAt = nil }
    #expect(removed.hasPrefix("The rule is no longer configured, so its alert is ended: lag > 5 held from "))
    for text in [silent, ended, removed, reason(.overLimit)] {
      #expect(
        text.hasSuffix("Whether the trouble is over is not known.") && !text.contains("no longer holds"))
    }
    let part = reason(.ceased) { ($0.seriesRead, $0.seriesGone) = (2, 1) }
    #expect(
      part.hasSuffix(" 1 of the 2 series that it read for this alert is gone, which may be the reason."))
  }
}
