import Model
import Testing

@testable import CloudWatchAlarms

/// `0` fine, `X` breaching, `-` missing; oldest first, one a minute.
func points(_ pattern: String) -> [DataPoint?] {
  pattern.enumerated().map { place, sign in
    sign == "-"
      ? nil
      : DataPoint(value: sign == "X" ? 1 : 0, start: Timestamp(milliseconds: Int64(place) * 60_000))
  }
}

func judge(_ pattern: String, _ m: Int, _ n: Int, _ missing: MissingDataTreatment, from state: AlarmState)
  -> AlarmEvaluator.Verdict
{
  AlarmEvaluator(
    evaluationPeriods: n, datapointsToAlarm: m, threshold: 1, comparison: .greaterOrEqual,
    missingData: missing
  ).judge(points(pattern), current: state)
}

/// What AWS documents, over missing, ignore, breaching and notBreaching; `keep` retains.
@Suite struct EvaluatorTests {
  struct Vector: CustomTestStringConvertible, Sendable {
    var pattern: String
    var m: Int
    var expected: [String]
    init(_ m: Int, _ pattern: String, _ expected: String) {
      self.m = m
      self.pattern = pattern
      self.expected = expected.split(separator: " ").map(String.init)
    }
    var testDescription: String { "\(m) of 3: \(pattern)" }
  }

  static let documented = [
    Vector(3, "0-X-X", "OK OK OK OK"), Vector(3, "0----", "OK OK OK OK"), Vector(3, "----0", "OK OK OK OK"),
    Vector(3, "-----", "NO keep A OK"), Vector(3, "0XX-X", "A A A A"), Vector(3, "--X--", "A keep A OK"),
    Vector(2, "0-X-X", "A A A A"), Vector(2, "00X0X", "A A A A"), Vector(2, "0-X--", "OK OK A OK"),
    Vector(2, "----0", "OK OK A OK"), Vector(2, "---X-", "A keep A OK"),
    // Too early for an alarm by data that merely comes late; filled in as the treatment says.
    Vector(3, "----X", "keep keep A OK"), Vector(3, "---X-", "keep keep A OK"),
    // What these become with the next point that is fine.
    Vector(3, "---X0", "OK OK OK OK"), Vector(3, "--X-0", "OK OK OK OK"),
    // Enough breaching points need no fill; the newest three alone count when there are so many.
    Vector(2, "-X-X-", "A A A A"), Vector(3, "XXX00", "OK OK OK OK"), Vector(3, "XX0XX", "OK OK OK OK"),
    Vector(2, "XX0XX", "A A A A"), Vector(3, "00XXX", "A A A A"), Vector(3, "X-X-X", "A A A A"),
    Vector(3, "X----", "A keep A OK"), Vector(1, "----X", "A A A A"), Vector(1, "0----", "OK OK A OK"),
  ]

  @Test(arguments: documented)
  func asDocumented(_ vector: Vector) {
    for (missing, expected) in zip(MissingDataTreatment.allCases, vector.expected) {
      for current in AlarmState.allCases {
        let wanted: AlarmState =
          switch expected {
          case "A": .alarm
          case "OK": .ok
          case "NO": .insufficientData
          default: current
          }
        let verdict = judge(vector.pattern, vector.m, 3, missing, from: current)
        #expect(verdict.state == wanted, "\(vector.testDescription) with \(missing) from \(current.rawValue)")
        #expect(verdict.state == current || !verdict.reason.isEmpty)
      }
    }
  }

  @Test func theRangeIsWiderThanThePeriods() {
    let evaluator = AlarmEvaluator(
      evaluationPeriods: 3, datapointsToAlarm: 3, threshold: 0, comparison: .less, missingData: .missing)
    #expect(evaluator.range == 5)
  }

  @Test func comparisons() {
    let values = [0.0, 1, 2]
    func breaching(_ comparison: ComparisonOperator) -> [Bool] { values.map { comparison.breaches($0, 1) } }
    #expect(breaching(.greater) == [false, false, true])
    #expect(breaching(.greaterOrEqual) == [false, true, true])
    #expect(breaching(.less) == [true, false, false])
    #expect(breaching(.lessOrEqual) == [true, true, false])
  }

  @Test func tooFewSamplesForAPercentileRetain() {
    var list = points("000")
    list[2]?.isInsignificant = true
    let evaluator = AlarmEvaluator(
      evaluationPeriods: 1, datapointsToAlarm: 1, threshold: 1, comparison: .greater, missingData: .missing)
    #expect(evaluator.judge(list, current: .alarm).state == .alarm)
    #expect(Statistic.percentile(99).isInsignificant(count: 999))
    #expect(!Statistic.percentile(99).isInsignificant(count: 1001))
    #expect(
      Statistic.percentile(10).isInsignificant(count: 99) && !Statistic.average.isInsignificant(count: 1))
  }
}

@Suite struct ReasonTests {
  private func reason(_ value: Double, _ state: AlarmState) -> String {
    let start = Timestamp(year: 2021, month: 11, day: 10, hour: 2, minute: 40)
    let evaluator = AlarmEvaluator(
      evaluationPeriods: 1, datapointsToAlarm: 1, threshold: 1, comparison: .greaterOrEqual,
      missingData: .missing)
    return evaluator.judge([nil, nil, DataPoint(value: value, start: start)], current: .insufficientData)
      .reason
  }

  @Test func oneDatapoint() {
    #expect(
      reason(1, .alarm)
        == "Threshold Crossed: 1 out of the last 1 datapoints [1.0 (10/11/21 02:40:00)] was greater than or equal to "
        + "the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition).")
    #expect(
      reason(0, .ok)
        == "Threshold Crossed: 1 out of the last 1 datapoints [0.0 (10/11/21 02:40:00)] was not greater than or equal "
        + "to the threshold (1.0) (minimum 1 datapoint for ALARM -> OK transition).")
  }

  @Test func severalAreNewestFirst() {
    let verdict = judge("00X0X", 2, 3, .missing, from: .ok)
    #expect(
      verdict.reason
        == "Threshold Crossed: 2 out of the last 3 datapoints [1.0 (01/01/70 00:04:00), 1.0 (01/01/70 00:02:00)] were "
        + "greater than or equal to the threshold (1.0) (minimum 2 datapoints for OK -> ALARM transition).")
  }

  @Test func ofManyTheNewestFive() {
    let verdict = judge("XXXXXXX", 6, 6, .missing, from: .ok)
    #expect(
      verdict.reason
        == "Threshold Crossed: 6 out of the last 6 datapoints were greater than or equal to the threshold (1.0). The "
        + "most recent datapoints which crossed the threshold: [1.0 (01/01/70 00:06:00), 1.0 (01/01/70 00:05:00), 1.0 "
        + "(01/01/70 00:04:00), 1.0 (01/01/70 00:03:00), 1.0 (01/01/70 00:02:00)] (minimum 6 datapoints for OK -> "
        + "ALARM transition).")
  }

  @Test func missingData() {
    #expect(
      judge("-----", 3, 3, .missing, from: .ok).reason == "Insufficient Data: 3 datapoints were unknown.")
    #expect(judge("---", 1, 1, .missing, from: .ok).reason == "Insufficient Data: 1 datapoint was unknown.")
    #expect(
      judge("-----", 3, 3, .breaching, from: .ok).reason
        == "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as "
        + "[Breaching].")
    #expect(
      judge("---0-", 3, 3, .notBreaching, from: .alarm).reason
        == "Threshold Crossed: 1 datapoint was received for 3 periods and 2 missing datapoints were treated as "
        + "[NonBreaching].")
  }

  @Test func numbersAsJavaWritesThem() {
    for (value, text) in [
      (1.0, "1.0"), (29.6, "29.6"), (400_000, "400000.0"), (1e7, "1.0E7"), (1.5e9, "1.5E9"),
      (0.0001, "1.0E-4"),
      (-12_345_678, "-1.2345678E7"), (0, "0.0"), (0.001, "0.001"),
    ] { #expect(StateReason.number(value) == text) }
  }
}
