internal import Model

/// What a page says of an alert's end: when its expression last held, what kept it firing after that, and whether its
/// end is good news at all.
struct EndingText {
  let event: AlertEvent
  let expression: String

  private static let unknown = "Whether the trouble is over is not known."

  var text: String {
    let ending = event.ending ?? AlertEnding(.ceased)
    switch ending.cause {
    case .ceased:
      // Of what another program posted no rule is known.
      let over = expression.isEmpty ? "It is over: " : "Rule no longer holds: "
      return ["\(over)\(held(ending)).", kept(ending), lost(ending)].joined()
    case .seriesGone:
      let last = ending.lastSampleAt.map { "; its newest sample is of \($0.toTheSecond)" } ?? ""
      let why =
        ending.seriesWereEnded
        ? "was ended, as when its check is removed" : "is gone: nothing measures it any more"
      return "No data: the series behind this alert \(why)\(last). \(held(ending)).\(kept(ending)) "
        + Self.unknown
    case .ruleRemoved:
      return "The rule is no longer configured, so its alert is ended: \(held(ending)).\(kept(ending)) "
        + Self.unknown
    case .sourceSilent:
      let last = ending.lastSampleAt.map { " since \($0.toTheSecond)" } ?? ""
      return "Who posted this alert is silent\(last) and did not say that it is over. \(Self.unknown)"
    case .overLimit:
      return "The rule gives more alerts than its group's limit, so all of them are ended: \(held(ending)). "
        + Self.unknown
    }
  }

  private var end: Timestamp { event.endsAt ?? event.decidedAt }

  private func held(_ ending: AlertEnding) -> String {
    let until = max(event.startsAt, ending.ceasedAt ?? end)
    let value = event.knownValue.map { "; last value \(NumberText.shortest($0))" } ?? ""
    let what = expression.isEmpty ? "it fired" : "\(expression) held"
    return "\(what) from \(event.startsAt.toTheSecond) to \(until.toTheSecond)\(value)"
  }

  private func kept(_ ending: AlertEnding) -> String {
    guard let ceased = ending.ceasedAt, end > ceased else { return "" }
    let reason =
      switch ending.keeper {
      case .keepFiringFor: ", by keep_firing_for"
      case .holdDown: ", by its policy's hold_down"
      case .missingData: ", while its data was missing"
      case .clear: ", until its policy's clear condition held"
      case nil: ""
      }
    return
      " It was kept firing for \(DurationText.format(end - ceased)) more, to \(end.toTheSecond)\(reason)."
  }

  /// Silence is not health: an expression also stops holding when a part of what it reads is gone.
  private func lost(_ ending: AlertEnding) -> String {
    guard ending.seriesGone > 0 else { return "" }
    let last = ending.lastSampleAt.map { " (newest sample of \($0.toTheSecond))" } ?? ""
    return " \(ending.seriesGone) of the \(ending.seriesRead) series that it read for this alert"
      + " \(ending.seriesGone == 1 ? "is" : "are") gone\(last), which may be the reason."
  }
}
