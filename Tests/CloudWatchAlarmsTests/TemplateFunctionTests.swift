import Model
import StrictYAML
import Testing

@testable import CloudWatchAlarms

/// A template whose only alarm has the given threshold.
private func template(_ threshold: String, _ rest: String = "", condition: String = "") -> String {
  """
  Parameters: {Stage: {Type: String, Default: test}, Bare: {Type: String}}
  Mappings: {Limits: {test: {lag: 5}, production: {lag: 50}}}
  Conditions:
    IsProduction: !Equals [!Ref Stage, production]
    IsOther: !And [!Not [{Condition: IsProduction}], !Or [!Equals [a, b], !Equals [c, c]]]
    IsUnknown: !Equals [!Ref Bare, x]
  Resources:
    HC: {Type: "AWS::Route53::HealthCheck"}
    Queue: {Type: "AWS::SQS::Queue"}
    A:
      Type: AWS::CloudWatch::Alarm
      \(condition)
      Properties: {Namespace: Farwatch, MetricName: probe_success, Statistic: Minimum, Period: 60,
        EvaluationPeriods: 1, Threshold: \(threshold), ComparisonOperator: LessThanThreshold\(rest)}
  """
}

@Suite struct TemplateFunctionTests {
  @Test(
    arguments: [
      ("!If [IsProduction, 1, 2]", 2.0), ("!FindInMap [Limits, !Ref Stage, lag]", 5),
      ("!Select [1, [7, 8]]", 8),
      ("!If [IsOther, !If [IsProduction, 1, 4], 3]", 4),
      (#"{"Fn::If": [IsProduction, 1, {"Ref": Stage}]}"#, .nan),
    ])
  func whatCanBeDecidedIs(_ written: String, _ expected: Double) throws {
    let (loaded, problems) = read(template(written))
    if expected.isNaN {
      #expect(problems.count == 1 && problems[0].hasSuffix(#"expected a number, found "test""#))
    } else {
      #expect(problems == [])
      #expect(try #require(loaded["A"]?.metric).evaluator.threshold == expected)
    }
  }

  @Test func theConfigurationGivesWhatTheTemplateDoesNotSay() throws {
    let text = template(
      "!Ref Bare",
      ", Dimensions: [{Name: check, Value: !Ref HC}, {Name: queue, Value: !GetAtt Queue.QueueName}, "
        + "{Name: zone, Value: !ImportValue my-zone}]")
    let (_, problems) = read(text)
    #expect(problems.count == 4)
    for (part, key) in [
      ("the parameter Bare has no `Default`", "Bare"), ("HC is an AWS::Route53::HealthCheck", "HC"),
      ("GetAtt Queue.QueueName is not known", "Queue.QueueName"), ("exports as \"my-zone\"", "\"my-zone\""),
    ] {
      #expect(
        problems.contains { $0.contains(part) && $0.contains("`alarm_parameters: {\(key): …}`") },
        "\(problems)")
    }
    var context = AlarmContext()
    context.parameters = ["Bare": "3", "HC": "api", "Queue.QueueName": "orders", "my-zone": "a"]
    let (loaded, none) = read(text, context)
    #expect(none == [])
    let metric = try #require(loaded["A"]?.metric)
    #expect(metric.evaluator.threshold == 3 && metric.dimensions.map(\.value) == ["api", "orders", "a"])
  }

  @Test func conditionsOfResources() {
    let (left, problems) = read(template("1", condition: "Condition: IsProduction"))
    #expect(problems == [] && left.alarms.isEmpty)
    #expect(left.warnings.contains { $0.message == "A is left out: its condition does not hold" })
    let (taken, _) = read(template("1", condition: "Condition: IsUnknown"))
    #expect(taken.alarms.count == 1)
    #expect(
      taken.warnings.contains {
        $0.message.contains("is taken as met: cannot be decided: the parameter Bare")
      })
    var context = AlarmContext()
    context.parameters = ["Stage": "production"]
    #expect(read(template("1", condition: "Condition: IsProduction"), context).0.alarms.count == 1)
  }

  @Test func alarmsCanBeLeftOut() {
    let text = """
      Math: {Metrics: [], Threshold: 1, EvaluationPeriods: 1, ComparisonOperator: LessThanThreshold}
      All: {AlarmRule: ALARM(Math)}
      """
    #expect(read(text).1.filter { !$0.contains("metric math") } == [])
    var context = AlarmContext()
    context.leftOut = ["Math"]
    let (loaded, problems) = read(text, context)
    #expect(loaded.usedLeftOut == ["Math"])
    #expect(problems == [#"a.yml:2:24: alarm "All" depends on "Math", which is left out"#])
  }

  @Test func conditionsInACircleEnd() {
    let text = template("!If [Loop, 1, 2]").replacing(
      "IsUnknown: !Equals [!Ref Bare, x]", with: "Loop: !Not [!Condition Loop]")
    #expect(read(text).1.contains { $0.contains("conditions are nested more than 16 levels deep") })
  }

  @Test func actionsThatAreNoTopic() {
    let base =
      "A: {PromQL: x, Threshold: 1, EvaluationPeriods: 1, Period: 60, ComparisonOperator: LessThanThreshold"
    let (_, problems) = read(base + ", AlarmActions: ['arn:aws:automate:eu-west-1:ec2:reboot']}")
    #expect(problems.count == 1 && problems[0].contains("is no topic"))
    #expect(read(base + ", AlarmActions: ['arn:aws:sns:eu-west-1:123456789012:t']}").1 == [])
  }
}

@Suite struct AlarmGraphTests {
  private let metric =
    "{PromQL: x, Threshold: 1, EvaluationPeriods: 1, Period: 60, ComparisonOperator: LessThanThreshold}"

  @Test func everyProblemIsToldAtOnceWhereItStands() {
    let (_, problems) = read(
      """
      Bad: {PromQL: "sum(", Threshold: 1, EvaluationPeriods: 1, Period: 60, ComparisonOperator: LessThanThreshold}
      Uses: {AlarmRule: ALARM(Bad) OR ALARM(Nobody)}
      One: {AlarmRule: OK(Two)}
      Two: {AlarmRule: OK(One)}
      Behind: {AlarmRule: OK(One) AND OK(Good)}
      Good: \(metric)
      """)
    #expect(problems.count == 3, "\(problems)")
    #expect(problems.contains { $0.contains("cannot parse the expression") })
    #expect(problems.contains { $0.hasPrefix("a.yml:2:39: alarm \"Uses\" depends on \"Nobody\"") })
    #expect(problems.contains { $0 == "a.yml:3:21: alarm \"One\" depends on itself: One → Two → One" })
  }

  @Test func twinsAreOneWarning() {
    let text = (0..<50).map {
      "A\($0): {MetricName: BackupAge, Threshold: 1, EvaluationPeriods: 1, Period: 60}"
    }.joined(separator: "\n")
    let (loaded, problems) = read(text)
    #expect(problems == [] && loaded.warnings.count == 1)
    #expect(loaded.warnings.first?.message.contains("and 47 more watch the same BackupAge") == true)
  }
}
