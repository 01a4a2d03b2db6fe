package import HTTPClient
package import Model

/// Why a cloud's monitoring service brought nothing.
package struct CloudFailure: Error, Hashable, Sendable, CustomStringConvertible {
  package var reason: FailureReason
  /// For people: one line, never a secret.
  package var description: String
  /// Another try may succeed.
  package var isTransient: Bool
  /// How long the service wants not to be asked.
  package var retryAfter: Duration?

  package init(_ reason: FailureReason, _ description: String, isTransient: Bool = false) {
    self.reason = reason
    self.description = description
    self.isTransient = isTransient
  }

  /// What comes from elsewhere, fit for a log line.
  static func line(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.prefix { $0 != "\n" && $0 != "\r" }
          .filter { $0.value >= 0x20 && $0.value != 0x7f }.prefix(300)))
  }
}

/// From when to when values are asked for.
package struct MetricWindow: Hashable, Sendable {
  package var start: Timestamp
  package var end: Timestamp
}

/// A value with the time that the service gives it: where it speaks of a period, ``MetricQuery`` says which end.
package struct MetricPoint: Hashable, Sendable {
  package var time: Timestamp
  package var value: Double

  package init(time: Timestamp, value: Double) {
    self.time = time
    self.value = value
  }
}

package struct MetricSeries: Hashable, Sendable {
  package var family: MetricFamily
  package var labels: Labels

  package init(_ family: MetricFamily, _ labels: Labels) {
    self.family = family
    self.labels = labels
  }
}

/// One page of an answer.
package struct MetricPage: Sendable {
  /// `identity` has all labels that the service gave, of which the series may keep a few.
  package var series: [(series: MetricSeries, identity: Labels, points: [MetricPoint])] = []
  package var next: String?
  /// What the service could not bring, beside that which is here.
  package var problem: CloudFailure?
}

/// A question to a monitoring service, that is asked again and again.
package protocol MetricQuery: Sendable {
  /// How often it is asked, and how far apart its points are.
  var period: Duration { get }
  /// How long after its end a period is left alone, because its value is not complete.
  var delay: Duration { get }
  /// Whether the window must begin and end on whole periods.
  var isAligned: Bool { get }
  /// Names it for people.
  var title: String { get }
  /// A service that does not know it has nothing to tell: no failure.
  var isOptional: Bool { get }

  /// Without a token.
  func request(_ window: MetricWindow, page: String?) -> HTTPRequest
  func read(_ body: [UInt8]) throws(CloudFailure) -> MetricPage
  /// What an answer without success means.
  func failure(_ result: HTTPResult) -> CloudFailure
}

extension MetricQuery {
  package func window(_ now: Timestamp, staleness: Duration) -> MetricWindow {
    let step = max(1, period.milliseconds)
    var end = now - delay
    if isAligned {
      let rest = end.milliseconds % step
      end = Timestamp(milliseconds: end.milliseconds &- (rest < 0 ? rest + step : rest))
    }
    // The last periods are read again every time: what came late, or was corrected, is taken up.
    let periods = max(3, (staleness.milliseconds &+ step - 1) / step)
    return MetricWindow(start: end - .milliseconds(periods &* step), end: end)
  }
}
